import { expect, test } from "vitest";
import { patchState, patchTraffic } from "./patch";
import { topology } from "./sample";
import type { CredentialEvent } from "./shapes";
import { eventReader, type ServerEvent } from "./sse";

const limited: CredentialEvent = {
  scope: "credential",
  id: "openai-0",
  name: "key-0",
  provider: "openai",
  state: "cooling",
  cause: "rate_limit",
  since: null,
  until: "2026-01-01T00:01:00.000Z",
  ttl: 60,
  model_states: [],
};

test("a rate-limited key turns cooling, and everything else stays the same object", () => {
  const before = topology({ providers: 3, keys: 4 });
  const after = patchState(before, limited);
  expect(after.providers[0]?.credentials[0]).toMatchObject({
    state: "cooling",
    cause: "rate_limit",
    until: limited.until,
  });
  expect(after.providers[0]?.credentials[1]).toBe(before.providers[0]?.credentials[1]);
  expect(after.providers[1]).toBe(before.providers[1]);
  expect(after.providers[2]).toBe(before.providers[2]);
});

test("a key that is out for one model stays normal, and says for which", () => {
  const model_states = [
    { model: "gpt-4o", state: "cooling", cause: "rate_limit", until: limited.until, ttl: 60 } as const,
  ];
  const after = patchState(topology(), {
    ...limited,
    state: "normal",
    cause: null,
    until: null,
    model_states: [...model_states],
  });
  const credential = after.providers[0]?.credentials[0];
  expect(credential?.state).toBe("normal");
  expect(credential?.model_states).toEqual(model_states);
});

test("what is known already changes nothing at all", () => {
  const once = patchState(topology(), limited);
  expect(patchState(once, structuredClone(limited))).toBe(once);
});

test("what concerns nobody in the diagram changes nothing at all", () => {
  const before = topology();
  expect(patchState(before, { ...limited, id: "unknown" })).toBe(before);
  expect(
    patchState(before, { scope: "address", id: "a", name: "a", state: "unhealthy", cause: null, until: null }),
  ).toBe(before);
  const idle = { providers: [], upstreams: [] };
  expect(patchTraffic(before, idle)).toBe(before);
});

test("traffic changes the providers that have some, and those that had some", () => {
  const before = topology({ providers: 3 });
  const busy = patchTraffic(before, {
    providers: [{ name: "anthropic", requests_per_second: 2, errors_per_second: 0, in_flight: 1 }],
    upstreams: [],
  });
  expect(busy.providers[1]?.traffic.requests_per_second).toBe(2);
  expect(busy.providers[0]).toBe(before.providers[0]);
  const quiet = patchTraffic(busy, { providers: [], upstreams: [] });
  expect(quiet.providers[1]?.traffic.requests_per_second).toBe(0);
  expect(quiet.providers[2]).toBe(before.providers[2]);
});

test("a provider's own event changes its status, its reason and who serves instead", () => {
  const served_by = { provider: "anthropic", model: "claude" };
  const event = {
    scope: "provider",
    id: "openai",
    name: "openai",
    state: "abnormal",
    cause: "every key is out",
    until: null,
    served_by,
  } as const;
  const after = patchState(topology(), event);
  expect(after.providers[0]).toMatchObject({ status: "abnormal", reason: "every key is out", served_by });
  expect(patchState(after, event)).toBe(after);
});

test("events are read from whatever pieces the network makes of them", () => {
  const stream =
    'event: state\r\ndata: {"a":\r\ndata: 1}\r\n\r\n: a comment\n\nevent: config\ndata: {}\n\ndata: no name\n\n';
  for (const size of [1, 2, 3, 7, stream.length]) {
    const told: ServerEvent[] = [];
    const read = eventReader((it) => told.push(it));
    for (let from = 0; from < stream.length; from += size) read(stream.slice(from, from + size));
    expect(told, `in pieces of ${size}`).toEqual([
      { event: "state", data: '{"a":\n1}' },
      { event: "config", data: "{}" },
      { event: "message", data: "no name" },
    ]);
  }
});
