// The operator's key in trouble, where a provider serves: the caller is told what concerns the caller, and no more.
//
// Each test has a world of its own, because a key that was refused stays out for a while.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import { Anthropic, GATEWAY, OpenAI, World } from "./world.js";

const CHAT = { model: "gpt-4o-mini", messages: [{ role: "user", content: "hello" }] };
const MESSAGE = { ...CHAT, model: "claude-sonnet-5", max_tokens: 64 };

const raised = (call) => call.then(() => assert.fail("it was answered"), (error) => error);

describe("an operator's key", GATEWAY, () => {
  let world, door;
  beforeEach(async () => {
    world = await World.start();
    door = await world.door("provider");
  });
  afterEach(() => world?.stop());

  it("that is refused is not the caller's AuthenticationError", async () => {
    await world.provider.script([{ error: { class: "auth" } }]);
    const error = await raised(door.openai().chat.completions.create(CHAT));
    assert.ok(error instanceof OpenAI.InternalServerError, error.message);
    assert.deepEqual([error.status, error.code], [503, "no_target_available"]);
    const other = await raised(door.anthropic().messages.create(MESSAGE));
    assert.ok(other instanceof Anthropic.InternalServerError, other.message);
    assert.equal(other.status, 503);
  });

  it("that is rate limited is a RateLimitError, and over in time", async () => {
    await world.provider.script([{ error: { class: "rate_limit", retry_after: "2" } }], { times: 1 });
    const started = performance.now();
    // Otherwise the provider of the other dialect would answer.
    const options = { defaultHeaders: { "x-spillway-fallback": "off" } };
    const ask = { ...CHAT, model: "openai/gpt" };
    const error = await raised(door.openai(options).chat.completions.create(ask));
    assert.ok(error instanceof OpenAI.RateLimitError, error.message);
    const answer = await door.openai({ ...options, maxRetries: 2 }).chat.completions.create(ask);
    assert.match(answer.choices[0].message.content, /heard: hello$/);
    assert.ok(performance.now() - started >= 1900, "it waited as long as the vendor had said");
    assert.equal((await world.provider.attempts()).length, 2, "nobody was asked in the meantime");
  });
});
