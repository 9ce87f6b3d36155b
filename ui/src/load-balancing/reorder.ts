// The order of the providers is one value, changed in one call. It carries the revision it was made from: if somebody
// else was faster it is refused as a whole, and the order that is in force is drawn.
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { ApiError, ask } from "../api/client";
import { keys, type TaggedTopology } from "../api/queries";
import { tellError } from "../api/writes";
import { tell } from "../parts/toasts";

/** Puts providers into the order of these ids. Gives whether it is in force. */
export function useReorder() {
  const client = useQueryClient();
  return useMemo(() => oneAfterAnother((order) => put(client, order)), [client]);
}

/**
 * One write at a time: the next carries the revision that the last one made. Of those that are asked for meanwhile only
 * the newest is written, for it holds the others; after a refusal none is, for they were made from what was refused.
 */
export function oneAfterAnother(write: (order: string[]) => Promise<boolean>): (order: string[]) => Promise<boolean> {
  let wanted: string[] | null = null;
  let running: Promise<boolean> | null = null;
  const run = async () => {
    let done = false;
    for (let order = wanted; order; order = wanted) {
      wanted = null;
      done = await write(order);
      if (!done) wanted = null;
    }
    running = null;
    return done;
  };
  return (order) => {
    wanted = order;
    running ??= run();
    return running;
  };
}

async function put(client: QueryClient, order: string[]): Promise<boolean> {
  await client.cancelQueries({ queryKey: keys.topology });
  const before = client.getQueryData<TaggedTopology>(keys.topology);
  if (!before) return false;
  const after = reordered(before, order);
  client.setQueryData(keys.topology, after);
  const names = after.providers.map((it) => it.name);
  try {
    const { etag } = await ask("PUT", "/providers/order", { body: { providers: names }, ifMatch: before.etag });
    client.setQueryData<TaggedTopology>(keys.topology, (it) => it && { ...it, etag: etag ?? it.etag });
    return true;
  } catch (error) {
    // The order goes back; what events told meanwhile stays.
    const ranked = [...before.providers].sort((a, b) => a.rank - b.rank).map((it) => it.id);
    client.setQueryData<TaggedTopology>(keys.topology, (it) => it && reordered(it, ranked));
    if (error instanceof ApiError && error.status === 412) tellStale();
    else tellError(error);
    return false;
  } finally {
    void client.invalidateQueries({ queryKey: keys.topology });
  }
}

/** The topology with its providers ranked by the order of these ids; those that are not among them come after. */
export function reordered(topology: TaggedTopology, order: string[]): TaggedTopology {
  const place = new Map(order.map((id, index) => [id, index]));
  const providers = [...topology.providers]
    .sort((a, b) => (place.get(a.id) ?? order.length + a.rank) - (place.get(b.id) ?? order.length + b.rank))
    .map((it, index) => (it.rank === index + 1 ? it : { ...it, rank: index + 1 }));
  return { ...topology, providers };
}

function tellStale() {
  tell({
    tone: "wait",
    title: "Somebody else changed the order meanwhile",
    message:
      "Nothing of yours was applied. This is the order that is in force; move the card again if you still want to.",
  });
}
