import { expect, test } from "vitest";
import type { Pool, PoolEntry } from "../api/shapes";
import { blocked, body, type Draft, draft, shares, withCredential } from "./pool";

const entry = (name: string | null, rest: Partial<PoolEntry> = {}): PoolEntry => ({
  credential: name === null ? null : { id: name, name },
  name: name ?? "Default Config",
  enabled: true,
  repeat: 1,
  share: null,
  state: "available",
  cause: null,
  until: null,
  ...rest,
});

const pool = (...entries: PoolEntry[]): Pool => ({ enabled: true, entries });

test("the Default Config comes first, whether or not it was written", () => {
  expect(draft(pool(entry("b"), entry(null))).entries.map((it) => it.credential)).toEqual([null, "b"]);
  expect(draft(pool(entry("b"))).entries.map((it) => it.credential)).toEqual([null, "b"]);
});

test("a key that is added again counts more, and is written as often", () => {
  let edited: Draft = draft(pool(entry(null)));
  for (const name of ["b", "b", "b", "c"]) edited = withCredential(edited, name);
  expect(edited.entries.map((it) => it.repeat)).toEqual([1, 3, 1]);
  expect(body(edited).entries.map((it) => it.credential)).toEqual([null, "b", "b", "b", "c"]);
  expect(shares(edited)).toEqual([0.2, 0.6, 0.2]);
});

test("saving waits for two enabled credentials, and says so", () => {
  const one = draft(pool(entry(null), entry("b", { enabled: false })));
  expect(blocked(one)).toBe("Enable one more credential: balancing needs two");
  expect(blocked({ ...one, entries: one.entries.map((it) => ({ ...it, enabled: false })) })).toBe(
    "Enable at least two credentials",
  );
  expect(blocked(draft(pool(entry(null), entry("b"))))).toBeNull();
  const thrice = withCredential(
    withCredential(
      withCredential({ enabled: true, entries: [{ credential: null, enabled: false, repeat: 1 }] }, "b"),
      "b",
    ),
    "b",
  );
  expect(blocked(thrice), "the same key thrice is one key").not.toBeNull();
});

test("switching the mode off is always possible, and keeps the entries", () => {
  const off = { ...draft(pool(entry(null), entry("b", { enabled: false }))), enabled: false };
  expect(blocked(off)).toBeNull();
  expect(body(off).entries).toHaveLength(2);
});
