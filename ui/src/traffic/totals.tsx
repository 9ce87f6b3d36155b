import { duration } from "../parts/time";
import { type Stats, total } from "./stats";
import classes from "./traffic.module.css";

/** The sums of the range, what failover saved among them. */
export function Totals({ stats }: { stats: Stats }) {
  const requests = total(stats, (it) => it.requests);
  const sum = (of: Parameters<typeof total>[1]) => total(stats, of).toLocaleString();
  const last = stats.series[0]?.points.at(-1);
  const rows: [string, string][] = [
    ["requests", requests.toLocaleString()],
    ["errors", sum((it) => it.errors)],
    ["retries", sum((it) => it.retries)],
    ["answers rescued by another", sum((it) => it.rescued)],
    ["429s avoided", sum((it) => it.limits_avoided)],
    ["tokens in", sum((it) => it.tokens.input)],
    ["tokens out", sum((it) => it.tokens.output)],
    ["first token, p95 now", duration(last?.ttft_ms.p95)],
  ];
  return (
    <dl className={classes.totals}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
