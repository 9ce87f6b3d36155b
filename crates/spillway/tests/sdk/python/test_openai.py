"""The OpenAI SDK for Python, given a base URL: every call it has a method for is answered, in the SDK's own types."""

import asyncio
import json
import struct

import openai
import pytest

MODEL = "gpt-4o-mini"
SAYING = "grüß Gott, 世界 🎉"
HELLO = [{"role": "user", "content": SAYING}]


@pytest.fixture
def client(door):
    with openai.OpenAI(**door.openai) as client:
        client.vendor = door.vendor
        yield client


def heard(text):
    return text.endswith(f" heard: {SAYING}")


def test_a_base_url_in_the_environment_is_all_it_takes(door, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", door.openai["base_url"])
    monkeypatch.setenv("OPENAI_API_KEY", "dummy")
    answer = openai.OpenAI().chat.completions.create(model=MODEL, messages=HELLO)
    assert heard(answer.choices[0].message.content)


def test_a_chat_is_answered(client):
    answer = client.chat.completions.create(model=MODEL, messages=HELLO)
    assert isinstance(answer, openai.types.chat.ChatCompletion)
    assert answer.model == MODEL
    assert answer.choices[0].finish_reason == "stop"
    assert heard(answer.choices[0].message.content)
    assert answer.usage.total_tokens > 0


def test_a_chat_streams(client):
    chunks = list(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
    assert heard("".join(it.choices[0].delta.content or "" for it in chunks))
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert not any(it.usage for it in chunks), "usage was not asked for"


def test_a_chat_streams_with_usage_for_who_asks(client):
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True, stream_options=options))
    assert heard("".join(it.choices[0].delta.content or "" for it in chunks if it.choices))
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0


def test_the_stream_helper_accumulates_a_chat(client):
    with client.chat.completions.stream(model=MODEL, messages=HELLO) as stream:
        kinds = {event.type for event in stream}
        assert heard(stream.get_final_completion().choices[0].message.content)
    assert {"content.delta", "content.done"} <= kinds


def test_a_text_is_completed_plain_and_streamed(client):
    plain = client.completions.create(model=MODEL, prompt=SAYING)
    assert heard(plain.choices[0].text)
    chunks = list(client.completions.create(model=MODEL, prompt=SAYING, stream=True))
    assert heard("".join(it.choices[0].text for it in chunks))


def test_a_response_is_given(client):
    answer = client.responses.create(model=MODEL, input=SAYING)
    assert heard(answer.output_text) and answer.status == "completed"


def test_a_response_streams_in_typed_events(client):
    events = list(client.responses.create(model=MODEL, input=SAYING, stream=True))
    assert heard("".join(it.delta for it in events if it.type == "response.output_text.delta"))
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    assert [it.sequence_number for it in events] == list(range(len(events)))
    assert heard(events[-1].response.output_text)


def test_the_stream_helper_accumulates_a_response(client):
    with client.responses.stream(model=MODEL, input=SAYING) as stream:
        assert heard(stream.get_final_response().output_text)


def test_embeddings_come_as_the_sdk_asks_for_them(client):
    """By itself it asks for base64 and decodes that; floats come as they are. Both are the same numbers."""
    texts = ["one", SAYING]
    packed = client.embeddings.create(model="text-embedding-3-small", input=texts)
    asked = json.loads(client.vendor.last("/v1/embeddings")["body"])
    assert asked["encoding_format"] == "base64"
    plain = client.embeddings.create(model="text-embedding-3-small", input=texts, encoding_format="float")
    assert len(packed.data) == len(plain.data) == 2
    for one, other in zip(packed.data, plain.data):
        as_f32 = struct.unpack(f"{len(other.embedding)}f", struct.pack(f"{len(other.embedding)}f", *other.embedding))
        assert one.embedding == pytest.approx(as_f32, abs=1e-6)


def test_embeddings_as_base64_are_the_callers_to_decode(client):
    answer = client.embeddings.create(model="text-embedding-3-small", input="one", encoding_format="base64")
    assert isinstance(answer.data[0].embedding, str)


def test_a_text_is_moderated(client):
    answer = client.moderations.create(model="omni-moderation-latest", input=SAYING)
    assert answer.results[0].flagged is False


def test_an_image_is_made(client):
    answer = client.images.generate(model="gpt-image-1", prompt=SAYING)
    assert answer.data[0].b64_json.startswith("iVBOR")


def test_speech_is_bytes_and_stays_them(client):
    answer = client.audio.speech.create(model="tts-1", voice="alloy", input=SAYING)
    assert answer.content == bytes(range(256)) * 16


def test_speech_streams(client):
    with client.audio.speech.with_streaming_response.create(model="tts-1", voice="alloy", input="x") as answer:
        assert b"".join(answer.iter_bytes()) == bytes(range(256)) * 16


def test_a_recording_is_transcribed(client):
    recording = bytes(range(256)) * 64
    answer = client.audio.transcriptions.create(model="whisper-1", file=("speech.wav", recording))
    seen = client.vendor.last("/v1/audio/transcriptions")
    assert seen["model"] == "whisper-1" and seen["body_len"] > len(recording)
    assert answer.text.endswith(f"heard {seen['body_len']} bytes")


def test_models_are_listed_and_each_of_them_can_be_retrieved(client):
    models = list(client.models.list())
    assert models and all(isinstance(it, openai.types.Model) for it in models)
    for model in models:
        assert client.models.retrieve(model.id) == model


def test_unknown_fields_reach_the_vendor(client):
    client.chat.completions.create(model=MODEL, messages=HELLO, extra_body={"new_field": {"deep": [1, None]}})
    assert json.loads(client.vendor.last("/v1/chat/completions")["body"])["new_field"] == {"deep": [1, None]}


def test_the_async_client_does_the_same(door):
    async def calls():
        async with openai.AsyncOpenAI(**door.openai) as client:
            plain, response, vectors = await asyncio.gather(
                client.chat.completions.create(model=MODEL, messages=HELLO),
                client.responses.create(model=MODEL, input=SAYING),
                client.embeddings.create(model="text-embedding-3-small", input=SAYING),
            )
            assert heard(plain.choices[0].message.content) and heard(response.output_text)
            assert len(vectors.data[0].embedding) == 8
            stream = await client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
            assert heard("".join([it.choices[0].delta.content or "" async for it in stream]))
            events = await client.responses.create(model=MODEL, input=SAYING, stream=True)
            assert [it.type async for it in events][-1] == "response.completed"

    asyncio.run(calls())


def test_many_streams_at_once_do_not_mix(door):
    async def calls():
        async with openai.AsyncOpenAI(**door.openai) as client:

            async def one(number):
                messages = [{"role": "user", "content": f"number {number}"}]
                stream = await client.chat.completions.create(model=MODEL, messages=messages, stream=True)
                return "".join([it.choices[0].delta.content or "" async for it in stream])

            texts = await asyncio.gather(*[one(number) for number in range(50)])
            assert [it.split("heard: ")[1] for it in texts] == [f"number {number}" for number in range(50)]

    asyncio.run(calls())
