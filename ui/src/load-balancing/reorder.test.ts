import { expect, test, vi } from "vitest";
import { topology } from "../api/sample";
import { oneAfterAnother, reordered } from "./reorder";

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

/** A write that waits until the test answers it. */
function slow() {
  const asked: { order: string[]; answer: (done: boolean) => void }[] = [];
  const write = (order: string[]) => new Promise<boolean>((answer) => asked.push({ order, answer }));
  return { asked, reorder: oneAfterAnother(write) };
}

test("moves that follow one another quickly are written one at a time, and of those that wait only the last", async () => {
  const { asked, reorder } = slow();
  const all = [reorder(["b", "a", "c"]), reorder(["b", "c", "a"]), reorder(["c", "b", "a"])];
  expect(asked.map((it) => it.order)).toEqual([["b", "a", "c"]]);
  asked[0]?.answer(true);
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(asked[1]?.order).toEqual(["c", "b", "a"]);
  asked[1]?.answer(true);
  expect(await Promise.all(all)).toEqual([true, true, true]);
  void reorder(["a", "b", "c"]);
  expect(asked, "and the next one begins anew").toHaveLength(3);
});

test("what was moved on top of a refused order is not written", async () => {
  const { asked, reorder } = slow();
  const all = [reorder(["b", "a"]), reorder(["a", "b"])];
  asked[0]?.answer(false);
  expect(await Promise.all(all)).toEqual([false, false]);
  expect(asked).toHaveLength(1);
});
