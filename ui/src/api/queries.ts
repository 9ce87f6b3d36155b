// What the pages read, each under one key. Three families, by what makes them stale: "config" by writes, "standing" by
// writes and state changes, "history" by time.
import { replaceEqualDeep, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { all, ask, at, call } from "./client";
import { readOvertaken } from "./overtaking";
import type {
  AuditRecord,
  ClientKey,
  Consumer,
  Credential,
  Pool,
  Provider,
  ProviderModel,
  RequestRecord,
  Root,
  Route,
  Service,
  TargetHealth,
  Topology,
  TopologyProvider,
  Upstream,
} from "./shapes";

export const keys = {
  topology: ["standing", "topology"],
  root: ["config", "root"],
  providers: ["standing", "providers"],
  provider: (name: string) => ["standing", "providers", name],
  credentials: (provider: string) => ["standing", "credentials", provider],
  models: (provider: string) => ["standing", "models", provider],
  pool: (provider: string, model: string) => ["standing", "pool", provider, model],
  upstreams: ["config", "upstreams"],
  upstream: (name: string) => ["config", "upstreams", name],
  health: (upstream: string) => ["standing", "health", upstream],
  services: ["config", "services"],
  routes: (query: string) => ["config", "routes", query],
  consumers: ["config", "consumers"],
  clientKeys: (consumer: string) => ["config", "keys", consumer],
  requests: (query: string) => ["history", "requests", query],
  request: (id: string) => ["history", "request", id],
  stats: (query: string) => ["history", "stats", query],
  audit: ["history", "audit"],
} as const;

/** The diagram. Events patch it in place, so parts that are equal stay the same objects. */
export interface TaggedTopology extends Topology {
  /** For `If-Match` of a reorder. */
  etag: string | null;
}

function topologyQuery(client: ReturnType<typeof useQueryClient>) {
  return {
    queryKey: keys.topology,
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<TaggedTopology> => {
      const { data, etag } = await readOvertaken(() => ask<Topology>("GET", "/topology", { signal }));
      return replaceEqualDeep(client.getQueryData(keys.topology), { ...data, etag }) as TaggedTopology;
    },
    structuralSharing: false as const,
  };
}

export function useTopology<T = TaggedTopology>(select?: (it: TaggedTopology) => T) {
  const client = useQueryClient();
  return useQuery({ ...topologyQuery(client), select });
}

/** One provider of the diagram: whoever asks is drawn anew only when this provider changes. */
export function useTopologyProvider(id: string): TopologyProvider | undefined {
  const select = useCallback((it: TaggedTopology) => it.providers.find((provider) => provider.id === id), [id]);
  return useTopology(select).data;
}

export const useRoot = () =>
  useQuery({ queryKey: keys.root, queryFn: ({ signal }) => call<Root>("GET", "/", { signal }) });

const useList = <T>(queryKey: readonly string[], path: string, enabled = true) =>
  useQuery({ queryKey, queryFn: ({ signal }) => all<T>(path, signal), enabled });

export const useProviders = () => useList<Provider>(keys.providers, "/providers");

export const useProvider = (name: string) =>
  useQuery({
    queryKey: keys.provider(name),
    queryFn: ({ signal }) => call<Provider>("GET", at("providers", name), { signal }),
  });

export const useCredentials = (provider: string | null) =>
  useList<Credential>(
    keys.credentials(provider ?? ""),
    at("providers", provider ?? "", "credentials"),
    provider !== null,
  );

export const useModels = (provider: string | null) =>
  useList<ProviderModel>(keys.models(provider ?? ""), at("providers", provider ?? "", "models"), provider !== null);

/** A pool with the tag of what was read, for `If-Match`. */
export interface TaggedPool extends Pool {
  etag: string | null;
}

export const usePool = (provider: string, model: string) =>
  useQuery({
    queryKey: keys.pool(provider, model),
    queryFn: async ({ signal }): Promise<TaggedPool> => {
      const path = at("providers", provider, "models", model, "load-balancing");
      const { data, etag } = await ask<Pool>("GET", path, { signal });
      return { ...data, etag };
    },
  });

export const useUpstreams = () => useList<Upstream>(keys.upstreams, "/upstreams");

export const useUpstream = (name: string) =>
  useQuery({
    queryKey: keys.upstream(name),
    queryFn: ({ signal }) => call<Upstream>("GET", at("upstreams", name), { signal }),
  });

export const useHealth = (upstream: string) =>
  useList<TargetHealth>(keys.health(upstream), at("upstreams", upstream, "health"));

export const useServices = () => useList<Service>(keys.services, "/services");
export const useRoutes = (query = "") => useList<Route>(keys.routes(query), `/routes${query && `?${query}`}`);
export const useConsumers = () => useList<Consumer>(keys.consumers, "/consumers");
const clientKeys = (consumer: string) => ({
  queryKey: keys.clientKeys(consumer),
  queryFn: ({ signal }: { signal: AbortSignal }) => all<ClientKey>(at("consumers", consumer, "keys"), signal),
});
export const useClientKeys = (consumer: string) => useQuery(clientKeys(consumer));

/**
 * Whether the AI API wants a client key: as soon as there is one it does (but for one that is started with
 * `--proxy-auth open`, which nothing here tells). Null: not known yet.
 */
export function useKeysWanted(): boolean | null {
  const consumers = useConsumers().data;
  const lists = useQueries({ queries: (consumers ?? []).map((it) => clientKeys(it.name)) });
  if (lists.some((it) => it.data && it.data.length > 0)) return true;
  return consumers && lists.every((it) => it.data) ? false : null;
}

/** Recent requests are read again this often while they are looked at; no event tells each of them. */
const REQUESTS_MS = 2000;

export const useRequests = (query: string, following: boolean) =>
  useQuery({
    queryKey: keys.requests(query),
    queryFn: ({ signal }) => call<{ data: RequestRecord[] }>("GET", `/requests?${query}`, { signal }),
    refetchInterval: following && REQUESTS_MS,
    placeholderData: (previous) => previous,
  });

export const useRequest = (id: string) =>
  useQuery({
    queryKey: keys.request(id),
    queryFn: ({ signal }) => call<RequestRecord>("GET", at("requests", id), { signal }),
  });

/** The last changes; older ones are for scripts. */
export const useAudit = () =>
  useQuery({
    queryKey: keys.audit,
    queryFn: ({ signal }) => call<{ data: AuditRecord[] }>("GET", "/audit?size=100", { signal }),
  });
