// A vendor that fails behind the gateway is invisible to every SDK, plain and streamed: the other one answers.
//
// The SDKs' own retries are off, so what makes it good is the gateway. The failing vendor is the regular target and
// the good one its backup, so that each first request meets the trouble.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import { collect, GATEWAY, NOBODY, World } from "./world.js";

const CHAT = { model: "gpt-4o-mini", messages: [{ role: "user", content: "hello" }] };
const RESPONSE = { model: "gpt-4o-mini", input: "hello" };
const MESSAGE = { ...CHAT, model: "claude-sonnet-5", max_tokens: 64 };

const PLAIN = {
  "an OpenAI chat": async (door) => (await door.openai().chat.completions.create(CHAT)).choices[0].message.content,
  "an OpenAI response": async (door) => (await door.openai().responses.create(RESPONSE)).output_text,
  "an Anthropic message": async (door) => (await door.anthropic().messages.create(MESSAGE)).content[0].text,
};
const STREAMED = {
  "an OpenAI chat, streamed": async (door) => {
    const chunks = await collect(await door.openai().chat.completions.create({ ...CHAT, stream: true }));
    return chunks.map((it) => it.choices[0].delta.content ?? "").join("");
  },
  "an OpenAI response, streamed": async (door) =>
    (await door.openai().responses.stream(RESPONSE).finalResponse()).output_text,
  "an Anthropic message, streamed": (door) => door.anthropic().messages.stream(MESSAGE).finalText(),
};

// What is wrong with the first vendor, as steps of its script.
const TROUBLES = {
  "a rate limit": [{ error: { class: "rate_limit", retry_after: "30" } }],
  "a 500": [{ error: { class: "server" } }],
  overload: [{ error: { class: "overloaded" } }],
  "a refused key": [{ error: { class: "auth" } }],
  "a reset": ["rst"],
  "a hang": ["hang"],
  "an error in a 200": [{ error_in200: { class: "overloaded" } }],
};
const STREAM_TROUBLES = {
  "an error after the opening": [{ error_in200: { class: "overloaded", after_opening: true } }],
  "a cut before content": [{ good: { cut_after_chunks: 0 } }],
};

let world;
before(async () => {
  world = await World.start();
});
after(() => world?.stop());
afterEach(() => world.behave());

function hides(what, trouble, steps, ask) {
  it(`hides ${trouble} from ${what}`, async () => {
    const limits = { "timeouts.first_token": "0.5", "timeouts.response": "0.5" };
    const door = await world.upstream([world.first.address], { backup: [world.second.address], ...limits });
    await world.first.script(steps, { key: door.key });
    assert.equal(await ask(door), "vendor-2 heard: hello");
    assert.ok((await world.first.attempts(door.key)).length > 0, "it was asked");
  });
}

describe("the gateway", GATEWAY, () => {
  for (const [what, ask] of Object.entries({ ...PLAIN, ...STREAMED })) {
    for (const [trouble, steps] of Object.entries(TROUBLES)) hides(what, trouble, steps, ask);
    it(`hides that a vendor is not there from ${what}`, async () => {
      const door = await world.upstream([NOBODY], { backup: [world.second.address] });
      assert.equal(await ask(door), "vendor-2 heard: hello");
    });
  }
  for (const [what, ask] of Object.entries(STREAMED)) {
    for (const [trouble, steps] of Object.entries(STREAM_TROUBLES)) hides(what, trouble, steps, ask);
  }
});
