// Short messages at the corner: what was done, what was refused. They go by themselves; errors stay longer.
import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { look } from "./state";
import classes from "./toasts.module.css";

export interface Toast {
  tone: "ok" | "wait" | "bad";
  title?: string;
  message: string;
}

/** More would cover the page. */
const SHOWN_MAX = 4;
const STAYS_MS = { ok: 4000, wait: 10_000, bad: 10_000 };
const GLYPH_OF = { ok: "normal", wait: "cooling", bad: "abnormal" } as const;

let shown: (Toast & { number: number })[] = [];
let last = 0;
const listeners = new Set<() => void>();

export function tell(toast: Toast) {
  last += 1;
  const number = last;
  become([...shown, { ...toast, number }].slice(-SHOWN_MAX));
  setTimeout(() => dismiss(number), STAYS_MS[toast.tone]);
}

export function Toasts() {
  const all = useSyncExternalStore(subscribe, () => shown);
  return (
    <div className={classes.toasts} role="status" aria-live="polite">
      {all.map(({ number, tone, title, message }) => {
        const { Glyph } = look(GLYPH_OF[tone]);
        return (
          <div key={number} className={classes.toast} data-tone={tone}>
            <Glyph size={16} strokeWidth={2.5} aria-hidden />
            <div>
              {title && <strong>{title}</strong>}
              <p>{message}</p>
            </div>
            <button type="button" onClick={() => dismiss(number)} aria-label="Dismiss">
              <X size={14} />
            </button>
          </div>
        );
      })}
    </div>
  );
}

function dismiss(number: number) {
  become(shown.filter((it) => it.number !== number));
}

function become(next: typeof shown) {
  shown = next;
  for (const it of listeners) it();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
