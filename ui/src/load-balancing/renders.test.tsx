// An event draws anew the card that it concerns, and no other: counted over 200 providers with 50 keys each.
import { MantineProvider } from "@mantine/core";
import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render } from "@testing-library/react";
import { type ComponentType, Profiler, type ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { take } from "../api/live";
import { keys } from "../api/queries";
import { topology } from "../api/sample";
import { KeysCard } from "./keys-card";
import { ProviderCard } from "./provider-card";

vi.mock("@xyflow/react", () => ({ Handle: () => null, Position: {} }));
vi.mock("../parts/go", () => ({ Go: ({ children }: { children: ReactNode }) => children, pathTo: () => "" }));

// Told at once instead of at the end of the turn, so that a count is complete when it is read.
notifyManager.setScheduler((tell) => tell());

const PROVIDERS = 200;
const KEYS = 50;

afterEach(cleanup);

function board() {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  const sample = topology({ providers: PROVIDERS, keys: KEYS });
  client.setQueryData(keys.topology, sample);
  const drawn = new Map<string, number>();
  const count = (id: string) => drawn.set(id, (drawn.get(id) ?? 0) + 1);
  const Provider = ProviderCard as unknown as ComponentType<{ data: object }>;
  const Keys = KeysCard as unknown as ComponentType<{ data: object }>;
  render(
    <MantineProvider>
      <QueryClientProvider client={client}>
        {sample.providers.map(({ id, rank }) => (
          <div key={id}>
            <Profiler id={id} onRender={count}>
              <Provider data={{ id, rank, count: PROVIDERS, layout: "columns" }} />
            </Profiler>
            <Profiler id={`${id}/keys`} onRender={count}>
              <Keys data={{ id, name: id, count: KEYS, columns: 10, layout: "columns" }} />
            </Profiler>
          </div>
        ))}
      </QueryClientProvider>
    </MantineProvider>,
  );
  expect(drawn.size).toBe(2 * PROVIDERS);
  drawn.clear();
  const told = async (event: string, data: object) => {
    drawn.clear();
    await act(async () => take(client, { event, data: JSON.stringify(data) }));
    return [...drawn.keys()];
  };
  return { told };
}

test("a rate-limited key draws its provider's two cards and nothing else", { timeout: 60_000 }, async () => {
  const { told } = board();
  const limited = {
    scope: "credential",
    id: "mistral-7",
    name: "key-7",
    provider: "mistral",
    model_states: [],
    state: "cooling",
    cause: "rate_limit",
    until: "2030-01-01T00:00:00.000Z",
  };
  expect((await told("state", limited)).sort()).toEqual(["mistral", "mistral/keys"]);
  expect(await told("state", limited), "the same once more").toEqual([]);
  expect(await told("state", { ...limited, id: "gone" }), "a key that is not shown").toEqual([]);
});

test("a second's traffic draws the cards whose traffic changed", { timeout: 60_000 }, async () => {
  const { told } = board();
  const busy = {
    providers: [{ name: "groq", requests_per_second: 3, errors_per_second: 0, in_flight: 1 }],
    upstreams: [],
  };
  expect((await told("traffic", busy)).sort()).toEqual(["groq"]);
  expect(await told("traffic", busy), "the same traffic").toEqual([]);
});
