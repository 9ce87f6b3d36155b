// The admin token, if this Admin API wants one. It is asked for once: kept for the tab, or for this browser if the
// operator says so. It is never part of a URL.
import { useSyncExternalStore } from "react";

const NAME = "spillway-admin-token";
let token = read();
const listeners = new Set<() => void>();

/** What stands between the dashboard and the API: nothing, or a token that is missing or wrong. */
let refused = false;

export const currentToken = () => token;

export function keepToken(value: string, forLong: boolean) {
  forget();
  token = value;
  refused = false;
  try {
    (forLong ? localStorage : sessionStorage).setItem(NAME, value);
  } catch {
    // Storage is off: it is kept as long as the page.
  }
  tell();
}

/** The API answered 401 to this token: it is asked for (again), unless another one was given meanwhile. */
export function refuseToken(used: string | null) {
  if (refused || used !== token) return;
  forget();
  refused = true;
  tell();
}

export const useIsRefused = () => useSyncExternalStore(subscribe, () => refused);

function forget() {
  token = null;
  try {
    sessionStorage.removeItem(NAME);
    localStorage.removeItem(NAME);
  } catch {
    // Nothing was kept, then.
  }
}

function read(): string | null {
  try {
    return sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME);
  } catch {
    return null;
  }
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell() {
  for (const it of listeners) it();
}
