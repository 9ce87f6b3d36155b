"""The operator's key in trouble, where a provider serves: the caller is told what concerns the caller, and no more.

Each test has a world of its own, because a key that was refused stays out for a while.
"""

import time

import anthropic
import openai
import pytest

from world import OPERATORS_KEY, fingerprint

pytestmark = pytest.mark.gateway

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}
MESSAGE = {**CHAT, "model": "claude-sonnet-5", "max_tokens": 64}


def test_the_vendor_sees_the_operators_key_and_never_the_callers(own_world):
    door = own_world.door("provider")
    openai.OpenAI(**door.openai).chat.completions.create(**CHAT)
    anthropic.Anthropic(**door.anthropic).messages.create(**MESSAGE)
    attempts = own_world.provider.attempts()
    assert [it["credential"] for it in attempts] == [fingerprint(OPERATORS_KEY)] * 2
    assert fingerprint(door.key) not in str(attempts), "nor in any other header"


def test_a_refused_operators_key_is_not_the_callers_authentication_error(own_world):
    door = own_world.door("provider")
    own_world.provider.script({"error": {"class": "auth"}})
    with pytest.raises(openai.InternalServerError) as caught:
        openai.OpenAI(**door.openai).chat.completions.create(**CHAT)
    assert (caught.value.status_code, caught.value.code) == (503, "no_target_available")
    with pytest.raises(anthropic.InternalServerError) as caught_by_anthropic:
        anthropic.Anthropic(**door.anthropic).messages.create(**MESSAGE)
    assert caught_by_anthropic.value.status_code == 503
    for said in [caught.value, caught_by_anthropic.value]:
        assert OPERATORS_KEY not in f"{said}{said.response.headers}"


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_a_rate_limited_operators_key_is_a_rate_limit_error_and_over_in_time(own_world, dialect):
    door = own_world.door("provider")
    own_world.provider.script({"error": {"class": "rate_limit", "retry_after": "2"}}, times=1)

    def ask(**options):
        # Otherwise the provider of the other dialect would answer.
        options = {"default_headers": {"x-spillway-fallback": "off"}, **options}
        if dialect == "openai":
            client = openai.OpenAI(**{**door.openai, **options})
            return client.chat.completions.create(**{**CHAT, "model": "openai/gpt"}).choices[0].message.content
        client = anthropic.Anthropic(**{**door.anthropic, **options})
        return client.messages.create(**{**MESSAGE, "model": "anthropic/claude"}).content[0].text

    started = time.monotonic()
    with pytest.raises((openai.RateLimitError, anthropic.RateLimitError)) as caught:
        ask()
    assert 1 <= float(caught.value.response.headers["retry-after"]) <= 2
    assert ask(max_retries=2).endswith("heard: hello")
    assert time.monotonic() - started >= 1.9, "it waited as long as the vendor had said"
    assert len(own_world.provider.attempts()) == 2, "nobody was asked in the meantime"


def test_a_model_that_the_vendor_does_not_have_is_not_found(own_world):
    door = own_world.door("provider")
    own_world.provider.script({"error": {"class": "model_not_found"}}, model="no-such-model")
    client = openai.OpenAI(**door.openai)
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(**{**CHAT, "model": "no-such-model"})
    assert caught.value.code == "model_not_found"
    assert client.chat.completions.create(**CHAT).choices[0].message.content.endswith("heard: hello")
