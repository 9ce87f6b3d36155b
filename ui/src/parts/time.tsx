// Times as an operator reads them, and the time left counting down: one clock for all of them.
import { useSyncExternalStore } from "react";

const TICK_MS = 250;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;
const listeners = new Set<() => void>();

/** While nobody listens the clock stands still, so it is read. */
function present(): number {
  if (!timer) now = Date.now();
  return now;
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const it of listeners) it();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer) {
      clearInterval(timer);
      timer = null;
    }
  };
}

/** `0:42`, `12:05`, `3:00:10`; rounded up, so that it ends with the state and not before it. */
export function left(until_ms: number, now_ms: number): string {
  const seconds = Math.max(0, Math.ceil((until_ms - now_ms) / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The time left until then. */
export function Countdown({ until }: { until: string }) {
  const until_ms = Date.parse(until);
  const text = useSyncExternalStore(subscribe, () => left(until_ms, present()));
  return (
    <time dateTime={until} title={`until ${clock(until)}`}>
      {text}
    </time>
  );
}

/** `14:02:11`, with the day before it if it is another one: `2026-11-26 14:02:11`. Of 24 hours, whatever the browser's
 * language has: a time of night is read once. */
export function clock(time: string | number): string {
  const date = new Date(time);
  const text = `${minutes(date)}:${two(date.getSeconds())}`;
  return date.toDateString() === new Date().toDateString() ? text : `${day(date)} ${text}`;
}

/** The same for the scale of a chart: `14:02`, or `11-26 14:00` where there are days of it. */
export function mark(time: number, withDay: boolean): string {
  const date = new Date(time);
  return withDay ? `${day(date).slice("2026-".length)} ${minutes(date)}` : minutes(date);
}

/** A time here, and as the API has it. */
export function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at}>
      {clock(at)}
    </time>
  );
}

const two = (value: number) => String(value).padStart(2, "0");
const minutes = (date: Date) => `${two(date.getHours())}:${two(date.getMinutes())}`;
const day = (date: Date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

/** `950 ms`, `1.2 s`, `3 min`. */
export function duration(ms: number | null | undefined): string {
  if (ms == null) return "–";
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  if (Math.round(ms / 100) < 600) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}
