import { expect, test } from "vitest";
import { clock, duration, left, mark } from "./time";

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
  const rows: [number | null, string][] = [
    [0, "0 ms"],
    [12.4, "12 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [1234, "1.2 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min"],
    [90_000, "2 min"],
    [null, "–"],
  ];
  for (const [ms, text] of rows) expect(duration(ms), `${ms} ms`).toBe(text);
});

test("times are of 24 hours, midnight too, and days can not be mistaken for months", () => {
  const at = (...parts: [number, number, number, number, number, number]) => new Date(...parts).getTime();
  expect(clock(at(2026, 2, 4, 0, 5, 9))).toBe("2026-03-04 00:05:09");
  const today = new Date();
  today.setHours(15, 4, 5, 0);
  expect(clock(today.getTime())).toBe("15:04:05");
  expect(mark(at(2026, 10, 26, 23, 0, 0), false)).toBe("23:00");
  expect(mark(at(2026, 10, 26, 23, 0, 0), true)).toBe("11-26 23:00");
});
