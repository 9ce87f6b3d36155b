import { expect, test } from "vitest";
import { topology } from "../api/sample";
import { reordered } from "./reorder";

test("a new order is dense from 1, and who keeps a rank stays the same object", () => {
  const before = topology({ providers: 4 });
  const after = reordered(before, ["openai", "mistral", "anthropic", "groq"]);
  expect(after.providers.map((it) => [it.rank, it.name])).toEqual([
    [1, "openai"],
    [2, "mistral"],
    [3, "anthropic"],
    [4, "groq"],
  ]);
  expect(after.providers[0]).toBe(before.providers[0]);
  expect(after.providers[3]).toBe(before.providers[3]);
});

test("whom the order does not know comes last, as ranked before", () => {
  const after = reordered(topology({ providers: 3 }), ["anthropic"]);
  expect(after.providers.map((it) => it.name)).toEqual(["anthropic", "openai", "mistral"]);
});
