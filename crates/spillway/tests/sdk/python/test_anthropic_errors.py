"""What goes wrong arrives in the Anthropic SDK for Python as its own error types, with the vendor's words in them."""

import time

import anthropic
import pytest

from world import STRICT_KEY, STRICT_MODEL

ASK = {"model": "claude-sonnet-5", "max_tokens": 64, "messages": [{"role": "user", "content": "hello"}]}


def client(door, **options):
    return anthropic.Anthropic(**{**door.anthropic, **options})


def test_a_key_that_the_vendor_does_not_know_is_an_authentication_error(world):
    with pytest.raises(anthropic.AuthenticationError) as caught:
        client(world.to(world.strict), api_key="sk-unknown").messages.create(**{**ASK, "model": STRICT_MODEL})
    assert (caught.value.status_code, caught.value.type) == (401, "authentication_error")


@pytest.mark.parametrize("style", ["api_key", "auth_token"])
def test_a_key_that_the_vendor_knows_is_passed_on(world, style):
    options = {"base_url": world.to(world.strict).url, "max_retries": 0, style: STRICT_KEY}
    answer = anthropic.Anthropic(**options).messages.create(**{**ASK, "model": STRICT_MODEL})
    assert answer.content[0].text == "strict-1 heard: hello"


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_does_not_exist_is_a_not_found_error(world, stream):
    ask = {**ASK, "model": "no-such-model", "stream": stream}
    with pytest.raises(anthropic.NotFoundError) as caught:
        client(world.to(world.strict), api_key=STRICT_KEY).messages.create(**ask)
    assert caught.value.type == "not_found_error" and "no-such-model" in caught.value.message


@pytest.mark.parametrize("stream", [False, True])
def test_a_rate_limit_is_a_rate_limit_error_that_says_until_when(world, stream):
    door = world.to(world.first)
    world.first.script({"error": {"class": "rate_limit", "retry_after": "7"}}, key=door.key)
    with pytest.raises(anthropic.RateLimitError) as caught:
        client(door).messages.create(**ASK, stream=stream)
    assert (caught.value.status_code, caught.value.type) == (429, "rate_limit_error")
    assert 5 <= float(caught.value.response.headers["retry-after"]) <= 7
    assert caught.value.request_id


def test_with_its_own_retries_it_waits_as_told_and_succeeds(world):
    door = world.to(world.first)
    world.first.script({"error": {"class": "rate_limit", "retry_after": "1"}}, key=door.key, times=1)
    started = time.monotonic()
    answer = client(door, max_retries=1).messages.create(**ASK)
    assert answer.content[0].text.endswith("heard: hello")
    assert time.monotonic() - started >= 0.95
    assert len(world.first.attempts(door.key)) == 2


@pytest.mark.parametrize("stream", [False, True])
def test_what_the_vendor_says_about_a_bad_request_arrives_unchanged(world, stream):
    door = world.to(world.first)
    error = {"type": "invalid_request_error", "message": "größer als erlaubt", "more": [1]}
    body = {"type": "error", "error": error, "request_id": "req_vendors"}
    world.first.script({"status": {"code": 400, "json": body}}, key=door.key)
    with pytest.raises(anthropic.BadRequestError) as caught:
        client(door).messages.create(**ASK, stream=stream)
    assert caught.value.body == body and caught.value.type == "invalid_request_error"
    assert len(world.first.attempts(door.key)) == 1, "nobody tries again what is the request's own fault"


@pytest.mark.parametrize(
    ("trouble", "error", "status", "kind"),
    [
        ("overloaded", anthropic.OverloadedError, 529, "overloaded_error"),
        ("server", anthropic.InternalServerError, 500, "api_error"),
        ("permission", anthropic.PermissionDeniedError, 403, "permission_error"),
    ],
)
def test_every_trouble_has_its_type(world, trouble, error, status, kind):
    door = world.to(world.first)
    world.first.script({"error": {"class": trouble}}, key=door.key)
    with pytest.raises(error) as caught:
        client(door).messages.create(**ASK)
    assert (caught.value.status_code, caught.value.type) == (status, kind)


def test_an_error_within_a_stream_is_raised_where_it_happens(world):
    door = world.to(world.first)
    world.first.script({"good": {"error_after_chunks": 3}}, key=door.key)
    pieces = []
    with pytest.raises(anthropic.APIStatusError) as caught:
        with client(door).messages.stream(**ASK) as stream:
            for piece in stream.text_stream:
                pieces.append(piece)
    assert len(pieces) == 3 and "verloaded" in str(caught.value)


@pytest.mark.gateway
def test_a_stream_that_breaks_off_ends_in_an_error_not_in_silence(world):
    door = world.upstream([world.first.address])
    world.first.script({"good": {"cut_after_chunks": 3}}, "rst", key=door.key)
    with pytest.raises(anthropic.APIError):
        list(client(door).messages.create(**ASK, stream=True))


@pytest.mark.gateway
def test_the_gateways_own_failure_speaks_anthropics_dialect(world):
    with pytest.raises(anthropic.InternalServerError) as caught:
        client(world.upstream([])).messages.create(**ASK)
    assert caught.value.status_code == 503
    assert caught.value.body["type"] == "error" and caught.value.body["error"]["message"]
    assert caught.value.request_id
