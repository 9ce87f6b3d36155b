// Sends one chat and reads its stream: text as it comes, and what the answer's headers tell of the decision.
import { useCallback, useEffect, useRef, useState } from "react";
import { authorized, reach } from "../api/client";
import { eventReader, readBody } from "../api/sse";

export interface Asked {
  key: string;
  environment: string;
  model: string;
  prompt: string;
}

export interface Tried {
  status: number | null;
  text: string;
  error: string | null;
  /** `x-spillway-*` and `x-request-id`. */
  told: Record<string, string>;
  first_token_ms: number | null;
  took_ms: number | null;
}

export const UNTRIED: Tried = { status: null, text: "", error: null, told: {}, first_token_ms: null, took_ms: null };
/** Longest answer kept; a model that talks on for ever fills no memory. */
const TEXT_MAX = 200_000;

export function useTry() {
  const [state, setState] = useState<Tried | null>(null);
  const [running, setRunning] = useState(false);
  const end = useRef<AbortController | null>(null);

  // Nobody reads on when the page is left, and nobody pays for it.
  useEffect(() => () => end.current?.abort(), []);

  const send = useCallback(async (asked: Asked) => {
    end.current?.abort();
    const own = new AbortController();
    end.current = own;
    setRunning(true);
    setState(UNTRIED);
    try {
      await attempt(asked, own.signal, (part) => setState((it) => ({ ...(it ?? UNTRIED), ...part(it ?? UNTRIED) })));
    } catch (error) {
      const message = own.signal.aborted ? "stopped" : error instanceof Error ? error.message : String(error);
      setState((it) => ({ ...(it ?? UNTRIED), error: message }));
    } finally {
      if (end.current === own) setRunning(false);
    }
  }, []);

  return { state, running, send, stop: () => end.current?.abort() };
}

type Change = (part: (it: Tried) => Partial<Tried>) => void;

async function attempt({ key, environment, model, prompt }: Asked, signal: AbortSignal, change: Change) {
  const began = performance.now();
  const since = () => Math.round(performance.now() - began);
  const headers: Record<string, string> = { ...authorized(), "content-type": "application/json" };
  if (key) headers["x-spillway-client-key"] = key;
  else headers["x-spillway-environment"] = environment;
  const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: prompt }] });
  const response = await reach("/try/v1/chat/completions", { method: "POST", headers, body, signal });
  change(() => ({ status: response.status, told: toldBy(response.headers) }));
  if (!response.body) return;
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  if (!isStream) {
    const text = await response.text();
    change(() => (response.ok ? { text: plain(text), took_ms: since() } : { error: problem(text), took_ms: since() }));
    return;
  }
  const read = eventReader(({ data }) => {
    const { text, error } = delta(data);
    if (error) change(() => ({ error }));
    if (text)
      change((it) => ({ text: (it.text + text).slice(0, TEXT_MAX), first_token_ms: it.first_token_ms ?? since() }));
  });
  await readBody(response.body, read);
  change(() => ({ took_ms: since() }));
}

function toldBy(headers: Headers): Record<string, string> {
  const told: Record<string, string> = {};
  headers.forEach((value, name) => {
    if (name.startsWith("x-spillway-") || name === "x-request-id" || name === "retry-after") told[name] = value;
  });
  return told;
}

/** What one event of a chat's stream adds. */
export function delta(data: string): { text?: string; error?: string } {
  if (data === "[DONE]") return {};
  try {
    const { choices, error } = JSON.parse(data) as {
      choices?: { delta?: { content?: string } }[];
      error?: { message?: string };
    };
    if (error) return { error: error.message ?? data };
    return { text: choices?.[0]?.delta?.content ?? "" };
  } catch {
    return {};
  }
}

function plain(text: string): string {
  try {
    const { choices } = JSON.parse(text) as { choices?: { message?: { content?: string } }[] };
    return choices?.[0]?.message?.content ?? text;
  } catch {
    return text;
  }
}

function problem(text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: { message?: string }; message?: string };
    return error?.message ?? message ?? text;
  } catch {
    return text || "an empty answer";
  }
}
