// What share of the requests a target is asked to take, and what share it took. Pure.
import type { RequestRecord, Target } from "../api/shapes";

/** Its weight among those of its own tier. */
export function asked(targets: Target[], target: Target): number {
  const mates = targets.filter((it) => it.enabled && it.tier === target.tier && it.backup === target.backup);
  const all = mates.reduce((sum, it) => sum + it.weight, 0);
  return target.enabled && all > 0 ? target.weight / all : 0;
}

/** Its part of the recent requests that somebody answered; null as long as there are none. */
export function served(requests: RequestRecord[], target: Target): number | null {
  const last = requests.flatMap((it) => it.attempts.at(-1) ?? []);
  if (last.length === 0) return null;
  const own = last.filter((it) => {
    if (target.target) return it.target === target.target;
    const sameKey =
      typeof target.credential !== "object" || target.credential === null || it.credential === target.credential.name;
    const sameModel = target.model === null || target.model.startsWith("@") || it.model === target.model;
    return it.provider === target.provider?.name && sameKey && sameModel;
  });
  return own.length / last.length;
}
