"""Keys that the gateway gives out: an SDK that has one is served, one that has another's is told so as by its vendor."""

import anthropic
import openai
import pytest

from process import call
from world import OPERATORS_KEY, fingerprint

pytestmark = pytest.mark.gateway

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}
MESSAGE = {**CHAT, "model": "claude-sonnet-5", "max_tokens": 64}


@pytest.fixture
def door(own_world):
    """A door that wants a key, and has the right one."""
    call("POST", f"{own_world.admin}/consumers", form={"name": "sdk"})
    _, made = call("POST", f"{own_world.admin}/consumers/sdk/keys", form={"name": "python"})
    door = own_world.door("provider")
    door.key = made["key"]
    return door


@pytest.mark.parametrize("stream", [False, True])
def test_the_right_key_is_served_and_no_vendor_sees_it(own_world, door, stream):
    answer = openai.OpenAI(**door.openai).chat.completions.create(**CHAT, stream=stream)
    assert list(answer) if stream else answer.choices[0].message.content.endswith("heard: hello")
    for style in ["api_key", "auth_token"]:
        client = anthropic.Anthropic(base_url=door.url, max_retries=0, **{style: door.key})
        answer = client.messages.create(**MESSAGE, stream=stream)
        assert list(answer) if stream else answer.content[0].text.endswith("heard: hello")
    attempts = own_world.provider.attempts()
    assert {it["credential"] for it in attempts} == {fingerprint(OPERATORS_KEY)}
    assert fingerprint(door.key) not in str(attempts)


@pytest.mark.parametrize("wrong", ["sk-somebody-elses", "sw-" + "0" * 64])
def test_a_wrong_key_is_an_authentication_error(own_world, door, wrong):
    with pytest.raises(openai.AuthenticationError) as caught:
        openai.OpenAI(**{**door.openai, "api_key": wrong}).chat.completions.create(**CHAT)
    assert (caught.value.status_code, caught.value.code) == (401, "invalid_api_key")
    for style in ["api_key", "auth_token"]:
        client = anthropic.Anthropic(base_url=door.url, max_retries=0, **{style: wrong})
        with pytest.raises(anthropic.AuthenticationError) as caught_by_anthropic:
            client.messages.create(**MESSAGE)
        assert caught_by_anthropic.value.type == "authentication_error"
        assert wrong not in str(caught_by_anthropic.value)
    assert wrong not in str(caught.value) and own_world.provider.attempts() == []


def test_a_model_that_the_key_may_not_ask_for_is_a_permission_error(own_world, door):
    form = {"models[]": CHAT["model"]}
    call("PATCH", f"{own_world.admin}/consumers/sdk/keys/python", form=form)
    client = openai.OpenAI(**door.openai)
    assert client.chat.completions.create(**CHAT).choices[0].message.content.endswith("heard: hello")
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client.chat.completions.create(**{**CHAT, "model": "gpt-4o"})
    assert (caught.value.code, caught.value.param) == ("permission_denied", "model")
    with pytest.raises(anthropic.PermissionDeniedError):
        anthropic.Anthropic(**door.anthropic).messages.create(**MESSAGE)
    assert {it.id for it in client.models.list()} <= {CHAT["model"]}
