"""The official SDKs, served by a vendor that speaks another dialect, and by a failover from the one to the other."""

import itertools
import json

import anthropic
import openai
import pytest

from world import call

pytestmark = pytest.mark.gateway

SAYING = "grüß Gott, 世界 🎉"
HELLO = [{"role": "user", "content": SAYING}]
# The gateway's own providers: one of each dialect, both at the same simulated vendor.
FOREIGN_TO_OPENAI = "anthropic/claude-sonnet-5"
FOREIGN_TO_ANTHROPIC = "openai/gpt-4o-mini"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

_numbers = itertools.count(1)


def heard(text):
    return text.endswith(f" heard: {SAYING}")


@pytest.fixture
def door(world):
    return world.door("provider")


@pytest.fixture
def gpt(door):
    with openai.OpenAI(**door.openai) as client:
        client.vendor = door.vendor
        yield client


@pytest.fixture
def claude(door):
    with anthropic.Anthropic(**door.anthropic) as client:
        client.vendor = door.vendor
        yield client


def messages_events(*blocks, stop="tool_use"):
    """A stream of Anthropic's in which these tools are called, as its script wants it."""

    def event(kind, **fields):
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}"

    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": []}
    message |= {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 1}}
    events = [event("message_start", message=message)]
    for index, (name, arguments) in enumerate(blocks):
        block = {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": {}}
        events.append(event("content_block_start", index=index, content_block=block))
        for piece in (arguments[:5], arguments[5:]):
            delta = {"type": "input_json_delta", "partial_json": piece}
            events.append(event("content_block_delta", index=index, delta=delta))
        events.append(event("content_block_stop", index=index))
    delta = {"stop_reason": stop, "stop_sequence": None}
    events.append(event("message_delta", delta=delta, usage={"output_tokens": 21}))
    return {"sse": {"events": [*events, event("message_stop")]}}


def chat_events(*calls):
    """A stream of OpenAI's in which these tools are called, as its script wants it."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-x"}

    def chunk(delta, finish=None):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return "data: " + json.dumps({**head, "choices": [choice]})

    events = [chunk({"role": "assistant", "content": None})]
    for index, (name, arguments) in enumerate(calls):
        opening = {"index": index, "id": f"call_{index}", "type": "function"}
        events.append(chunk({"tool_calls": [{**opening, "function": {"name": name, "arguments": ""}}]}))
        for piece in (arguments[:5], arguments[5:]):
            events.append(chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}))
    events.append(chunk({}, "tool_calls"))
    return {"sse": {"events": [*events, "data: [DONE]"]}}


CALLS = [("weather", '{"city": "Rome"}'), ("weather", '{"city": "Paris"}')]
PARSED = [("weather", {"city": "Rome"}), ("weather", {"city": "Paris"})]


# === an OpenAI client, an Anthropic vendor ===


def test_a_chat_is_answered_by_the_other_dialect(gpt):
    answer = gpt.chat.completions.create(model=FOREIGN_TO_OPENAI, messages=HELLO)
    assert heard(answer.choices[0].message.content)
    assert answer.choices[0].finish_reason == "stop" and answer.usage.total_tokens > 0
    assert gpt.vendor.last("/v1/messages")["status"] == 200


def test_a_chat_streams_from_the_other_dialect(gpt):
    options = {"include_usage": True}
    chunks = list(
        gpt.chat.completions.create(model=FOREIGN_TO_OPENAI, messages=HELLO, stream=True, stream_options=options)
    )
    assert heard("".join(it.choices[0].delta.content or "" for it in chunks if it.choices))
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens > 0


def test_a_response_streams_from_the_other_dialect(gpt):
    assert heard(gpt.responses.create(model=FOREIGN_TO_OPENAI, input=SAYING).output_text)
    events = list(gpt.responses.create(model=FOREIGN_TO_OPENAI, input=SAYING, stream=True))
    assert heard("".join(it.delta for it in events if it.type == "response.output_text.delta"))
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    assert [it.sequence_number for it in events] == list(range(len(events)))


def test_parallel_calls_stream_from_the_other_dialect(gpt):
    gpt.vendor.script(messages_events(*CALLS), model="claude-with-tools")
    tools = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
    ask = {"model": "anthropic/claude-with-tools", "messages": HELLO, "tools": tools}
    with gpt.chat.completions.stream(**ask) as stream:
        list(stream)
        choice = stream.get_final_completion().choices[0]
    assert choice.finish_reason == "tool_calls"
    called = [(it.function.name, json.loads(it.function.arguments)) for it in choice.message.tool_calls]
    assert called == PARSED


def test_an_error_of_the_other_dialect_is_this_sdks_error(gpt):
    gpt.vendor.script({"error": {"class": "invalid_request", "message": "the vendor's words"}}, model="claude-strict")
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError, match="the vendor's words"):
            gpt.chat.completions.create(model="anthropic/claude-strict", messages=HELLO, stream=stream)


def test_what_the_other_dialect_cannot_say_is_refused_by_name(gpt):
    with pytest.raises(openai.BadRequestError) as refused:
        gpt.chat.completions.create(
            model=FOREIGN_TO_OPENAI,
            messages=HELLO,
            logit_bias={"1": 5},
            extra_headers={"x-spillway-fallback": "off"},
        )
    assert refused.value.param == "logit_bias" or "logit_bias" in str(refused.value)


# === an Anthropic client, an OpenAI vendor ===


def test_a_message_is_answered_by_the_other_dialect(claude):
    answer = claude.messages.create(model=FOREIGN_TO_ANTHROPIC, max_tokens=64, messages=HELLO)
    assert heard(answer.content[0].text)
    assert answer.stop_reason == "end_turn" and answer.usage.output_tokens > 0
    assert claude.vendor.last("/v1/chat/completions")["status"] == 200


def test_a_message_streams_from_the_other_dialect(claude):
    with claude.messages.stream(model=FOREIGN_TO_ANTHROPIC, max_tokens=64, messages=HELLO) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert heard(text) and final.content[0].text == text
    assert final.stop_reason == "end_turn" and final.usage.output_tokens > 0


def test_an_error_of_the_other_dialect_is_this_sdks_error_too(claude):
    claude.vendor.script({"error": {"class": "context_length"}}, model="gpt-short")
    for stream in (False, True):
        with pytest.raises(anthropic.BadRequestError):
            claude.messages.create(model="openai/gpt-short", max_tokens=64, messages=HELLO, stream=stream)


def test_a_coding_agents_session_passes(claude):
    """Messages with tools, counted first, long streams, results sent back: as an agent works."""
    model = "openai/gpt-agent"
    tools = [
        {"name": "weather", "description": "Looks it up.", "input_schema": SCHEMA},
        {"name": "done", "input_schema": {"type": "object", "properties": {}}, "cache_control": {"type": "ephemeral"}},
    ]
    system = [{"type": "text", "text": "You are an agent.", "cache_control": {"type": "ephemeral"}}]
    turns = [{"role": "user", "content": [{"type": "text", "text": SAYING}]}]
    counted = claude.messages.count_tokens(model=model, messages=turns, tools=tools, system=system)
    assert counted.input_tokens > 0

    claude.vendor.script(chat_events(*CALLS), model="gpt-agent", times=1)
    ask = {"model": model, "max_tokens": 4096, "system": system, "tools": tools, "metadata": {"user_id": "u"}}
    with claude.messages.stream(**ask, messages=turns) as stream:
        first = stream.get_final_message()
    uses = [it for it in first.content if it.type == "tool_use"]
    assert [(it.name, it.input) for it in uses] == PARSED and first.stop_reason == "tool_use"

    claude.vendor.script({"good": {"chunks": 200, "text": "word " * 400}}, model="gpt-agent", times=1)
    turns.append({"role": "assistant", "content": first.to_dict()["content"]})
    results = [{"type": "tool_result", "tool_use_id": it.id, "content": "18 C"} for it in uses]
    turns.append({"role": "user", "content": [*results, {"type": "text", "text": "Go on."}]})
    with claude.messages.stream(**ask, messages=turns) as stream:
        deltas = sum(1 for event in stream if event.type == "content_block_delta")
        final = stream.get_final_message()
    assert deltas == 200 and final.content[0].text == "word " * 400

    sent = claude.vendor.last("/v1/chat/completions")["body"]
    sent = json.loads(sent)
    assert [it["role"] for it in sent["messages"]] == ["system", "user", "assistant", "tool", "tool", "user"]


# === both, and Bedrock, whose streams are no events ===


@pytest.fixture
def bedrock(world):
    """A model of Bedrock's, as a third provider for as long as the test takes."""
    endpoint = {"url": world.provider.url, "region": "eu-central-1"}
    call("POST", f"{world.admin}/providers", {"name": "bedrock", "kind": "bedrock", "endpoints": [endpoint]})
    key = {"name": "main", "secret": "AKIAOFTHEOPERATOR:the-operators-secret"}
    call("POST", f"{world.admin}/providers/bedrock/credentials", key)
    yield "bedrock/amazon.nova-pro-v1:0"
    call("DELETE", f"{world.admin}/providers/bedrock?force=true")


def converse_events(*calls):
    """A stream of Bedrock's in which these tools are called, as its script wants it."""

    def event(kind, **payload):
        return f"{kind} {json.dumps(payload)}"

    events = [event("messageStart", role="assistant")]
    for index, (name, arguments) in enumerate(calls):
        start = {"toolUse": {"toolUseId": f"tooluse_{index}", "name": name}}
        events.append(event("contentBlockStart", contentBlockIndex=index, start=start))
        for piece in (arguments[:5], arguments[5:]):
            events.append(event("contentBlockDelta", contentBlockIndex=index, delta={"toolUse": {"input": piece}}))
        events.append(event("contentBlockStop", contentBlockIndex=index))
    events.append(event("messageStop", stopReason="tool_use"))
    usage = {"inputTokens": 9, "outputTokens": 21, "totalTokens": 30}
    return {"sse": {"events": [*events, event("metadata", usage=usage, metrics={"latencyMs": 1})]}}


def test_bedrock_answers_an_openai_client(gpt, bedrock):
    assert heard(gpt.chat.completions.create(model=bedrock, messages=HELLO).choices[0].message.content)
    assert gpt.vendor.last("/model/amazon.nova-pro-v1%3A0/converse")["status"] == 200
    chunks = list(gpt.chat.completions.create(model=bedrock, messages=HELLO, stream=True))
    assert heard("".join(it.choices[0].delta.content or "" for it in chunks if it.choices))
    assert gpt.vendor.last("/model/amazon.nova-pro-v1%3A0/converse-stream")["status"] == 200
    events = list(gpt.responses.create(model=bedrock, input=SAYING, stream=True))
    assert heard("".join(it.delta for it in events if it.type == "response.output_text.delta"))


def test_bedrock_answers_an_anthropic_client(claude, bedrock):
    assert heard(claude.messages.create(model=bedrock, max_tokens=64, messages=HELLO).content[0].text)
    with claude.messages.stream(model=bedrock, max_tokens=64, messages=HELLO) as stream:
        assert heard("".join(stream.text_stream))
        assert stream.get_final_message().usage.output_tokens > 0
    assert claude.messages.count_tokens(model=bedrock, messages=HELLO).input_tokens > 0


def test_bedrock_streams_parallel_calls_to_both(gpt, claude, bedrock):
    gpt.vendor.script(converse_events(*CALLS), model="amazon.nova-pro-v1:0")
    tools = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
    with gpt.chat.completions.stream(model=bedrock, messages=HELLO, tools=tools) as stream:
        list(stream)
        choice = stream.get_final_completion().choices[0]
    assert [(it.function.name, json.loads(it.function.arguments)) for it in choice.message.tool_calls] == PARSED
    tools = [{"name": "weather", "input_schema": SCHEMA}]
    with claude.messages.stream(model=bedrock, max_tokens=64, messages=HELLO, tools=tools) as stream:
        final = stream.get_final_message()
    assert [(it.name, it.input) for it in final.content] == PARSED and final.stop_reason == "tool_use"


def test_an_error_of_bedrocks_is_each_sdks_error(gpt, claude, bedrock):
    gpt.vendor.script({"error": {"class": "context_length"}}, model="amazon.nova-pro-v1:0")
    with pytest.raises(openai.BadRequestError, match="Input is too long"):
        gpt.chat.completions.create(model=bedrock, messages=HELLO)
    with pytest.raises(anthropic.BadRequestError, match="Input is too long"):
        claude.messages.create(model=bedrock, max_tokens=64, messages=HELLO)


# === from the one to the other ===


@pytest.fixture
def mixed(world):
    """An upstream whose first target is an Anthropic vendor that fails, and whose second an OpenAI vendor."""
    name = f"mixed-{next(_numbers)}"
    call("POST", f"{world.admin}/upstreams", form={"name": name, "algorithm": "priority"})
    for provider, model in [("anthropic", "claude-down"), ("openai", "gpt-up")]:
        call("POST", f"{world.admin}/upstreams/{name}/targets", form={"provider": provider, "model": model})
    world.provider.script({"error": {"class": "overloaded"}}, model="claude-down")
    door = world.door("provider")
    door.url = f"{world.proxy}/{name}"
    return door


def test_a_failover_crosses_dialects_unseen(mixed):
    with openai.OpenAI(**mixed.openai) as gpt, anthropic.Anthropic(**mixed.anthropic) as claude:
        for _ in range(2):
            assert heard(gpt.chat.completions.create(model="any", messages=HELLO).choices[0].message.content)
            chunks = gpt.chat.completions.create(model="any", messages=HELLO, stream=True)
            assert heard("".join(it.choices[0].delta.content or "" for it in chunks if it.choices))
            assert heard(claude.messages.create(model="any", max_tokens=64, messages=HELLO).content[0].text)
            with claude.messages.stream(model="any", max_tokens=64, messages=HELLO) as stream:
                assert heard("".join(stream.text_stream))
