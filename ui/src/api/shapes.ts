// What the Admin API answers, by its own names. Where its OpenAPI document says it, the type is made from that
// (`make ui-types`). Entities are hand-written: the document says of them what may be written, and reads are narrower
// (every field is there, and a reference is always both id and name).
import type { components } from "./openapi.gen";

type Schemas = components["schemas"];

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

// === The diagram ===

export type Topology = Schemas["topology"];
export type TopologyProvider = Schemas["topology_provider"];
export type TopologyCredential = Schemas["topology_credential"];
export type ModelState = Schemas["model_state"];
export type Traffic = Schemas["flow"];
export type TrafficEvent = Schemas["event_traffic"];

/** What a `state` event is about decides what else it tells. */
export type StateEvent = CredentialEvent | ProviderEvent | PlaceEvent;

/** A key, with all that it is out for. */
export interface CredentialEvent
  extends Pick<TopologyCredential, "state" | "cause" | "since" | "until" | "ttl" | "model_states"> {
  scope: "credential";
  id: string;
  name: string;
  provider: string;
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
  api_version?: string | null;
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
  default: boolean;
  load_balancing_enabled: boolean;
  /** Of its pool, at this moment. */
  available: { count: number; of: number; text: string } | null;
}

// === What happened ===

export type AttemptRecord = Schemas["request_attempt"];
export type RequestRecord = Schemas["request"];
export type AuditRecord = Schemas["audit_entry"];
export type Stats = Schemas["stats"];

export interface Root {
  name: string;
  version: string;
  node_id: string;
  revision: string | number;
  proxy_url: string;
}
