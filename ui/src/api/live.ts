// One stream of events for the whole dashboard. It patches what is cached; nothing is polled while it lives.
import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { overtake } from "./overtaking";
import { patchState, patchTraffic } from "./patch";
import { keys } from "./queries";
import type { StateEvent, Topology, TrafficEvent } from "./shapes";
import { readEvents, type ServerEvent } from "./sse";

/** Whether what is shown is of this moment. */
export type Liveness = "connecting" | "live" | "lost";

const RETRY_MS_FIRST = 500;
const RETRY_MS_MAX = 10_000;
/** A summary of the traffic comes each second. A connection that says nothing for so long is dead, even if nobody told
 * this end of it: a laptop slept, a network went away. */
const SILENCE_MS = 15_000;
/** States of what the diagram does not hold (targets, pools) are read again, at most this often. */
const REFRESH_MS = 500;

let liveness: Liveness = "connecting";
const listeners = new Set<() => void>();

/** Listens until the signal says so; comes back by itself when the stream breaks. */
export async function listen(client: QueryClient, signal: AbortSignal): Promise<void> {
  let retry_ms = RETRY_MS_FIRST;
  while (!signal.aborted) {
    const watched = watch(signal);
    try {
      await readEvents(
        "/events",
        watched.signal,
        () => {
          retry_ms = RETRY_MS_FIRST;
          become("live");
          // What happened while nobody listened.
          void client.invalidateQueries();
        },
        (event) => {
          watched.heard();
          take(client, event);
        },
      );
    } catch {
      // Told below, by what the state becomes.
    } finally {
      watched.end();
    }
    if (signal.aborted) return;
    become("lost");
    await pause(retry_ms, signal);
    retry_ms = Math.min(retry_ms * 2, RETRY_MS_MAX);
  }
}

export const useLiveness = () => useSyncExternalStore(subscribe, () => liveness);

/** What one event does to the cache. */
export function take(client: QueryClient, { event, data }: ServerEvent) {
  switch (event) {
    case "state": {
      const told = JSON.parse(data) as StateEvent;
      client.setQueryData<Topology>(keys.topology, (it) => it && patchState(it, told));
      overtake(told);
      refreshStandings(client);
      return;
    }
    case "traffic": {
      const told = JSON.parse(data) as TrafficEvent;
      client.setQueryData<Topology>(keys.topology, (it) => it && patchTraffic(it, told));
      return;
    }
    case "reset":
      // More happened than could be told.
      void client.invalidateQueries();
      return;
    case "config":
      void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "history" });
      return;
  }
}

let isRefreshing = false;

/** Standings that are lists of their own (keys, pools, targets). The diagram is patched and needs no reading. */
function refreshStandings(client: QueryClient) {
  if (isRefreshing) return;
  isRefreshing = true;
  setTimeout(() => {
    isRefreshing = false;
    const isListed = ([family, what]: readonly unknown[]) => family === "standing" && what !== "topology";
    void client.invalidateQueries({ predicate: ({ queryKey }) => isListed(queryKey) });
  }, REFRESH_MS);
}

/** A signal that ends with another one, and by itself when nothing was heard for too long. */
function watch(outer: AbortSignal) {
  const own = new AbortController();
  const end = () => own.abort();
  let timer = setTimeout(end, SILENCE_MS);
  outer.addEventListener("abort", end);
  return {
    signal: own.signal,
    heard: () => {
      clearTimeout(timer);
      timer = setTimeout(end, SILENCE_MS);
    },
    end: () => {
      clearTimeout(timer);
      outer.removeEventListener("abort", end);
    },
  };
}

function become(next: Liveness) {
  if (liveness === next) return;
  liveness = next;
  for (const it of listeners) it();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener("abort", over);
  });
}
