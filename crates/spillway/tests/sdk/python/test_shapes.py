"""What is translated has the shape that the vendors publish: every answer and every event in the golden outputs of the
crate `dialect`, and in the vendors' answers that its tests are fed with, is read strictly by the SDKs' own types, and
says nothing that those do not know."""

import json
import typing
from pathlib import Path

import pytest
from anthropic.types import Message, RawMessageStreamEvent
from google.genai.types import GenerateContentResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

DIALECT = Path(__file__).parents[4] / "dialect"
FIXTURES = DIALECT / "fixtures" / "translate"
GOLDENS = sorted((DIALECT / "tests" / "it" / "translations" / "snapshots").glob("*_*.snap"))

BODIES = {
    "chat": ChatCompletion,
    "responses": Response,
    "messages": Message,
    "gemini": GenerateContentResponse,
}
EVENTS = {
    "chat": ChatCompletionChunk,
    "responses": ResponseStreamEvent,
    "messages": RawMessageStreamEvent,
    "gemini": GenerateContentResponse,
}

# What vendors send, or clients read, beyond the published types.
KNOWN = {
    "reasoning_content": "how vendors of chats tell thoughts, since DeepSeek",
    "reasoning_details": "how they tell signed ones, since OpenRouter",
    "store": "is in every response of OpenAI's",
    "name": "the called function's, in OpenAI's description of `response.function_call_arguments.done`",
}


def of_type(kind, value):
    """The one of several types whose `type` the value names, so that an error is about that one."""
    while typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    for member in typing.get_args(kind):
        field = member.model_fields.get("type")
        if field is not None and value.get("type") in typing.get_args(field.annotation):
            return member
    return kind


def unknown(value, path=""):
    if isinstance(value, BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or {} if name not in KNOWN)
        for name in value.model_fields_set:
            yield from unknown(getattr(value, name, None), f"{path}.{name}")
    elif isinstance(value, list):
        for place, it in enumerate(value):
            yield from unknown(it, f"{path}[{place}]")


def check(kind, value):
    read = TypeAdapter(of_type(kind, value)).validate_json(json.dumps(value), strict=True)
    assert list(unknown(read)) == [], value


def events(stream):
    for event in stream.split("\n\n"):
        data = [line.removeprefix("data: ") for line in event.splitlines() if line.startswith("data: ")]
        if data and data != ["[DONE]"]:
            yield json.loads("".join(data))


def check_stream(wire, stream):
    """How many events it has. Pings and errors stand in no type of the SDKs': those handle them apart."""
    apart = ("ping", "error")
    checked = [it for it in events(stream) if it.get("type") not in apart and "error" not in it]
    for event in checked:
        check(EVENTS[wire], event)
    return len(checked)


def cases(golden):
    """The cases of a golden output: its name, and the answer that the caller gets."""
    body = golden.read_text().split("\n---\n", 1)[1]
    for case in body.split("=== ")[1:]:
        name, _, told = case.partition("\n")
        if "\n---\n" in told:
            yield name, told.rpartition("\n---\n")[2]


CALLERS = [it for it in GOLDENS if it.stem.split("_")[0] in BODIES]


@pytest.mark.parametrize("golden", CALLERS, ids=[it.stem for it in CALLERS])
def test_what_a_caller_gets_has_the_published_shape(golden):
    wire = golden.stem.split("_")[0]
    seen = []
    for name, answer in cases(golden):
        if name != "error" and answer.lstrip().startswith("{"):
            check(BODIES[wire], json.loads(answer))
        else:
            assert check_stream(wire, answer) > 0, name
        seen.append(name)
    assert len(seen) >= 9, seen


@pytest.mark.parametrize("wire", BODIES)
def test_what_a_vendor_is_made_to_say_has_the_published_shape(wire):
    answers = sorted((FIXTURES / wire / "answer").iterdir())
    for answer in answers:
        if answer.suffix == ".sse":
            assert check_stream(wire, answer.read_text()) > 0, answer.name
        elif answer.stem != "error":
            check(BODIES[wire], json.loads(answer.read_text()))
    assert len(answers) >= 9


def test_every_caller_has_its_golden_outputs():
    assert {it.stem.split("_")[0] for it in CALLERS} == set(BODIES)
