// Google's SDK for Node, served by a vendor of each dialect. The same as ../python/test_google.py, as far as the SDKs
// differ.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import { ApiError, collect, fingerprint, GATEWAY, World } from "./world.js";

const SAYING = "grüß Gott, 世界 🎉";
const SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const CITIES = ["Rome", "Paris"];

const heard = (text) => assert.ok(text.endsWith(` heard: ${SAYING}`), text);
const events = (list) => [{ sse: { events: list } }];
const raised = (call) => call.then(() => assert.fail("it was answered"), (error) => error);

// Streams in which `weather` is called for both cities.
const message = (type, fields) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}`;
const chunk = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({
    id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-x",
    choices: [{ index: 0, delta, finish_reason }],
  })}`;
const answer = (city, more) =>
  `data: ${JSON.stringify({
    candidates: [
      { content: { role: "model", parts: [{ functionCall: { name: "weather", args: { city } } }] }, index: 0, ...more },
    ],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 21, totalTokenCount: 30 },
  })}`;
const STREAMS = {
  openai: events([
    chunk({ role: "assistant", content: null }),
    ...CITIES.map((city, index) => {
      const call = { name: "weather", arguments: JSON.stringify({ city }) };
      return chunk({ tool_calls: [{ index, id: `call_${index}`, type: "function", function: call }] });
    }),
    chunk({}, "tool_calls"),
    "data: [DONE]",
  ]),
  anthropic: events([
    message("message_start", {
      message: {
        id: "msg_1", type: "message", role: "assistant", model: "claude-x", content: [], stop_reason: null,
        stop_sequence: null, usage: { input_tokens: 9, output_tokens: 1 },
      },
    }),
    ...CITIES.flatMap((city, index) => [
      message("content_block_start", {
        index,
        content_block: { type: "tool_use", id: `toolu_${index}`, name: "weather", input: {} },
      }),
      message("content_block_delta", {
        index,
        delta: { type: "input_json_delta", partial_json: JSON.stringify({ city }) },
      }),
      message("content_block_stop", { index }),
    ]),
    message("message_delta", { delta: { stop_reason: "tool_use" }, usage: { output_tokens: 21 } }),
    message("message_stop", {}),
  ]),
  google: events([answer("Rome"), answer("Paris", { finishReason: "STOP" })]),
};

describe("Google's SDK", GATEWAY, () => {
  let world, door, gemini;
  before(async () => {
    world = await World.start();
    await world.addGoogle();
    door = await world.door("provider");
    gemini = door.google();
  });
  after(() => world?.stop());
  afterEach(() => world.behave());

  for (const vendor of Object.keys(STREAMS)) {
    const model = `${vendor}/some-model`;

    it(`is answered by a vendor of ${vendor}'s dialect`, async () => {
      const plain = await gemini.models.generateContent({ model, contents: SAYING });
      heard(plain.text);
      assert.equal(plain.candidates[0].finishReason, "STOP");
      assert.ok(plain.usageMetadata.candidatesTokenCount > 0);
      const chunks = await collect(await gemini.models.generateContentStream({ model, contents: SAYING }));
      assert.ok(chunks.length > 2);
      heard(chunks.map((it) => it.text ?? "").join(""));
      assert.ok((await gemini.models.countTokens({ model, contents: SAYING })).totalTokens > 0);
    });

    it(`streams parallel calls of a vendor of ${vendor}'s dialect`, async () => {
      await door.vendor.script(STREAMS[vendor], { times: 1 });
      const functionDeclarations = [{ name: "weather", parametersJsonSchema: SCHEMA }];
      const config = { tools: [{ functionDeclarations }] };
      const stream = await gemini.models.generateContentStream({ model, contents: SAYING, config });
      const calls = (await collect(stream)).flatMap((it) => it.functionCalls ?? []);
      assert.deepEqual(calls.map((it) => [it.name, it.args.city]), CITIES.map((it) => ["weather", it]));
    });

    it(`gets JSON by a schema from a vendor of ${vendor}'s dialect`, async () => {
      await door.vendor.script([{ good: { text: '{"city": "Rome"}', chunks: 1 } }], { times: 1 });
      const config = { responseMimeType: "application/json", responseJsonSchema: SCHEMA };
      const { text } = await gemini.models.generateContent({ model, contents: SAYING, config });
      assert.deepEqual(JSON.parse(text), { city: "Rome" });
    });

    it(`raises the errors of a vendor of ${vendor}'s dialect`, async () => {
      await door.vendor.script([{ error: { class: "invalid_request", message: "the vendor's words" } }]);
      for (const ask of ["generateContent", "generateContentStream"]) {
        const error = await raised(gemini.models[ask]({ model, contents: SAYING }));
        assert.ok(error instanceof ApiError, error.message);
        assert.equal(error.status, 400);
        assert.match(error.message, /the vendor's words/);
        assert.match(error.message, /INVALID_ARGUMENT/);
      }
    });
  }

  it("lists models and embeds", async () => {
    const listed = await collect(await gemini.models.list());
    assert.ok(listed.length > 0 && listed.every((it) => it.name.startsWith("models/")));
    const embedded = await gemini.models.embedContent({ model: "google/gemini-embedding", contents: ["a", "b"] });
    assert.equal(embedded.embeddings.length, 2);
  });

  it("with a client key is served, and no vendor sees it", async () => {
    const own = await World.start();
    try {
      await own.addGoogle();
      const [key, ownDoor] = [await own.clientKey("google"), await own.door("provider")];
      for (const vendor of Object.keys(STREAMS)) {
        const ask = { model: `${vendor}/some-model`, contents: SAYING };
        heard((await ownDoor.google({ apiKey: key }).models.generateContent(ask)).text);
        const wrong = await raised(ownDoor.google({ apiKey: `sw-${"0".repeat(64)}` }).models.generateContent(ask));
        assert.equal(wrong.status, 401, wrong.message);
      }
      const seen = new Set((await own.provider.attempts()).map((it) => it.credential));
      assert.equal(seen.size, 1, "the operator's key, whatever the caller's");
      assert.ok(!seen.has(fingerprint(key)));
    } finally {
      own.stop();
    }
  });
});
