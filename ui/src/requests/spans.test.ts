import { expect, test } from "vitest";
import type { RequestRecord } from "../api/shapes";
import { spans } from "./spans";

const request = (rest: object) => ({ ttft_ms: null, duration_ms: 100, ...rest }) as unknown as RequestRecord;

test("waiting, a failed try, the way to the first token, the stream: in that order and without a gap", () => {
  const attempts = [
    { started_ms: 2, duration_ms: 48, outcome: "rate_limit" },
    { started_ms: 60, duration_ms: 240, outcome: "success" },
  ];
  expect(spans(request({ attempts, ttft_ms: 150, duration_ms: 300 }))).toEqual([
    [
      { part: "wait", from_ms: 0, to_ms: 2 },
      { part: "failed", from_ms: 2, to_ms: 50 },
    ],
    [
      { part: "wait", from_ms: 50, to_ms: 60 },
      { part: "first", from_ms: 60, to_ms: 150 },
      { part: "stream", from_ms: 150, to_ms: 300 },
    ],
  ]);
});

test("a request whose last try failed has no stream", () => {
  expect(spans(request({ attempts: [{ started_ms: 0, duration_ms: 100, outcome: "server_error" }] }))).toEqual([
    [{ part: "failed", from_ms: 0, to_ms: 100 }],
  ]);
});
