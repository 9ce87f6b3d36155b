"""The Anthropic SDK for Python, given a base URL: messages plain and streamed, token counts, models."""

import asyncio

import anthropic
import pytest

from world import fingerprint

MODEL = "claude-sonnet-5"
SAYING = "grüß Gott, 世界 🎉"
ASK = {"model": MODEL, "max_tokens": 64, "messages": [{"role": "user", "content": SAYING}]}


@pytest.fixture
def client(door):
    with anthropic.Anthropic(**door.anthropic) as client:
        client.vendor = door.vendor
        yield client


def heard(text):
    return text.endswith(f" heard: {SAYING}")


def test_a_base_url_in_the_environment_is_all_it_takes(door, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", door.url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "dummy")
    assert heard(anthropic.Anthropic().messages.create(**ASK).content[0].text)


def test_a_message_is_answered(client):
    answer = client.messages.create(**ASK)
    assert isinstance(answer, anthropic.types.Message)
    assert (answer.model, answer.stop_reason) == (MODEL, "end_turn")
    assert heard(answer.content[0].text) and answer.usage.output_tokens > 0


def test_a_message_streams(client):
    events = list(client.messages.create(**ASK, stream=True))
    kinds = [it.type for it in events if it.type != "ping"]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert heard("".join(it.delta.text for it in events if it.type == "content_block_delta"))


def test_the_stream_helper_gives_text_and_the_final_message(client):
    with client.messages.stream(**ASK) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert heard(text) and final.content[0].text == text
    assert final.stop_reason == "end_turn" and final.usage.output_tokens > 0


def test_tokens_are_counted(client):
    answer = client.messages.count_tokens(model=MODEL, messages=ASK["messages"])
    assert answer.input_tokens > 0
    assert client.vendor.last("/v1/messages/count_tokens")["status"] == 200


def test_models_are_listed_and_each_of_them_can_be_retrieved(client):
    models = list(client.models.list(limit=1000))
    assert models and all(isinstance(it, anthropic.types.ModelInfo) for it in models)
    for model in models:
        assert client.models.retrieve(model.id) == model


def test_the_betas_of_a_request_reach_the_vendor(client):
    client.beta.messages.create(**ASK, betas=["token-efficient-tools-2025-02-19"])
    seen = dict(client.vendor.last("/v1/messages")["headers"])
    assert seen["anthropic-beta"] == "token-efficient-tools-2025-02-19"
    assert seen["anthropic-version"]


@pytest.mark.parametrize("style", ["api_key", "auth_token"])
def test_both_ways_to_send_a_key_are_understood(door, style):
    options = {"base_url": door.url, "max_retries": 0, style: door.key}
    with anthropic.Anthropic(**options) as client:
        assert heard(client.messages.create(**ASK).content[0].text)
        with client.messages.stream(**ASK) as stream:
            assert heard("".join(stream.text_stream))
    credential = door.vendor.last("/v1/messages")["credential"]
    assert credential == fingerprint(door.key_seen_by_vendor)


def test_the_async_client_does_the_same(door):
    async def calls():
        async with anthropic.AsyncAnthropic(**door.anthropic) as client:
            plain, count = await asyncio.gather(
                client.messages.create(**ASK),
                client.messages.count_tokens(model=MODEL, messages=ASK["messages"]),
            )
            assert heard(plain.content[0].text) and count.input_tokens > 0
            async with client.messages.stream(**ASK) as stream:
                assert heard("".join([it async for it in stream.text_stream]))

    asyncio.run(calls())
