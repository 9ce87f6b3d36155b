import { expect, test } from "vitest";
import { duration, left } from "./time";

test("the time left is rounded up, so that it says 0:01 until the very end", () => {
  const rows: [number, string][] = [
    [0, "0:00"],
    [1, "0:01"],
    [1000, "0:01"],
    [1001, "0:02"],
    [59_900, "1:00"],
    [725_000, "12:05"],
    [3_610_000, "1:00:10"],
    [-5, "0:00"],
  ];
  for (const [ms, text] of rows) expect(left(1_000_000 + ms, 1_000_000), `${ms} ms`).toBe(text);
});

test("durations are short", () => {
  expect([0, 12.4, 999, 1234, 90_000, null].map(duration)).toEqual(["0 ms", "12 ms", "999 ms", "1.2 s", "2 min", "–"]);
});
