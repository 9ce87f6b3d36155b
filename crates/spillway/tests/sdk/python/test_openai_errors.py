"""What goes wrong arrives in the OpenAI SDK for Python as its own error types, with the vendor's words in them."""

import json
import time

import openai
import pytest

from world import STRICT_KEY, STRICT_MODEL

MODEL = "gpt-4o-mini"
HELLO = [{"role": "user", "content": "hello"}]


def client(door, **options):
    return openai.OpenAI(**{**door.openai, **options})


def chat(client, **options):
    return client.chat.completions.create(**{"model": MODEL, "messages": HELLO, **options})


def test_a_key_that_the_vendor_does_not_know_is_an_authentication_error(world):
    with pytest.raises(openai.AuthenticationError) as caught:
        chat(client(world.to(world.strict), api_key="sk-unknown"), model=STRICT_MODEL)
    assert (caught.value.status_code, caught.value.code) == (401, "invalid_api_key")


def test_a_key_that_the_vendor_knows_is_passed_on(world):
    answer = chat(client(world.to(world.strict), api_key=STRICT_KEY), model=STRICT_MODEL)
    assert answer.choices[0].message.content == "strict-1 heard: hello"


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_does_not_exist_is_a_not_found_error(world, stream):
    with pytest.raises(openai.NotFoundError) as caught:
        chat(client(world.to(world.strict), api_key=STRICT_KEY), model="no-such-model", stream=stream)
    assert (caught.value.status_code, caught.value.code) == (404, "model_not_found")
    assert "no-such-model" in caught.value.message


@pytest.mark.parametrize("stream", [False, True])
def test_a_rate_limit_is_a_rate_limit_error_that_says_until_when(world, stream):
    door = world.to(world.first)
    world.first.script({"error": {"class": "rate_limit", "retry_after": "7"}}, key=door.key)
    with pytest.raises(openai.RateLimitError) as caught:
        chat(client(door), stream=stream)
    assert (caught.value.status_code, caught.value.code) == (429, "rate_limit_exceeded")
    assert "Rate limit reached" in caught.value.message
    assert 5 <= float(caught.value.response.headers["retry-after"]) <= 7


def test_with_its_own_retries_it_waits_as_told_and_succeeds(world):
    door = world.to(world.first)
    world.first.script({"error": {"class": "rate_limit", "retry_after": "1"}}, key=door.key, times=1)
    started = time.monotonic()
    answer = chat(client(door, max_retries=1))
    assert answer.choices[0].message.content.endswith("heard: hello")
    assert time.monotonic() - started >= 0.95
    assert len(world.first.attempts(door.key)) == 2


def test_exhausted_quota_is_a_rate_limit_error_too(world):
    door = world.to(world.first)
    world.first.script({"error": {"class": "quota"}}, key=door.key)
    with pytest.raises(openai.RateLimitError) as caught:
        chat(client(door))
    assert "current quota" in caught.value.message


@pytest.mark.parametrize("stream", [False, True])
def test_what_the_vendor_says_about_a_bad_request_arrives_unchanged(world, stream):
    door = world.to(world.first)
    body = {"error": {"message": "größer als erlaubt", "type": "x", "param": "messages[0]", "code": "odd", "more": [1]}}
    world.first.script({"status": {"code": 400, "json": body}}, key=door.key)
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client(door), stream=stream)
    assert caught.value.body == body["error"]
    assert (caught.value.code, caught.value.param, caught.value.type) == ("odd", "messages[0]", "x")
    assert json.loads(caught.value.response.content) == body
    assert len(world.first.attempts(door.key)) == 1, "nobody tries again what is the request's own fault"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, openai.PermissionDeniedError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_every_status_has_its_type(world, status, error):
    door = world.to(world.first)
    body = {"error": {"message": "as the vendor says", "type": "server_error", "param": None, "code": None}}
    world.first.script({"status": {"code": status, "json": body}}, key=door.key)
    with pytest.raises(error) as caught:
        chat(client(door))
    assert caught.value.status_code == status
    assert "as the vendor says" in caught.value.message


def test_an_error_within_a_stream_is_raised_where_it_happens(world):
    door = world.to(world.first)
    world.first.script({"good": {"error_after_chunks": 3}}, key=door.key)
    chunks = []
    with pytest.raises(openai.APIError) as caught:
        for chunk in chat(client(door), stream=True):
            chunks.append(chunk)
    assert len([it for it in chunks if it.choices[0].delta.content]) == 3
    assert "overloaded" in caught.value.message


@pytest.mark.gateway
def test_a_stream_that_breaks_off_ends_in_an_error_not_in_silence(world):
    door = world.upstream([world.first.address])
    world.first.script({"good": {"cut_after_chunks": 3}}, "rst", key=door.key)
    with pytest.raises(openai.APIError):
        list(chat(client(door), stream=True))


@pytest.mark.gateway
def test_an_upstream_without_targets_is_an_internal_server_error_with_a_code(world):
    with pytest.raises(openai.InternalServerError) as caught:
        chat(client(world.upstream([])))
    assert (caught.value.status_code, caught.value.code) == (503, "no_target_available")
