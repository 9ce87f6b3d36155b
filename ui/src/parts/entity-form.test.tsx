import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { useEntityForm } from "./entity-form";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

interface Values extends Record<string, unknown> {
  name: string;
  rank: number;
}

function form(inForce: Values) {
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const done = vi.fn();
  const use = (initial: Values) =>
    useEntityForm({
      initial,
      write: ({ name, rank }, isTouched) => ({
        method: "PATCH",
        path: "/it",
        body: { name, ...(isTouched("rank") && { rank }) },
      }),
      done,
    });
  return { ...renderHook(use, { wrapper, initialProps: inForce }), done };
}

test("a form follows what is in force until somebody writes into it", () => {
  const { result, rerender } = form({ name: "a", rank: 1 });
  rerender({ name: "a", rank: 2 });
  expect(result.current.form.values).toEqual({ name: "a", rank: 2 });
  act(() => result.current.form.setFieldValue("name", "mine"));
  rerender({ name: "theirs", rank: 3 });
  expect(result.current.form.values, "what was written stays").toEqual({ name: "mine", rank: 2 });
});

test("what nobody touched is not written, so that another's change of it stays", async () => {
  const asked: unknown[] = [];
  vi.stubGlobal("fetch", async (_path: string, { body }: { body: string }) => {
    asked.push(JSON.parse(body));
    return new Response("{}");
  });
  const { result, done } = form({ name: "a", rank: 1 });
  act(() => result.current.form.setFieldValue("name", "b"));
  await act(() => result.current.submit());
  expect(asked).toEqual([{ name: "b" }]);
  expect(done).toHaveBeenCalledOnce();
  expect(result.current.form.isDirty(), "what is saved is no edit any more").toBe(false);
});

test("a form is busy until what follows its write is done, too", async () => {
  vi.stubGlobal("fetch", async () => new Response("{}"));
  const { result, done } = form({ name: "a", rank: 1 });
  let finish = () => {};
  done.mockReturnValue(
    new Promise<void>((resolve) => {
      finish = resolve;
    }),
  );
  let submitted: Promise<void> | undefined;
  act(() => {
    submitted = result.current.submit();
  });
  await vi.waitFor(() => expect(done).toHaveBeenCalled());
  expect(result.current.pending).toBe(true);
  await act(async () => {
    finish();
    await submitted;
  });
  expect(result.current.pending).toBe(false);
});
