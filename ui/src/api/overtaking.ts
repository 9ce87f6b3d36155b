// Events may overtake a reading: the diagram is read, a key changes its state, the event is here, and only then the
// answer, which does not know of it. So what came meanwhile is laid over what was read. An event that the answer knew of
// already does no harm: whatever it hides has an event of its own, which follows.
import { patchState } from "./patch";
import type { StateEvent, Topology } from "./shapes";

const readings = new Set<StateEvent[]>();

/** Tells every reading that is on its way. */
export function overtake(event: StateEvent) {
  for (const it of readings) it.push(event);
}

/** What `read` gives, with the events that came meanwhile. */
export async function readOvertaken<T extends { data: Topology }>(read: () => Promise<T>): Promise<T> {
  const meanwhile: StateEvent[] = [];
  readings.add(meanwhile);
  try {
    const answer = await read();
    return { ...answer, data: meanwhile.reduce(patchState, answer.data) };
  } finally {
    readings.delete(meanwhile);
  }
}
