// The pool of one model while it is edited. Pure.
import type { Pool, PoolEntry } from "../api/shapes";

export interface Draft {
  enabled: boolean;
  entries: DraftEntry[];
}

export interface DraftEntry {
  /** Null: the Default Config, which follows the provider's default key. */
  credential: string | null;
  enabled: boolean;
  /** The same key this many times: its weight. */
  repeat: number;
}

/** Below two there is nothing to balance; the API refuses it, too. */
const ENABLED_MIN = 2;

/** A pool as it is read; the Default Config is always there, and first. */
export function draft({ enabled, entries }: Pool): Draft {
  const rows = entries.map((it) => ({
    credential: it.credential?.name ?? null,
    enabled: it.enabled,
    repeat: it.repeat,
  }));
  const first = rows.find((it) => it.credential === null) ?? { credential: null, enabled: true, repeat: 1 };
  return { enabled, entries: [first, ...rows.filter((it) => it.credential !== null)] };
}

/** What is written: a key that counts three times stands there three times. */
export function body({ enabled, entries }: Draft) {
  return {
    enabled,
    entries: entries.flatMap((it) =>
      Array.from({ length: it.repeat }, () => ({ credential: it.credential, enabled: it.enabled })),
    ),
  };
}

/** Why it can not be saved; null if it can. */
export function blocked({ enabled, entries }: Draft): string | null {
  const on = entries.filter((it) => it.enabled).length;
  if (!enabled || on >= ENABLED_MIN) return null;
  return on === 0 ? "Enable at least two credentials" : "Enable one more credential: balancing needs two";
}

/** The share of each entry, as long as all that are on are available. */
export function shares({ entries }: Draft): number[] {
  const all = entries.reduce((sum, it) => sum + (it.enabled ? it.repeat : 0), 0);
  return entries.map((it) => (it.enabled && all > 0 ? it.repeat / all : 0));
}

/** Adds a key; one that is there already counts once more. */
export function withCredential({ enabled, entries }: Draft, credential: string): Draft {
  const at = entries.findIndex((it) => it.credential === credential);
  if (at < 0) return { enabled, entries: [...entries, { credential, enabled: true, repeat: 1 }] };
  return { enabled, entries: entries.map((it, index) => (index === at ? { ...it, repeat: it.repeat + 1 } : it)) };
}

/** How the entry with this credential stands now. */
export const standing = (pool: Pool, credential: string | null): PoolEntry | undefined =>
  pool.entries.find((it) => (it.credential?.name ?? null) === credential);

export const equal = (a: Draft, b: Draft) => JSON.stringify(a) === JSON.stringify(b);
