// A streamed answer is byte for byte the vendor's, however it was cut on the way.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import { DOORS, World } from "./world.js";

// Two, three and four bytes each, so that pieces of seven bytes cut through them.
const SAYING = "äöü 世界 🎉🎊 ".repeat(40);
const CHAT = { model: "gpt-4o-mini", messages: [{ role: "user", content: SAYING }], stream: true };
const ASKS = {
  "/v1/chat/completions": (door) => door.openai().chat.completions.create(CHAT),
  "/v1/completions": (door) => door.openai().completions.create({ model: CHAT.model, prompt: SAYING, stream: true }),
  "/v1/responses": (door) => door.openai().responses.create({ model: CHAT.model, input: SAYING, stream: true }),
  "/v1/messages": (door) => door.anthropic().messages.create({ ...CHAT, model: "claude-sonnet-5", max_tokens: 64 }),
};

let world;
before(async () => {
  world = await World.start();
});
after(() => world?.stop());
afterEach(() => world.behave());

for (const name of DOORS) {
  describe(`through ${name}`, () => {
    for (const [path, ask] of Object.entries(ASKS)) {
      for (const split_at of [null, 1, 7, 1000]) {
        it(`a stream of ${path} is the vendor's to the byte, cut at ${split_at}`, async () => {
          const door = await world.door(name);
          await door.vendor.script([{ good: { split_at, chunks: 30 } }]);
          const answer = await ask(door).asResponse();
          const got = Buffer.from(await answer.arrayBuffer()).toString();
          assert.equal(got, (await door.vendor.last(path)).answer);
          assert.match(got, /世界|\\u4e16/);
        });
      }
    }
  });
}
