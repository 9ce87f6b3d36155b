// Keys that the gateway gives out: an SDK that has one is served, one that has another's is told so as by its vendor.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import { Anthropic, GATEWAY, OpenAI, World } from "./world.js";

const CHAT = { model: "gpt-4o-mini", messages: [{ role: "user", content: "hello" }] };
const MESSAGE = { ...CHAT, model: "claude-sonnet-5", max_tokens: 64 };

const raised = (call) => call.then(() => assert.fail("it was answered"), (error) => error);

describe("a client key", GATEWAY, () => {
  let world, door, key;
  beforeEach(async () => {
    world = await World.start();
    door = await world.door("provider");
    key = await world.clientKey("node");
  });
  afterEach(() => world?.stop());

  it("that is right is served, and no vendor sees it", async () => {
    const answer = await door.openai({ apiKey: key }).chat.completions.create(CHAT);
    assert.match(answer.choices[0].message.content, /heard: hello$/);
    for (const options of [{ apiKey: key }, { apiKey: null, authToken: key }]) {
      const message = await door.anthropic(options).messages.create(MESSAGE);
      assert.match(message.content[0].text, /heard: hello$/);
    }
    const seen = new Set((await world.provider.attempts()).map((it) => it.credential));
    assert.equal(seen.size, 1, "the operator's key, whatever the caller's");
  });

  it("that is wrong is an AuthenticationError", async () => {
    for (const wrong of ["sk-somebody-elses", `sw-${"0".repeat(64)}`]) {
      const error = await raised(door.openai({ apiKey: wrong }).chat.completions.create(CHAT));
      assert.ok(error instanceof OpenAI.AuthenticationError, error.message);
      assert.deepEqual([error.status, error.code], [401, "invalid_api_key"]);
      const other = await raised(door.anthropic({ apiKey: wrong }).messages.create(MESSAGE));
      assert.ok(other instanceof Anthropic.AuthenticationError, other.message);
      assert.ok(!`${error}${other}`.includes(wrong));
    }
    assert.equal((await world.provider.attempts()).length, 0);
  });
});
