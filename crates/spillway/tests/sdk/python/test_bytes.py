"""A streamed answer is byte for byte the vendor's, however it was cut on the way."""

import anthropic
import openai
import pytest

# Two, three and four bytes each, so that pieces of seven bytes cut through them.
SAYING = "äöü 世界 🎉🎊 " * 40
MESSAGES = [{"role": "user", "content": SAYING}]


def raw(create):
    with create as answer:
        return b"".join(answer.iter_bytes()).decode()


def chat(door, **options):
    api = openai.OpenAI(**door.openai).chat.completions.with_streaming_response
    return raw(api.create(model="gpt-4o-mini", messages=MESSAGES, stream=True, **options))


def chat_with_usage(door):
    return chat(door, stream_options={"include_usage": True})


def response(door):
    api = openai.OpenAI(**door.openai).responses.with_streaming_response
    return raw(api.create(model="gpt-4o-mini", input=SAYING, stream=True))


def completion(door):
    api = openai.OpenAI(**door.openai).completions.with_streaming_response
    return raw(api.create(model="gpt-4o-mini", prompt=SAYING, stream=True))


def message(door):
    api = anthropic.Anthropic(**door.anthropic).messages.with_streaming_response
    return raw(api.create(model="claude-sonnet-5", max_tokens=64, messages=MESSAGES, stream=True))


@pytest.mark.parametrize("split_at", [None, 1, 7, 1000])
@pytest.mark.parametrize(
    ("ask", "path"),
    [
        (chat, "/v1/chat/completions"),
        (chat_with_usage, "/v1/chat/completions"),
        (completion, "/v1/completions"),
        (response, "/v1/responses"),
        (message, "/v1/messages"),
    ],
)
def test_a_streamed_answer_is_the_vendors_to_the_byte(door, ask, path, split_at):
    door.vendor.script({"good": {"split_at": split_at, "chunks": 30}})
    got = ask(door)
    assert got == door.vendor.last(path)["answer"]
    assert "世界" in got or "\\u4e16" in got


@pytest.mark.parametrize("split_at", [None, 7])
def test_a_plain_answer_is_the_vendors_to_the_byte(door, split_at):
    door.vendor.script({"good": {"split_at": split_at}})
    answer = openai.OpenAI(**door.openai).chat.completions.with_raw_response.create(
        model="gpt-4o-mini", messages=MESSAGES
    )
    assert answer.content.decode() == door.vendor.last("/v1/chat/completions")["answer"]


def test_what_is_asked_reaches_the_vendor_to_the_byte(door):
    sent = []

    def note(request):
        sent.append(request.content)

    with openai.OpenAI(**door.openai) as client:
        client._client.event_hooks["request"].append(note)
        client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)
    assert door.vendor.last("/v1/chat/completions")["body"] == sent[0].decode()
