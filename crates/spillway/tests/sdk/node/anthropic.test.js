// The Anthropic SDK for Node, given a base URL: messages plain and streamed, token counts, models.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { Anthropic, collect, DOORS, fingerprint, World } from "./world.js";

const SAYING = "grüß Gott, 世界 🎉";
const ASK = { model: "claude-sonnet-5", max_tokens: 64, messages: [{ role: "user", content: SAYING }] };

const heard = (text) => assert.ok(text.endsWith(` heard: ${SAYING}`), text);

let world;
before(async () => {
  world = await World.start();
});
after(() => world?.stop());

for (const name of DOORS) {
  describe(`Anthropic through ${name}`, () => {
    let door, client;
    before(async () => {
      door = await world.door(name);
      client = door.anthropic();
    });

    it("needs nothing but a base URL in the environment", async () => {
      process.env.ANTHROPIC_BASE_URL = door.url;
      process.env.ANTHROPIC_API_KEY = "dummy";
      try {
        heard((await new Anthropic().messages.create(ASK)).content[0].text);
      } finally {
        delete process.env.ANTHROPIC_BASE_URL;
        delete process.env.ANTHROPIC_API_KEY;
      }
    });

    it("gets a message answered", async () => {
      const answer = await client.messages.create(ASK);
      assert.equal(answer.model, ASK.model);
      assert.equal(answer.stop_reason, "end_turn");
      heard(answer.content[0].text);
      assert.ok(answer.usage.output_tokens > 0);
    });

    it("streams a message", async () => {
      const events = await collect(await client.messages.create({ ...ASK, stream: true }));
      const kinds = events.map((it) => it.type).filter((it) => it !== "ping");
      assert.deepEqual(kinds.slice(0, 2), ["message_start", "content_block_start"]);
      assert.deepEqual(kinds.slice(-3), ["content_block_stop", "message_delta", "message_stop"]);
      heard(events.filter((it) => it.type === "content_block_delta").map((it) => it.delta.text).join(""));
    });

    it("accumulates a message with its stream helper", async () => {
      const stream = client.messages.stream(ASK);
      const pieces = [];
      stream.on("text", (text) => pieces.push(text));
      heard(await stream.finalText());
      heard(pieces.join(""));
      assert.equal((await stream.finalMessage()).stop_reason, "end_turn");
    });

    it("counts tokens", async () => {
      const answer = await client.messages.countTokens({ model: ASK.model, messages: ASK.messages });
      assert.ok(answer.input_tokens > 0);
      assert.equal((await door.vendor.last("/v1/messages/count_tokens")).status, 200);
    });

    it("lists models, and retrieves each of them", async () => {
      const models = await collect(client.models.list({ limit: 1000 }));
      assert.ok(models.length > 0);
      for (const model of models) {
        assert.equal(model.type, "model");
        assert.deepEqual(await client.models.retrieve(model.id), model);
      }
    });

    it("has its betas reach the vendor", async () => {
      await client.beta.messages.create({ ...ASK, betas: ["token-efficient-tools-2025-02-19"] });
      const seen = Object.fromEntries((await door.vendor.last("/v1/messages")).headers);
      assert.equal(seen["anthropic-beta"], "token-efficient-tools-2025-02-19");
      assert.ok(seen["anthropic-version"]);
    });

    for (const style of ["apiKey", "authToken"]) {
      it(`may send its key as ${style}`, async () => {
        const other = { apiKey: "authToken", authToken: "apiKey" }[style];
        const own = door.anthropic({ [style]: door.key, [other]: null });
        heard((await own.messages.create(ASK)).content[0].text);
        heard(await own.messages.stream(ASK).finalText());
        const { credential } = await door.vendor.last("/v1/messages");
        assert.equal(credential, fingerprint(door.keySeenByVendor));
      });
    }
  });
}
