import { expect, test } from "vitest";
import { delta } from "./use-try";

test("deltas add their text, errors are told, the end adds nothing", () => {
  expect(delta('{"choices":[{"delta":{"content":"Hel"}}]}')).toEqual({ text: "Hel" });
  expect(delta('{"choices":[{"delta":{"role":"assistant"}}]}')).toEqual({ text: "" });
  expect(delta('{"choices":[]}')).toEqual({ text: "" });
  expect(delta('{"error":{"message":"overloaded"}}')).toEqual({ error: "overloaded" });
  expect(delta("[DONE]")).toEqual({});
  expect(delta("no JSON")).toEqual({});
});
