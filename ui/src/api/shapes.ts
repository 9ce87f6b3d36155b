// What the Admin API answers where its OpenAPI document does not say it yet: hand-written, by the API's own names.

/** A reference reads as both. */
export interface Reference {
  id: string;
  name: string;
}

export type Environment = "any" | "production" | "sandbox";

export type CredentialState = "normal" | "cooling" | "exceeded" | "error" | "expired" | "disabled";
export type ProviderStatus = "enabled" | "disabled" | "abnormal";
export type TargetStateName =
  | "available"
  | "cooling"
  | "suspended"
  | "unhealthy"
  | "half_open"
  | "drained"
  | "disabled";

/** Who is out, why, until when. */
export interface Standing<S extends string = string> {
  state: S;
  cause: string | null;
  since?: string | null;
  until: string | null;
  ttl?: number | null;
}

export interface ModelState extends Standing<CredentialState> {
  /** Null: every model that the configuration does not name. */
  model: string | null;
}

// === The diagram ===

export interface Topology {
  revision: string;
  services: TopologyService[];
  providers: TopologyProvider[];
}

export interface TopologyService {
  id: string | null;
  name: string | null;
  routes: Reference[];
  edges: TopologyEdge[];
}

export interface TopologyEdge {
  provider: string;
  api_count: number;
  apis_called: number;
  /** Ids of the routes behind the two counts. */
  routes: string[];
  routes_called: string[];
}

export interface Traffic {
  requests_per_second: number;
  errors_per_second: number;
  in_flight: number;
}

export interface TopologyProvider {
  id: string;
  name: string;
  kind: string;
  rank: number;
  status: ProviderStatus;
  reason: string | null;
  default_model: string | null;
  api_count: number;
  apis_called: number;
  key_count: number;
  served_by: { provider: string; model: string | null } | null;
  traffic: Traffic;
  credentials: TopologyCredential[];
}

export interface TopologyCredential extends Standing<CredentialState> {
  id: string;
  name: string;
  default: boolean;
  share: number | null;
  last_error: string | null;
  last_error_at: string | null;
  model_states: ModelState[];
}

export type StateEvent = CredentialEvent | ProviderEvent | PlaceEvent;

/** A key, with all that it is out for. */
export interface CredentialEvent extends Standing<CredentialState> {
  scope: "credential";
  id: string;
  name: string;
  provider: string;
  model_states: ModelState[];
}

export interface ProviderEvent extends Standing<ProviderStatus> {
  scope: "provider";
  id: string;
  name: string;
  served_by: TopologyProvider["served_by"];
}

/** An address of an upstream, or a model at one. */
export interface PlaceEvent extends Standing {
  scope: "pair" | "address";
  id: string;
  name: string;
}

export interface TrafficEvent {
  providers: (Traffic & { id?: string; name: string })[];
  upstreams: (Traffic & { id?: string; name: string })[];
}

// === Entities ===

interface Entity {
  id: string;
  created_at: number;
  updated_at: number;
  tags: string[] | null;
  warnings?: string[];
}

export interface Endpoint {
  name: string;
  url: string;
  environment: Environment;
}

export interface ModelEntry {
  id: string;
  context_window?: number | null;
  default_credential?: Reference | null;
}

export interface Provider extends Entity {
  name: string;
  kind: string;
  endpoints: Endpoint[];
  models: ModelEntry[] | null;
  default_model: string | null;
  rank: number;
  enabled: boolean;
  default_credential: Reference | null;
  credential_algorithm: string;
  status?: ProviderStatus;
  reason?: string | null;
  key_count?: number;
  api_count?: number;
  apis_called?: number;
  served_by?: TopologyProvider["served_by"];
}

export interface Limits {
  rpm?: number | null;
  tpm?: number | null;
  rpd?: number | null;
  tpd?: number | null;
  max_concurrent?: number | null;
}

export interface Credential extends Entity, Standing<CredentialState> {
  provider: Reference;
  name: string;
  secret: string;
  enabled: boolean;
  rank: number;
  weight: number;
  models: string[] | null;
  environment: Environment;
  limits?: Limits | null;
  expires_at: string | null;
  default: boolean;
  model_states: ModelState[];
}

export interface Upstream extends Entity {
  name: string;
  enabled: boolean;
  algorithm: string;
  hash_on: string;
  hash_on_header: string | null;
  on_empty: "reject" | "bypass";
  suspend_duration?: number | null;
  suspension: Record<string, number | string | boolean | null>;
  healthchecks: Healthchecks;
  [field: string]: unknown;
}

export interface Healthchecks {
  threshold: number;
  active: Record<string, unknown> & {
    type: string;
    http_path: string;
    healthy: { interval: number; successes: number };
    unhealthy: { interval: number; http_failures: number; tcp_failures: number; timeouts: number };
  };
  passive: Record<string, unknown> & {
    healthy: { successes: number };
    unhealthy: { http_failures: number; tcp_failures: number; timeouts: number };
  };
}

export interface Target extends Entity {
  upstream: Reference;
  target: string | null;
  provider: Reference | null;
  scheme: string | null;
  endpoint: string | null;
  model: string | null;
  /** A credential, `*`, or null for the default. */
  credential: Reference | "*" | null;
  weight: number;
  tier: number | null;
  backup: boolean;
  environment: Environment;
  enabled: boolean;
  health: string;
  state: Standing<TargetStateName>;
}

export interface TargetHealth extends Target {
  reason: string | null;
  data: {
    host: string | null;
    port: number | null;
    weight: { total: number; available: number; unavailable: number };
    counters: Record<string, number> | null;
    in_flight: number;
  } | null;
}

export interface Service extends Entity {
  name: string;
}

export interface Route extends Entity {
  name: string | null;
  service: Reference | null;
  paths: string[];
  methods: string[];
  hosts: string[];
  models: string[];
  upstream: Reference | null;
  upstreams: { production: Reference | null; sandbox: Reference | null } | null;
  provider: Reference | null;
  model: string | null;
  strip_path: boolean;
  enabled: boolean;
}

export interface Consumer extends Entity {
  name: string;
}

export interface ClientKey extends Entity {
  name: string;
  consumer: Reference;
  environment: Environment;
  routes: Reference[] | null;
  models: string[] | null;
  limits: Limits | null;
  expires_at: string | null;
  enabled: boolean;
  /** In the answer to its POST only. */
  key?: string;
}

// === Load balancing of one model ===

export interface PoolEntry extends Standing {
  /** Null: the Default Config. */
  credential: Reference | null;
  name: string;
  enabled: boolean;
  repeat: number;
  share: number | null;
}

export interface Pool {
  enabled: boolean;
  entries: PoolEntry[];
}

export interface ProviderModel {
  id: string;
  context_window?: number | null;
  load_balancing_enabled?: boolean;
  /** "3/4 available" */
  load_balancing?: string | null;
  available?: string | null;
  default?: boolean;
}

// === What happened ===

export interface AttemptRecord {
  target: string | null;
  provider: string | null;
  credential: string | null;
  model: string | null;
  outcome: string;
  blame: string | null;
  reason: string | null;
  error: string | null;
  started_ms: number;
  duration_ms: number;
  status: number | null;
}

export interface RequestRecord {
  request_id: string;
  time: string;
  route: string | null;
  upstream: string | null;
  environment: string;
  client_key: string | null;
  model_requested: string | null;
  stream: boolean;
  status: number;
  duration_ms: number;
  ttft_ms: number | null;
  overhead_us: number | null;
  tokens: { input: number | null; output: number | null; cached: number | null } | null;
  end: "complete" | "client_gone" | "broken";
  attempts: AttemptRecord[];
  decision: string | null;
}

export interface AuditRecord {
  time: string;
  who: string;
  what: string;
  [field: string]: unknown;
}

export interface Root {
  name: string;
  version: string;
  node_id: string;
  revision: string | number;
  proxy_url: string;
}
