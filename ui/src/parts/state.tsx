// How a state looks: the API's own word, a tone, and a glyph that tells it without colour.
import { AlertTriangle, Ban, Check, Clock, KeyRound, Minus, TimerReset, X } from "lucide-react";
import type { ComponentType } from "react";
import classes from "./state.module.css";

export type Tone = "ok" | "wait" | "bad" | "off";

interface Look {
  tone: Tone;
  Glyph: ComponentType<{ size?: number; strokeWidth?: number; "aria-hidden"?: boolean }>;
}

/** Every word of the API for how something stands. */
const LOOKS: Record<string, Look> = {
  normal: { tone: "ok", Glyph: Check },
  available: { tone: "ok", Glyph: Check },
  enabled: { tone: "ok", Glyph: Check },
  HEALTHY: { tone: "ok", Glyph: Check },
  cooling: { tone: "wait", Glyph: Clock },
  half_open: { tone: "wait", Glyph: TimerReset },
  suspended: { tone: "wait", Glyph: Clock },
  exceeded: { tone: "bad", Glyph: Ban },
  error: { tone: "bad", Glyph: X },
  expired: { tone: "bad", Glyph: KeyRound },
  unhealthy: { tone: "bad", Glyph: X },
  abnormal: { tone: "bad", Glyph: AlertTriangle },
  UNHEALTHY: { tone: "bad", Glyph: X },
  DNS_ERROR: { tone: "bad", Glyph: X },
  disabled: { tone: "off", Glyph: Minus },
  drained: { tone: "off", Glyph: Minus },
  HEALTHCHECKS_OFF: { tone: "off", Glyph: Minus },
};

const UNKNOWN: Look = { tone: "off", Glyph: Minus };

export const look = (state: string): Look => LOOKS[state] ?? UNKNOWN;

/** Glyph and word. */
export function StateMark({ state, title }: { state: string; title?: string }) {
  const { tone, Glyph } = look(state);
  return (
    <span className={classes.mark} data-tone={tone} title={title}>
      <Glyph size={12} strokeWidth={2.75} aria-hidden />
      {state}
    </span>
  );
}
