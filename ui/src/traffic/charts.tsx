// The charts. Series beyond the palette are left to the filter: a dozen lines are no picture.
import { Area, AreaChart, CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { Panel } from "../parts/page";
import { mark } from "../parts/time";
import { type By, type Measure, nameOf, rows, type Stats } from "./stats";
import classes from "./traffic.module.css";

const COLOURS = ["#1b92ae", "#e08e1a", "#7b5fc9", "#2b9a5b", "#d0506b", "#6b7a89"];
/** Lines are told apart by their dashes, too. */
const DASHES = ["", "6 3", "2 3", "8 3 2 3", "4 4", "1 2"];

interface Chart {
  title: string;
  measure: Measure;
  unit: (value: number) => string;
  kind: "area" | "line";
}

const count = (value: number) => value.toLocaleString();
const millis = (value: number) => (value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`);

export default function Charts({ stats, by }: { stats: Stats; by: By }) {
  const perSecond = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)}/s`;
  const charts: Chart[] = [
    { title: "Requests per second", measure: (it) => it.requests / stats.step, unit: perSecond, kind: "area" },
    { title: "Errors", measure: (it) => it.errors, unit: count, kind: "line" },
    { title: "Time to first token, p50", measure: (it) => it.ttft_ms.p50, unit: millis, kind: "line" },
    { title: "Time to first token, p95", measure: (it) => it.ttft_ms.p95, unit: millis, kind: "line" },
    { title: "Duration, p95", measure: (it) => it.duration_ms.p95, unit: millis, kind: "line" },
    { title: "Tokens", measure: (it) => it.tokens.input + it.tokens.output, unit: count, kind: "area" },
    { title: "Retries", measure: (it) => it.retries, unit: count, kind: "line" },
    { title: "Rate limits met", measure: (it) => it.rate_limited, unit: count, kind: "line" },
  ];
  const shown = { ...stats, series: stats.series.slice(0, COLOURS.length) };
  const names = shown.series.map((it) => nameOf(it, by));
  return (
    <>
      <ul className={classes.legend}>
        {names.map((it, index) => (
          <li key={it}>
            <svg width="22" height="8" aria-hidden="true">
              <line
                x1="0"
                y1="4"
                x2="22"
                y2="4"
                stroke={COLOURS[index]}
                strokeWidth="2.5"
                strokeDasharray={DASHES[index]}
              />
            </svg>
            {it}
          </li>
        ))}
        {stats.series.length > names.length && (
          <li className="muted">
            the busiest {names.length} of {stats.series.length}
          </li>
        )}
      </ul>
      <div className={classes.grid}>
        {charts.map((it) => (
          <Panel key={it.title} title={it.title}>
            <One chart={it} stats={shown} by={by} names={names} />
          </Panel>
        ))}
      </div>
    </>
  );
}

function One({ chart, stats, by, names }: { chart: Chart; stats: Stats; by: By; names: string[] }) {
  const data = rows(stats, by, chart.measure, chart.unit === millis ? null : 0);
  const isLong = stats.step >= 3600;
  const at = (time: number) => mark(time, isLong);
  const common = (
    <>
      <CartesianGrid stroke="var(--line)" vertical={false} />
      <XAxis dataKey="time" tickFormatter={at} minTickGap={40} stroke="var(--muted)" fontSize={11} tickLine={false} />
      <YAxis
        tickFormatter={chart.unit}
        allowDecimals={chart.unit !== count}
        width={62}
        stroke="var(--muted)"
        fontSize={11}
        tickLine={false}
        axisLine={false}
      />
      <Tooltip
        labelFormatter={(it) => at(Number(it))}
        formatter={(value) => chart.unit(Number(value))}
        contentStyle={{
          background: "var(--raised)",
          border: "1px solid var(--line-strong)",
          borderRadius: 6,
          fontSize: 12,
          color: "var(--text)",
        }}
      />
    </>
  );
  return (
    <div className={classes.chart} role="img" aria-label={`${chart.title} of ${names.join(", ")}`}>
      <ResponsiveContainer width="100%" height={190}>
        {chart.kind === "area" ? (
          <AreaChart data={data}>
            {common}
            {names.map((it, index) => (
              <Area
                key={it}
                dataKey={it}
                stackId="all"
                stroke={COLOURS[index]}
                fill={COLOURS[index]}
                fillOpacity={0.22}
                strokeDasharray={DASHES[index]}
                isAnimationActive={false}
              />
            ))}
          </AreaChart>
        ) : (
          <LineChart data={data}>
            {common}
            {names.map((it, index) => (
              <Line
                key={it}
                dataKey={it}
                stroke={COLOURS[index]}
                strokeWidth={1.75}
                strokeDasharray={DASHES[index]}
                dot={{ r: 1.5, strokeDasharray: "" }}
                connectNulls
                isAnimationActive={false}
              />
            ))}
          </LineChart>
        )}
      </ResponsiveContainer>
    </div>
  );
}
