// What goes wrong arrives in the Anthropic SDK for Node as its own error types, with the vendor's words in them.

import assert from "node:assert/strict";
import { after, afterEach, before, it } from "node:test";

import { Anthropic, collect, GATEWAY, STRICT_KEY, STRICT_MODEL, World } from "./world.js";

const ASK = { model: "claude-sonnet-5", max_tokens: 64, messages: [{ role: "user", content: "hello" }] };

let world;
before(async () => {
  world = await World.start();
});
after(() => world?.stop());
afterEach(() => world.behave());

const message = (client, options) => client.messages.create({ ...ASK, ...options });

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
  const client = (await world.to(world.strict)).anthropic({ apiKey: "sk-unknown" });
  const error = await caught(Anthropic.AuthenticationError, message(client, { model: STRICT_MODEL }));
  assert.deepEqual([error.status, error.type], [401, "authentication_error"]);
});

for (const [style, other] of [
  ["apiKey", "authToken"],
  ["authToken", "apiKey"],
]) {
  it(`passes on a key that the vendor knows, sent as ${style}`, async () => {
    const client = (await world.to(world.strict)).anthropic({ [style]: STRICT_KEY, [other]: null });
    const answer = await message(client, { model: STRICT_MODEL });
    assert.equal(answer.content[0].text, "strict-1 heard: hello");
  });
}

for (const stream of [false, true]) {
  const manner = stream ? "streamed" : "plain";

  it(`raises NotFoundError for a model that does not exist, ${manner}`, async () => {
    const client = (await world.to(world.strict)).anthropic({ apiKey: STRICT_KEY });
    const error = await caught(Anthropic.NotFoundError, message(client, { model: "no-such-model", stream }));
    assert.equal(error.type, "not_found_error");
    assert.match(error.message, /no-such-model/);
  });

  it(`raises RateLimitError that says until when, ${manner}`, async () => {
    const door = await world.to(world.first);
    await world.first.script([{ error: { class: "rate_limit", retry_after: "7" } }], { key: door.key });
    const error = await caught(Anthropic.RateLimitError, message(door.anthropic(), { stream }));
    assert.deepEqual([error.status, error.type], [429, "rate_limit_error"]);
    const seconds = Number(error.headers.get("retry-after"));
    assert.ok(seconds >= 5 && seconds <= 7, `${seconds}`);
    assert.ok(error.requestID);
  });

  it(`raises BadRequestError with what the vendor says, unchanged, ${manner}`, async () => {
    const door = await world.to(world.first);
    const error = { type: "invalid_request_error", message: "größer als erlaubt", more: [1] };
    const json = { type: "error", error, request_id: "req_vendors" };
    await world.first.script([{ status: { code: 400, json } }], { key: door.key });
    const raised = await caught(Anthropic.BadRequestError, message(door.anthropic(), { stream }));
    assert.deepEqual(raised.error, json);
    assert.equal((await world.first.attempts(door.key)).length, 1, "nobody tries again what is the request's fault");
  });
}

it("waits as told and succeeds when its own retries are on", async () => {
  const door = await world.to(world.first);
  const steps = [{ error: { class: "rate_limit", retry_after: "1" } }];
  await world.first.script(steps, { key: door.key, times: 1 });
  const started = performance.now();
  const answer = await message(door.anthropic({ maxRetries: 1 }));
  assert.match(answer.content[0].text, /heard: hello$/);
  assert.ok(performance.now() - started >= 950);
  assert.equal((await world.first.attempts(door.key)).length, 2);
});

for (const [trouble, type, status, kind] of [
  ["overloaded", Anthropic.OverloadedError, 529, "overloaded_error"],
  ["server", Anthropic.InternalServerError, 500, "api_error"],
  ["permission", Anthropic.PermissionDeniedError, 403, "permission_error"],
]) {
  it(`raises ${type.name} for a vendor's ${kind}`, async () => {
    const door = await world.to(world.first);
    await world.first.script([{ error: { class: trouble } }], { key: door.key });
    const error = await caught(type, message(door.anthropic()));
    assert.deepEqual([error.status, error.type], [status, kind]);
  });
}

it("raises an error within a stream where it happens", async () => {
  const door = await world.to(world.first);
  await world.first.script([{ good: { error_after_chunks: 3 } }], { key: door.key });
  const stream = door.anthropic().messages.stream(ASK);
  const pieces = [];
  stream.on("text", (text) => pieces.push(text));
  const error = await caught(Anthropic.APIError, stream.finalText());
  assert.equal(pieces.length, 3);
  assert.match(error.message, /verloaded/);
});

it("ends a stream that breaks off in an error, not in silence", GATEWAY, async () => {
  const door = await world.to(world.first);
  await world.first.script([{ good: { cut_after_chunks: 3 } }, "rst"], { key: door.key });
  await caught(Anthropic.APIError, message(door.anthropic(), { stream: true }).then(collect));
});

it("gets the gateway's own failure in Anthropic's dialect", GATEWAY, async () => {
  const error = await caught(Anthropic.InternalServerError, message((await world.upstream([])).anthropic()));
  assert.equal(error.status, 503);
  assert.equal(error.error.type, "error");
  assert.ok(error.error.error.message && error.requestID);
});
