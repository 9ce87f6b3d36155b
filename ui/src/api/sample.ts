// A topology of any size, for tests: as `GET /topology` answers.
import type { TaggedTopology } from "./queries";
import type { TopologyCredential, TopologyProvider } from "./shapes";

const NAMES = ["openai", "anthropic", "mistral", "groq", "deepseek"];

export function topology({ providers = 2, keys = 2 } = {}): TaggedTopology {
  const all = Array.from({ length: providers }, (_, index) =>
    provider(NAMES[index] ?? `provider-${index}`, index + 1, keys),
  );
  return {
    revision: "1",
    etag: '"1"',
    services: [
      {
        id: "service",
        name: "assistants",
        routes: [],
        edges: all.map((it) => ({ provider: it.name, api_count: 3, apis_called: 2, routes: [], routes_called: [] })),
      },
    ],
    providers: all,
  };
}

function provider(name: string, rank: number, keys: number): TopologyProvider {
  return {
    id: name,
    name,
    kind: NAMES.includes(name) ? name : "openai-compatible",
    rank,
    status: "enabled",
    reason: null,
    default_model: "gpt-4o-mini",
    api_count: 3,
    apis_called: 2,
    key_count: keys,
    served_by: null,
    traffic: { requests_per_second: 0, errors_per_second: 0, in_flight: 0 },
    credentials: Array.from({ length: keys }, (_, index) =>
      credential(`${name}-${index}`, `key-${index}`, index === 0),
    ),
  };
}

function credential(id: string, name: string, isDefault: boolean): TopologyCredential {
  return {
    id,
    name,
    default: isDefault,
    state: "normal",
    cause: null,
    since: null,
    until: null,
    ttl: null,
    share: null,
    last_error: null,
    last_error_at: null,
    model_states: [],
  };
}
