// The OpenAI SDK for Node, given a base URL: every call it has a method for is answered, in the SDK's own types.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import { collect, DOORS, OpenAI, World } from "./world.js";

const MODEL = "gpt-4o-mini";
const SAYING = "grüß Gott, 世界 🎉";
const HELLO = { model: MODEL, messages: [{ role: "user", content: SAYING }] };
const SPEECH = Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256));

const heard = (text) => assert.ok(text.endsWith(` heard: ${SAYING}`), text);

let world;
before(async () => {
  world = await World.start();
});
after(() => world?.stop());
afterEach(() => world.behave());

for (const name of DOORS) {
  describe(`OpenAI through ${name}`, () => {
    let door, client;
    before(async () => {
      door = await world.door(name);
      client = door.openai();
    });

    it("needs nothing but a base URL in the environment", async () => {
      process.env.OPENAI_BASE_URL = `${door.url}/v1`;
      process.env.OPENAI_API_KEY = "dummy";
      try {
        heard((await new OpenAI().chat.completions.create(HELLO)).choices[0].message.content);
      } finally {
        delete process.env.OPENAI_BASE_URL;
        delete process.env.OPENAI_API_KEY;
      }
    });

    it("gets a chat answered", async () => {
      const answer = await client.chat.completions.create(HELLO);
      assert.equal(answer.model, MODEL);
      assert.equal(answer.choices[0].finish_reason, "stop");
      heard(answer.choices[0].message.content);
      assert.ok(answer.usage.total_tokens > 0);
    });

    it("streams a chat", async () => {
      const chunks = await collect(await client.chat.completions.create({ ...HELLO, stream: true }));
      heard(chunks.map((it) => it.choices[0].delta.content ?? "").join(""));
      assert.equal(chunks.at(-1).choices[0].finish_reason, "stop");
      assert.ok(!chunks.some((it) => it.usage), "usage was not asked for");
    });

    it("streams a chat with usage when it asks for it", async () => {
      const options = { stream: true, stream_options: { include_usage: true } };
      const chunks = await collect(await client.chat.completions.create({ ...HELLO, ...options }));
      assert.deepEqual(chunks.at(-1).choices, []);
      assert.ok(chunks.at(-1).usage.total_tokens > 0);
    });

    it("accumulates a chat with its stream helper", async () => {
      heard(await client.chat.completions.stream(HELLO).finalContent());
    });

    it("completes a text, plain and streamed", async () => {
      const ask = { model: MODEL, prompt: SAYING };
      heard((await client.completions.create(ask)).choices[0].text);
      const chunks = await collect(await client.completions.create({ ...ask, stream: true }));
      heard(chunks.map((it) => it.choices[0].text).join(""));
    });

    it("gets a response", async () => {
      const answer = await client.responses.create({ model: MODEL, input: SAYING });
      heard(answer.output_text);
      assert.equal(answer.status, "completed");
    });

    it("streams a response in typed events", async () => {
      const events = await collect(await client.responses.create({ model: MODEL, input: SAYING, stream: true }));
      heard(events.filter((it) => it.type === "response.output_text.delta").map((it) => it.delta).join(""));
      assert.equal(events[0].type, "response.created");
      assert.equal(events.at(-1).type, "response.completed");
      assert.deepEqual(events.map((it) => it.sequence_number), [...events.keys()]);
    });

    it("accumulates a response with its stream helper", async () => {
      heard((await client.responses.stream({ model: MODEL, input: SAYING }).finalResponse()).output_text);
    });

    it("gets embeddings as it asks for them: base64 by itself, floats on demand, the same numbers", async () => {
      const ask = { model: "text-embedding-3-small", input: ["one", SAYING] };
      const packed = await client.embeddings.create(ask);
      assert.equal(JSON.parse((await door.vendor.last("/v1/embeddings")).body).encoding_format, "base64");
      const plain = await client.embeddings.create({ ...ask, encoding_format: "float" });
      assert.equal(packed.data.length, 2);
      for (const index of [0, 1]) {
        const [one, other] = [packed, plain].map((it) => new Float32Array(it.data[index].embedding));
        assert.deepEqual(one, other);
        assert.equal(one.length, 8);
      }
    });

    it("moderates a text", async () => {
      const answer = await client.moderations.create({ model: "omni-moderation-latest", input: SAYING });
      assert.equal(answer.results[0].flagged, false);
    });

    it("makes an image", async () => {
      const answer = await client.images.generate({ model: "gpt-image-1", prompt: SAYING });
      assert.match(answer.data[0].b64_json, /^iVBOR/);
    });

    it("gets speech as the bytes it was", async () => {
      const answer = await client.audio.speech.create({ model: "tts-1", voice: "alloy", input: SAYING });
      assert.deepEqual(Buffer.from(await answer.arrayBuffer()), SPEECH);
    });

    it("transcribes a recording", async () => {
      const recording = Buffer.alloc(16_384, 7);
      const file = await OpenAI.toFile(recording, "speech.wav");
      const answer = await client.audio.transcriptions.create({ model: "whisper-1", file });
      const seen = await door.vendor.last("/v1/audio/transcriptions");
      assert.equal(seen.model, "whisper-1");
      assert.ok(seen.body_len > recording.length);
      assert.ok(answer.text.endsWith(`heard ${seen.body_len} bytes`), answer.text);
    });

    it("lists models, and retrieves each of them", async () => {
      const models = await collect(client.models.list());
      assert.ok(models.length > 0);
      for (const model of models) {
        assert.equal(model.object, "model");
        assert.deepEqual(await client.models.retrieve(model.id), model);
      }
    });

    it("reads fifty streams at once without mixing them", async () => {
      const one = async (index) => {
        const messages = [{ role: "user", content: `number ${index}` }];
        const chunks = await collect(await client.chat.completions.create({ model: MODEL, messages, stream: true }));
        return chunks.map((it) => it.choices[0].delta.content ?? "").join("").split("heard: ")[1];
      };
      const indices = [...Array(50).keys()];
      assert.deepEqual(await Promise.all(indices.map(one)), indices.map((it) => `number ${it}`));
    });

    it("leaves a stream in the middle without harm to the next call", async () => {
      await door.vendor.script([{ good: { chunks: 200, chunk_delay_ms: 20 } }], { times: 1 });
      for await (const chunk of await client.chat.completions.create({ ...HELLO, stream: true })) {
        if (chunk.choices[0].delta.content) break;
      }
      const left = await door.vendor.last("/v1/chat/completions");
      assert.notEqual(left.client_gone_at_ms, null, "the vendor was told that nobody listens");
      heard((await client.chat.completions.create(HELLO)).choices[0].message.content);
    });
  });
}
