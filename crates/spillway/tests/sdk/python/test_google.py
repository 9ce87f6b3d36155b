"""Google's SDK, served by a vendor of each dialect, by a failover between them, and by nobody at all."""

import itertools
import json

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from process import call
from test_translated import CALLS, PARSED, SAYING, SCHEMA, chat_events, heard, messages_events
from world import OPERATORS_KEY, World, fingerprint

pytestmark = pytest.mark.gateway

# The gateway's providers, all at the same simulated vendor, and where that one is asked.
VENDORS = {
    "openai": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "google": "/v1beta/models/{}:generateContent",
}
NO_FALLBACK = {"headers": {"x-spillway-fallback": "off"}}

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def google_world():
    world = World()
    world.add_google()
    yield world
    world.stop()


@pytest.fixture
def door(google_world):
    yield google_world.door("provider")
    google_world.provider.behave()


@pytest.fixture
def gemini(door):
    client = genai.Client(**door.google)
    client.vendor = door.vendor
    yield client
    client.close()


@pytest.fixture(params=VENDORS)
def vendor(request):
    return request.param


def google_events(*calls):
    """A stream of Google's in which these functions are called, as its script wants it."""
    parts = [{"functionCall": {"name": name, "args": json.loads(arguments)}} for name, arguments in calls]
    answers = [{"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0}]} for part in parts]
    answers[-1]["candidates"][0]["finishReason"] = "STOP"
    answers[-1]["usageMetadata"] = {"promptTokenCount": 9, "candidatesTokenCount": 21, "totalTokenCount": 30}
    return {"sse": {"events": ["data: " + json.dumps(it) for it in answers]}}


def test_it_is_answered_by_every_vendor(gemini, vendor):
    answer = gemini.models.generate_content(model=f"{vendor}/some-model", contents=SAYING)
    assert heard(answer.text)
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP
    assert answer.usage_metadata.total_token_count > answer.usage_metadata.candidates_token_count > 0
    attempt = gemini.vendor.last(VENDORS[vendor].format("some-model"))
    assert attempt["credential"] == fingerprint(OPERATORS_KEY)


def test_it_streams_from_every_vendor(gemini, vendor):
    chunks = list(gemini.models.generate_content_stream(model=f"{vendor}/some-model", contents=SAYING))
    assert len(chunks) > 2 and heard("".join(it.text or "" for it in chunks))
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    assert chunks[-1].usage_metadata.candidates_token_count > 0


def test_parallel_calls_stream_from_every_vendor_and_their_results_go_back(gemini, vendor):
    model = f"{vendor}-with-tools"
    script = {"openai": chat_events, "anthropic": messages_events, "google": google_events}[vendor]
    gemini.vendor.script(script(*CALLS), model=model, times=1)
    function = types.FunctionDeclaration(name="weather", description="Looks it up.", parameters_json_schema=SCHEMA)
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[function])],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    turns = [types.Content(role="user", parts=[types.Part(text=SAYING)])]
    ask = {"model": f"{vendor}/{model}", "config": config}
    chunks = list(gemini.models.generate_content_stream(**ask, contents=turns))
    parts = [part for it in chunks for part in it.candidates[0].content.parts or [] if part.function_call]
    assert [(it.function_call.name, it.function_call.args) for it in parts] == PARSED

    turns.append(types.Content(role="model", parts=parts))
    results = [
        types.Part(function_response=types.FunctionResponse(id=it.function_call.id, name="weather", response={"c": 18}))
        for it in parts
    ]
    turns.append(types.Content(role="user", parts=results))
    answer = gemini.models.generate_content(**ask, contents=turns)
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP
    sent = json.loads(gemini.vendor.last(VENDORS[vendor].format(model))["body"])
    assert str(sent).count("Paris") >= 1 and "18" in str(sent)


class City(BaseModel):
    city: str


def test_an_answer_follows_a_schema(gemini, vendor):
    gemini.vendor.script({"good": {"text": '{"city": "Rome"}', "chunks": 1}}, model=f"{vendor}-with-schema")
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=City)
    answer = gemini.models.generate_content(model=f"{vendor}/{vendor}-with-schema", contents=SAYING, config=config)
    assert answer.parsed == City(city="Rome")
    sent = json.loads(gemini.vendor.last(VENDORS[vendor].format(f"{vendor}-with-schema"))["body"])
    assert "city" in json.dumps({name: value for name, value in sent.items() if name not in ("messages", "contents")})


def test_a_chat_has_a_history(gemini, vendor):
    chat = gemini.chats.create(model=f"{vendor}/some-model")
    assert heard(chat.send_message(SAYING).text)
    assert heard("".join(it.text or "" for it in chat.send_message_stream(SAYING)))
    assert [it.role for it in chat.get_history()].count("user") == 2


def test_a_vendors_error_is_this_sdks_error(own_world, vendor):
    """In a world of its own: a vendor that fails often is left alone for a while."""
    own_world.add_google()
    model = f"{vendor}/{vendor}-strict"
    config = types.GenerateContentConfig(http_options=NO_FALLBACK)
    ask = {"model": model, "contents": SAYING, "config": config}
    with genai.Client(**own_world.door("provider").google) as client:
        for kind, raised, code, status in [
            ("invalid_request", errors.ClientError, 400, "INVALID_ARGUMENT"),
            ("server", errors.ServerError, 500, "INTERNAL"),
        ]:
            own_world.provider.behave()
            script = {"error": {"class": kind, "message": "the vendor's words"}}
            own_world.provider.script(script, model=f"{vendor}-strict")
            with pytest.raises(raised, match="the vendor's words") as plain:
                client.models.generate_content(**ask)
            with pytest.raises(raised) as streamed:
                list(client.models.generate_content_stream(**ask))
            for caught in (plain, streamed):
                assert (caught.value.code, caught.value.status) == (code, status)


def test_a_stream_that_fails_half_way_raises(gemini, vendor):
    gemini.vendor.script({"good": {"error_after_chunks": 3}}, model=f"{vendor}-half")
    seen = []
    with pytest.raises(errors.APIError):
        for chunk in gemini.models.generate_content_stream(model=f"{vendor}/{vendor}-half", contents=SAYING):
            seen.append(chunk.text)
    assert len(seen) == 3


def test_tokens_are_counted_for_every_vendor(gemini, vendor):
    assert gemini.models.count_tokens(model=f"{vendor}/some-model", contents=SAYING).total_tokens > 0


def test_embeddings_come_from_google(gemini):
    contents = [types.Content(parts=[types.Part(text=it)]) for it in ("a", "b")]
    answer = gemini.models.embed_content(model="google/gemini-embedding", contents=contents)
    assert [len(it.values) for it in answer.embeddings] == [8, 8]


def test_models_are_listed(gemini):
    listed = list(gemini.models.list())
    assert listed and all(it.name.startswith("models/") for it in listed)
    assert gemini.models.get(model=listed[0].name).name == listed[0].name
    assert heard(gemini.models.generate_content(model=listed[0].name, contents=SAYING).text)


@pytest.mark.parametrize(("first", "second"), [("google", "openai"), ("anthropic", "google"), ("google", "anthropic")])
def test_a_failover_crosses_dialects_unseen(google_world, gemini, first, second):
    name = f"mixed-{next(_numbers)}"
    call("POST", f"{google_world.admin}/upstreams", form={"name": name, "algorithm": "priority"})
    for provider, model in [(first, f"{first}-down"), (second, f"{second}-up")]:
        form = {"provider": provider, "model": model}
        call("POST", f"{google_world.admin}/upstreams/{name}/targets", form=form)
    gemini.vendor.script({"error": {"class": "overloaded"}}, model=f"{first}-down")
    for _ in range(2):
        assert heard(gemini.models.generate_content(model=name, contents=SAYING).text)
        chunks = gemini.models.generate_content_stream(model=name, contents=SAYING)
        assert heard("".join(it.text or "" for it in chunks))


def test_a_client_key_opens_and_a_wrong_one_does_not(own_world):
    own_world.add_google()
    call("POST", f"{own_world.admin}/consumers", form={"name": "sdk"})
    _, made = call("POST", f"{own_world.admin}/consumers/sdk/keys", form={"name": "python"})
    door = own_world.door("provider")
    for vendor in VENDORS:
        ask = {"model": f"{vendor}/some-model", "contents": SAYING}
        door.key = made["key"]
        with genai.Client(**door.google) as client:
            assert heard(client.models.generate_content(**ask).text)
        door.key = "sw-" + "0" * 64
        with genai.Client(**door.google) as client, pytest.raises(errors.ClientError) as caught:
            client.models.generate_content(**ask)
        assert (caught.value.code, caught.value.status) == (401, "UNAUTHENTICATED")
        assert door.key not in str(caught.value)
    attempts = own_world.provider.attempts()
    assert {it["credential"] for it in attempts} == {fingerprint(OPERATORS_KEY)}
    assert made["key"] not in str(attempts)


# === the others' SDKs, answered by Google ===


def test_google_answers_openais_client(door):
    tools = [{"type": "function", "name": "weather", "parameters": SCHEMA}]
    with openai.OpenAI(**door.openai) as gpt:
        assert heard(gpt.responses.create(model="google/some-model", input=SAYING).output_text)
        assert door.vendor.last("/v1beta/models/some-model:generateContent")["status"] == 200
        events = list(gpt.responses.create(model="google/some-model", input=SAYING, stream=True))
        assert heard("".join(it.delta for it in events if it.type == "response.output_text.delta"))
        door.vendor.script(google_events(*CALLS), model="with-tools", times=1)
        with gpt.responses.stream(model="google/with-tools", input=SAYING, tools=tools) as stream:
            final = [event for event in stream if event.type == "response.completed"][0].response
    assert [(it.name, json.loads(it.arguments)) for it in final.output] == PARSED


def test_google_answers_anthropics_client(door):
    tools = [{"name": "weather", "input_schema": SCHEMA}]
    ask = {"max_tokens": 64, "messages": [{"role": "user", "content": SAYING}]}
    with anthropic.Anthropic(**door.anthropic) as claude:
        assert heard(claude.messages.create(model="google/some-model", **ask).content[0].text)
        with claude.messages.stream(model="google/some-model", **ask) as stream:
            assert heard("".join(stream.text_stream))
        assert door.vendor.last("/v1beta/models/some-model:streamGenerateContent")["status"] == 200
        door.vendor.script(google_events(*CALLS), model="with-tools", times=1)
        with claude.messages.stream(model="google/with-tools", tools=tools, **ask) as stream:
            final = stream.get_final_message()
    assert [(it.name, it.input) for it in final.content] == PARSED and final.stop_reason == "tool_use"
