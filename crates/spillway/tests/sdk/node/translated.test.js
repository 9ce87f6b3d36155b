// The official SDKs for Node, served by a vendor that speaks another dialect. The same as ../python/test_translated.py,
// as far as the SDKs differ.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import { collect, GATEWAY, World } from "./world.js";

const SAYING = "grüß Gott, 世界 🎉";
const HELLO = [{ role: "user", content: SAYING }];
const FOREIGN_TO_OPENAI = "anthropic/claude-sonnet-5";
const FOREIGN_TO_ANTHROPIC = "openai/gpt-4o-mini";
const SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

const heard = (text) => assert.ok(text.endsWith(` heard: ${SAYING}`), text);
const events = (list) => [{ sse: { events: list } }];

const messagesEvent = (type, fields) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}`;
const delta = (index, partial_json) =>
  messagesEvent("content_block_delta", { index, delta: { type: "input_json_delta", partial_json } });
const toolOfMessages = (index, city) => [
  messagesEvent("content_block_start", {
    index,
    content_block: { type: "tool_use", id: `toolu_${index}`, name: "weather", input: {} },
  }),
  delta(index, '{"city":'),
  delta(index, `"${city}"}`),
  messagesEvent("content_block_stop", { index }),
];
const MESSAGES_STREAM = events([
  messagesEvent("message_start", {
    message: {
      id: "msg_1", type: "message", role: "assistant", model: "claude-x", content: [], stop_reason: null,
      stop_sequence: null, usage: { input_tokens: 9, output_tokens: 1 },
    },
  }),
  ...toolOfMessages(0, "Rome"),
  ...toolOfMessages(1, "Paris"),
  messagesEvent("message_delta", { delta: { stop_reason: "tool_use" }, usage: { output_tokens: 21 } }),
  messagesEvent("message_stop", {}),
]);

const chunk = (content, finish_reason = null) =>
  `data: ${JSON.stringify({
    id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-x",
    choices: [{ index: 0, delta: content, finish_reason }],
  })}`;
const toolOfChat = (index, city) => [
  chunk({ tool_calls: [{ index, id: `call_${index}`, type: "function", function: { name: "weather", arguments: "" } }] }),
  chunk({ tool_calls: [{ index, function: { arguments: '{"city":' } }] }),
  chunk({ tool_calls: [{ index, function: { arguments: `"${city}"}` } }] }),
];
const CHAT_STREAM = events([
  chunk({ role: "assistant", content: null }),
  ...toolOfChat(0, "Rome"),
  ...toolOfChat(1, "Paris"),
  chunk({}, "tool_calls"),
  "data: [DONE]",
]);

describe("across dialects", GATEWAY, () => {
  let world, door, gpt, claude;
  before(async () => {
    world = await World.start();
    door = await world.door("provider");
    gpt = door.openai();
    claude = door.anthropic();
  });
  after(() => world?.stop());
  afterEach(() => world.behave());

  it("an OpenAI client is answered by an Anthropic vendor", async () => {
    const ask = { model: FOREIGN_TO_OPENAI, messages: HELLO };
    const answer = await gpt.chat.completions.create(ask);
    heard(answer.choices[0].message.content);
    const chunks = await collect(await gpt.chat.completions.create({ ...ask, stream: true }));
    heard(chunks.map((it) => it.choices[0]?.delta.content ?? "").join(""));
    assert.equal((await door.vendor.last("/v1/messages")).status, 200);
  });

  it("an OpenAI client streams parallel calls of an Anthropic vendor", async () => {
    await door.vendor.script(MESSAGES_STREAM, { times: 1 });
    const tools = [{ type: "function", function: { name: "weather", parameters: SCHEMA } }];
    const stream = gpt.chat.completions.stream({ model: FOREIGN_TO_OPENAI, messages: HELLO, tools });
    const choice = (await stream.finalChatCompletion()).choices[0];
    assert.equal(choice.finish_reason, "tool_calls");
    const cities = choice.message.tool_calls.map((it) => JSON.parse(it.function.arguments).city);
    assert.deepEqual(cities, ["Rome", "Paris"]);
  });

  it("an Anthropic client is answered by an OpenAI vendor", async () => {
    const ask = { model: FOREIGN_TO_ANTHROPIC, max_tokens: 64, messages: HELLO };
    heard((await claude.messages.create(ask)).content[0].text);
    const final = await claude.messages.stream(ask).finalMessage();
    heard(final.content[0].text);
    assert.equal(final.stop_reason, "end_turn");
    assert.equal((await door.vendor.last("/v1/chat/completions")).status, 200);
    const counted = await claude.messages.countTokens({ model: FOREIGN_TO_ANTHROPIC, messages: HELLO });
    assert.ok(counted.input_tokens > 0);
  });

  it("an Anthropic client streams parallel calls of an OpenAI vendor", async () => {
    await door.vendor.script(CHAT_STREAM, { times: 1 });
    const tools = [{ name: "weather", input_schema: SCHEMA }];
    const ask = { model: FOREIGN_TO_ANTHROPIC, max_tokens: 64, messages: HELLO, tools };
    const final = await claude.messages.stream(ask).finalMessage();
    assert.equal(final.stop_reason, "tool_use");
    const cities = final.content.filter((it) => it.type === "tool_use").map((it) => it.input.city);
    assert.deepEqual(cities, ["Rome", "Paris"]);
  });

  it("both clients are answered by Bedrock", async () => {
    await world.withBedrock(async (model) => {
      const ask = { model, messages: HELLO };
      heard((await gpt.chat.completions.create(ask)).choices[0].message.content);
      const chunks = await collect(await gpt.chat.completions.create({ ...ask, stream: true }));
      heard(chunks.map((it) => it.choices[0]?.delta.content ?? "").join(""));
      const path = "/model/amazon.nova-pro-v1%3A0/converse-stream";
      assert.equal((await door.vendor.last(path)).status, 200);
      heard((await claude.messages.create({ ...ask, max_tokens: 64 })).content[0].text);
      const final = await claude.messages.stream({ ...ask, max_tokens: 64 }).finalMessage();
      heard(final.content[0].text);
      assert.equal(final.stop_reason, "end_turn");
    });
  });
});
