import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { useWrite } from "./writes";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("neither a secret that was written nor a key that was shown outlives its form", async () => {
  const shown = JSON.stringify({ key: "sw-shown-once" });
  vi.stubGlobal("fetch", async () => new Response(shown, { status: 201 }));
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const form = renderHook(() => useWrite<{ key: string }>(), { wrapper });
  const body = { name: "main", secret: "sk-secret" };
  expect(await form.result.current.mutateAsync({ method: "POST", path: "/credentials", body })).toEqual({
    key: "sw-shown-once",
  });
  form.unmount();
  await vi.waitFor(() => expect(client.getMutationCache().getAll()).toEqual([]));
});
