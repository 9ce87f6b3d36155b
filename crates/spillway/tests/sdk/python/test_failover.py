"""A vendor that fails behind the gateway is invisible to every SDK, plain and streamed: the other one answers.

The SDKs' own retries are off, so what makes it good is the gateway. The failing vendor is the regular target and the
good one its backup, so that each first request meets the trouble.
"""

import asyncio

import anthropic
import openai
import pytest

from world import NOBODY

pytestmark = pytest.mark.gateway

MESSAGES = [{"role": "user", "content": "hello"}]
CHAT = {"model": "gpt-4o-mini", "messages": MESSAGES}
MESSAGE = {"model": "claude-sonnet-5", "max_tokens": 64, "messages": MESSAGES}

# What is wrong with the first vendor, as steps of its script.
TROUBLES = {
    "rate_limit": [{"error": {"class": "rate_limit", "retry_after": "30"}}],
    "quota": [{"error": {"class": "quota"}}],
    "server": [{"error": {"class": "server"}}],
    "overloaded": [{"error": {"class": "overloaded"}}],
    "auth": [{"error": {"class": "auth"}}],
    "reset": ["rst"],
    "closed": ["fin"],
    "hang": ["hang"],
    "error in a 200": [{"error_in200": {"class": "overloaded"}}],
    "garbage": ["garbage"],
    "empty": ["empty_200"],
}
STREAM_TROUBLES = {
    "error after the opening": [{"error_in200": {"class": "overloaded", "after_opening": True}}],
    "cut before content": [{"good": {"cut_after_chunks": 0}}],
    "hang after the head": ["hang_headers"],
}


def openai_chat(door):
    return openai.OpenAI(**door.openai).chat.completions.create(**CHAT).choices[0].message.content


def openai_chat_streamed(door):
    stream = openai.OpenAI(**door.openai).chat.completions.create(**CHAT, stream=True)
    return "".join(it.choices[0].delta.content or "" for it in stream)


def openai_async_streamed(door):
    async def call():
        async with openai.AsyncOpenAI(**door.openai) as client:
            stream = await client.chat.completions.create(**CHAT, stream=True)
            return "".join([it.choices[0].delta.content or "" async for it in stream])

    return asyncio.run(call())


def openai_response(door):
    return openai.OpenAI(**door.openai).responses.create(model="gpt-4o-mini", input="hello").output_text


def openai_response_streamed(door):
    with openai.OpenAI(**door.openai).responses.stream(model="gpt-4o-mini", input="hello") as stream:
        return stream.get_final_response().output_text


def anthropic_message(door):
    return anthropic.Anthropic(**door.anthropic).messages.create(**MESSAGE).content[0].text


def anthropic_message_streamed(door):
    with anthropic.Anthropic(**door.anthropic).messages.stream(**MESSAGE) as stream:
        return "".join(stream.text_stream)


PLAIN = [openai_chat, openai_response, anthropic_message]
STREAMED = [openai_chat_streamed, openai_async_streamed, openai_response_streamed, anthropic_message_streamed]


def first_fails(world, steps):
    limits = {"timeouts.first_token": "0.5", "timeouts.response": "0.5"}
    door = world.upstream([world.first.address], backup=[world.second.address], **limits)
    world.first.script(*steps, key=door.key)
    return door


@pytest.mark.parametrize("ask", PLAIN + STREAMED)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_failing_first_vendor_is_invisible(world, ask, trouble):
    door = first_fails(world, TROUBLES[trouble])
    assert ask(door) == "vendor-2 heard: hello"
    assert world.first.attempts(door.key), "it was asked"


@pytest.mark.parametrize("ask", STREAMED)
@pytest.mark.parametrize("trouble", STREAM_TROUBLES)
def test_trouble_before_the_first_content_of_a_stream_is_invisible(world, ask, trouble):
    door = first_fails(world, STREAM_TROUBLES[trouble])
    assert ask(door) == "vendor-2 heard: hello"
    assert world.first.attempts(door.key), "it was asked"


@pytest.mark.parametrize("ask", PLAIN + STREAMED)
def test_a_vendor_that_is_not_there_is_invisible(world, ask):
    assert ask(world.upstream([NOBODY], backup=[world.second.address])) == "vendor-2 heard: hello"


def test_two_equal_vendors_share_the_work_until_one_fails(world):
    door = world.upstream([world.first.address, world.second.address])
    with openai.OpenAI(**door.openai) as client:
        said = [client.chat.completions.create(**CHAT).choices[0].message.content for _ in range(4)]
        assert sorted(said) == ["vendor-1 heard: hello"] * 2 + ["vendor-2 heard: hello"] * 2
        world.first.script({"error": {"class": "server"}}, key=door.key)
        said = [client.chat.completions.create(**CHAT).choices[0].message.content for _ in range(4)]
        assert said == ["vendor-2 heard: hello"] * 4
