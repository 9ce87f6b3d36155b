// The parts of a request's time, per attempt. Pure.
import type { RequestRecord } from "../api/shapes";

export interface Span {
  part: "wait" | "first" | "stream" | "failed";
  from_ms: number;
  to_ms: number;
}

/** What happened when, for each attempt in order. All on the request's own scale of time. */
export function spans({ attempts, ttft_ms, duration_ms }: RequestRecord): Span[][] {
  let free_at = 0;
  return attempts.map((it, index) => {
    const [from_ms, to_ms] = [it.started_ms, it.started_ms + it.duration_ms];
    const own: Span[] = [];
    if (from_ms > free_at) own.push({ part: "wait", from_ms: free_at, to_ms: from_ms });
    free_at = to_ms;
    const isLast = index === attempts.length - 1;
    if (!isLast || it.outcome !== "success") return [...own, { part: "failed", from_ms, to_ms }];
    const first = ttft_ms ?? to_ms;
    own.push({ part: "first", from_ms, to_ms: Math.min(Math.max(first, from_ms), Math.max(to_ms, from_ms)) });
    const end = Math.max(to_ms, duration_ms);
    if (first < end) own.push({ part: "stream", from_ms: first, to_ms: end });
    return own;
  });
}
