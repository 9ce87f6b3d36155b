// What the API counts over time, as rows that charts can draw. Pure but for the hook.
import { useQuery } from "@tanstack/react-query";
import { call } from "../api/client";
import { keys } from "../api/queries";
import type { Stats } from "../api/shapes";

export type { Stats };

export const BY = ["provider", "model", "credential", "route"] as const;
export type By = (typeof BY)[number];

/** How far back, and the seconds of a point: minutes are kept for three hours, hours for 90 days. */
export const RANGES = {
  "1 h": { back_s: 3600, step_s: 60 },
  "3 h": { back_s: 3 * 3600 - 60, step_s: 300 },
  "24 h": { back_s: 24 * 3600, step_s: 3600 },
  "7 d": { back_s: 7 * 24 * 3600, step_s: 3600 },
  "30 d": { back_s: 30 * 24 * 3600, step_s: 6 * 3600 },
} as const;
export type Range = keyof typeof RANGES;

export type Series = Stats["series"][number];
export type Point = Series["points"][number];

/** Counts are read again this often while they are looked at. */
const REFRESH_MS = 10_000;

export function useStats(by: By | "all", range: Range) {
  return useQuery({
    queryKey: keys.stats(`${by} ${range}`),
    queryFn: ({ signal }) => {
      const { back_s, step_s } = RANGES[range];
      const since = new Date(Date.now() - back_s * 1000).toISOString();
      return call<Stats>("GET", `/stats?by=${by}&since=${encodeURIComponent(since)}&step=${step_s}`, { signal });
    },
    refetchInterval: REFRESH_MS,
    placeholderData: (previous) => previous,
  });
}

/** What a series is called. */
export function nameOf(series: Series, by: By): string {
  if (by === "provider") return series.provider ?? "raw hosts";
  if (by === "route") return series.route ?? "without a route";
  return [series.provider, series[by]].filter(Boolean).join(" / ") || "unnamed";
}

export type Measure = (point: Point) => number | null;

export interface Row {
  time: number;
  [series: string]: number | null;
}

/** One row per span of time, with a column per series. Spans in which nothing happened are there, too. */
export function rows({ since, until, step, series }: Stats, by: By, measure: Measure, idle: number | null): Row[] {
  const step_ms = step * 1000;
  const found: Row[] = [];
  for (let time = Date.parse(since); time <= Date.parse(until); time += step_ms) found.push({ time });
  for (const it of series) {
    const name = nameOf(it, by);
    const byTime = new Map(it.points.map((point) => [Date.parse(point.time), measure(point)]));
    for (const row of found) row[name] = byTime.get(row.time) ?? idle;
  }
  return found;
}

/** The sum over all spans and series. */
export const total = ({ series }: Stats, measure: Measure) =>
  series.flatMap((it) => it.points).reduce((sum, it) => sum + (measure(it) ?? 0), 0);
