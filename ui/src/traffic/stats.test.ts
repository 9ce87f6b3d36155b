import { expect, test } from "vitest";
import { nameOf, type Point, rows, type Stats, total } from "./stats";

const none = { mean: null, p50: null, p95: null, p99: null };
const point = (time: string, requests: number): Point => ({
  time,
  requests,
  errors: 0,
  retries: 0,
  rate_limited: 0,
  rescued: 0,
  limits_avoided: 0,
  tokens: { input: 0, output: 0, cached: 0 },
  duration_ms: none,
  ttft_ms: none,
});
const stats: Stats = {
  by: "provider",
  left_out: 0,
  since: "2026-01-01T00:00:00.000Z",
  until: "2026-01-01T00:02:30.000Z",
  step: 60,
  series: [
    { provider: "openai", points: [point("2026-01-01T00:00:00.000Z", 5), point("2026-01-01T00:02:00.000Z", 7)] },
    { provider: null, points: [point("2026-01-01T00:01:00.000Z", 1)] },
  ],
};

test("spans in which nothing was counted are there, as nothing", () => {
  const found = rows(stats, "provider", (it) => it.requests, 0);
  expect(found.map((it) => [it.openai, it["raw hosts"]])).toEqual([
    [5, 0],
    [0, 1],
    [7, 0],
  ]);
  expect(rows(stats, "provider", (it) => it.ttft_ms.p95, null)[1]?.openai).toBeNull();
});

test("series have names, sums are sums", () => {
  expect(nameOf({ provider: "openai", model: "gpt-4o", points: [] }, "model")).toBe("openai / gpt-4o");
  expect(total(stats, (it) => it.requests)).toBe(13);
});
