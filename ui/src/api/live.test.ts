// The stream of events against a server that is played: what comes of silence, and of an event that overtakes a reading.
import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listen, take } from "./live";
import { readOvertaken } from "./overtaking";
import { topology } from "./sample";
import type { StateEvent } from "./shapes";

const HEAD = { headers: { "content-type": "text/event-stream" } };

/** Streams that are open, in the order in which they were asked for. */
function server() {
  const streams: { say: (text: string) => void; isEnded: () => boolean }[] = [];
  const fetch = vi.fn(async (_path: string, { signal }: RequestInit) => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (it) => {
        controller = it;
      },
    });
    signal?.addEventListener("abort", () => controller?.error(new Error("aborted")));
    streams.push({
      say: (text) => controller?.enqueue(new TextEncoder().encode(text)),
      isEnded: () => signal?.aborted ?? false,
    });
    return new Response(body, HEAD);
  });
  vi.stubGlobal("fetch", fetch);
  return streams;
}

const TRAFFIC = 'event: traffic\ndata: {"providers":[],"upstreams":[]}\n\n';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a connection that says nothing any more is given up, and a new one is made", async () => {
  const streams = server();
  const end = new AbortController();
  const listening = listen(new QueryClient(), end.signal);
  await vi.advanceTimersByTimeAsync(10);
  for (let second = 0; second < 60; second += 1) {
    streams[0]?.say(TRAFFIC);
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(streams, "as long as it talks it is kept").toHaveLength(1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(streams[0]?.isEnded()).toBe(true);
  expect(streams).toHaveLength(2);
  end.abort();
  await listening;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(streams, "and none is made when nobody listens").toHaveLength(2);
});

test("an event that overtakes a reading of the diagram is not undone by it", async () => {
  const told: StateEvent = {
    scope: "credential",
    id: "openai-0",
    name: "key-0",
    provider: "openai",
    state: "cooling",
    cause: "rate_limit",
    since: null,
    until: null,
    ttl: null,
    model_states: [],
  };
  const event = { event: "state", data: JSON.stringify(told) };
  const client = new QueryClient();
  take(client, event);
  const { data } = await readOvertaken(async () => {
    const read = topology({ providers: 2 });
    take(client, event);
    return { data: read };
  });
  expect(data.providers.map((it) => it.credentials[0]?.state)).toEqual(["cooling", "normal"]);
  const after = await readOvertaken(async () => ({ data: topology({ providers: 2 }) }));
  expect(after.data.providers[0]?.credentials[0]?.state, "the next reading knows it itself").toBe("normal");
});
