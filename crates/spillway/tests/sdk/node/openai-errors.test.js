// What goes wrong arrives in the OpenAI SDK for Node as its own error types, with the vendor's words in them.

import assert from "node:assert/strict";
import { after, afterEach, before, it } from "node:test";

import { collect, GATEWAY, OpenAI, STRICT_KEY, STRICT_MODEL, World } from "./world.js";

const HELLO = { model: "gpt-4o-mini", messages: [{ role: "user", content: "hello" }] };

let world;
before(async () => {
  world = await World.start();
});
after(() => world?.stop());
afterEach(() => world.behave());

const chat = (client, options) => client.chat.completions.create({ ...HELLO, ...options });

/** The error that a call ends in, which must be of this type. */
async function caught(type, call) {
  const error = await call.then(
    () => assert.fail("it was answered"),
    (error) => error,
  );
  assert.ok(error instanceof type, `${error.constructor.name}: ${error.message}`);
  return error;
}

it("raises AuthenticationError for a key that the vendor does not know", async () => {
  const client = (await world.to(world.strict)).openai({ apiKey: "sk-unknown" });
  const error = await caught(OpenAI.AuthenticationError, chat(client, { model: STRICT_MODEL }));
  assert.deepEqual([error.status, error.code], [401, "invalid_api_key"]);
});

it("passes on a key that the vendor knows", async () => {
  const client = (await world.to(world.strict)).openai({ apiKey: STRICT_KEY });
  const answer = await chat(client, { model: STRICT_MODEL });
  assert.equal(answer.choices[0].message.content, "strict-1 heard: hello");
});

for (const stream of [false, true]) {
  const manner = stream ? "streamed" : "plain";

  it(`raises NotFoundError for a model that does not exist, ${manner}`, async () => {
    const client = (await world.to(world.strict)).openai({ apiKey: STRICT_KEY });
    const error = await caught(OpenAI.NotFoundError, chat(client, { model: "no-such-model", stream }));
    assert.deepEqual([error.status, error.code], [404, "model_not_found"]);
    assert.match(error.message, /no-such-model/);
  });

  it(`raises RateLimitError that says until when, ${manner}`, async () => {
    const door = await world.to(world.first);
    await world.first.script([{ error: { class: "rate_limit", retry_after: "7" } }], { key: door.key });
    const error = await caught(OpenAI.RateLimitError, chat(door.openai(), { stream }));
    assert.deepEqual([error.status, error.code], [429, "rate_limit_exceeded"]);
    assert.match(error.message, /Rate limit reached/);
    const seconds = Number(error.headers.get("retry-after"));
    assert.ok(seconds >= 5 && seconds <= 7, `${seconds}`);
  });

  it(`raises BadRequestError with what the vendor says, unchanged, ${manner}`, async () => {
    const door = await world.to(world.first);
    const said = { message: "größer als erlaubt", type: "x", param: "messages[0]", code: "odd", more: [1] };
    await world.first.script([{ status: { code: 400, json: { error: said } } }], { key: door.key });
    const error = await caught(OpenAI.BadRequestError, chat(door.openai(), { stream }));
    assert.deepEqual(error.error, said);
    assert.deepEqual([error.code, error.param, error.type], ["odd", "messages[0]", "x"]);
    assert.equal((await world.first.attempts(door.key)).length, 1, "nobody tries again what is the request's fault");
  });
}

it("waits as told and succeeds when its own retries are on", async () => {
  const door = await world.to(world.first);
  const steps = [{ error: { class: "rate_limit", retry_after: "1" } }];
  await world.first.script(steps, { key: door.key, times: 1 });
  const started = performance.now();
  const answer = await chat(door.openai({ maxRetries: 1 }));
  assert.match(answer.choices[0].message.content, /heard: hello$/);
  assert.ok(performance.now() - started >= 950);
  assert.equal((await world.first.attempts(door.key)).length, 2);
});

for (const [status, type] of [
  [403, OpenAI.PermissionDeniedError],
  [409, OpenAI.ConflictError],
  [422, OpenAI.UnprocessableEntityError],
  [500, OpenAI.InternalServerError],
  [503, OpenAI.InternalServerError],
]) {
  it(`raises ${type.name} for a ${status}`, async () => {
    const door = await world.to(world.first);
    const json = { error: { message: "as the vendor says", type: "server_error", param: null, code: null } };
    await world.first.script([{ status: { code: status, json } }], { key: door.key });
    const error = await caught(type, chat(door.openai()));
    assert.equal(error.status, status);
    assert.match(error.message, /as the vendor says/);
  });
}

it("raises an error within a stream where it happens", async () => {
  const door = await world.to(world.first);
  await world.first.script([{ good: { error_after_chunks: 3 } }], { key: door.key });
  const pieces = [];
  const read = async () => {
    for await (const chunk of await chat(door.openai(), { stream: true })) {
      if (chunk.choices[0].delta.content) pieces.push(chunk);
    }
  };
  const error = await caught(OpenAI.APIError, read());
  assert.equal(pieces.length, 3);
  assert.match(error.message, /overloaded/);
});

it("ends a stream that breaks off in an error, not in silence", GATEWAY, async () => {
  const door = await world.to(world.first);
  await world.first.script([{ good: { cut_after_chunks: 3 } }, "rst"], { key: door.key });
  await caught(OpenAI.APIError, chat(door.openai(), { stream: true }).then(collect));
});

it("raises InternalServerError with a code when nobody is there to answer", GATEWAY, async () => {
  const error = await caught(OpenAI.InternalServerError, chat((await world.upstream([])).openai()));
  assert.deepEqual([error.status, error.code], [503, "no_target_available"]);
});
