// The strip above the diagram: the verdict, who is out and until when, and the traffic of this second.
import { Link } from "@tanstack/react-router";
import { useLiveness } from "../api/live";
import { useTopology } from "../api/queries";
import type { TopologyProvider } from "../api/shapes";
import { look } from "../parts/state";
import { Countdown } from "../parts/time";
import classes from "./load-balancing.module.css";
import { useStable } from "./stable";
import { soonestReturn, summary } from "./summary";

const GLYPH_OF = { ok: "normal", wait: "cooling", bad: "abnormal", off: "disabled" } as const;
/** More would push the diagram away. */
const OUT_SHOWN_MAX = 3;

export function Strip() {
  const told = useTopology(useStable(summary, [])).data;
  const liveness = useLiveness();
  if (!told) return null;
  const { Glyph } = look(GLYPH_OF[told.tone]);
  return (
    <section className={classes.strip} data-tone={told.tone} aria-label="Now">
      <div className={classes.verdict} role="status">
        <Glyph size={18} strokeWidth={2.5} aria-hidden />
        <strong>{told.title}</strong>
        {liveness === "lost" && (
          <span className={classes.stale}>as of the last connection: the Admin API does not answer</span>
        )}
      </div>
      <dl className={classes.figures}>
        <Figure name="requests/s" value={figure(told.requests_per_second)} />
        <Figure name="errors/s" value={figure(told.errors_per_second)} bad={told.errors_per_second > 0} />
        <Figure name="in flight" value={String(told.in_flight)} />
        <Figure name="keys usable" value={`${told.keys.usable}/${told.keys.all}`} bad={told.keys.usable === 0} />
      </dl>
      {told.out.length > 0 && (
        <ul className={classes.out}>
          {told.out.slice(0, OUT_SHOWN_MAX).map((it) => (
            <Out key={it.id} provider={it} />
          ))}
          {told.out.length > OUT_SHOWN_MAX && (
            <li>and {told.out.length - OUT_SHOWN_MAX} more: switch on “Only with trouble”</li>
          )}
        </ul>
      )}
    </section>
  );
}

function Out({ provider }: { provider: TopologyProvider }) {
  const returns = soonestReturn(provider.credentials);
  return (
    <li>
      <Link to="/providers/$provider" params={{ provider: provider.name }} search={{ tab: "keys" }}>
        {provider.name}
      </Link>
      : {provider.reason ?? "nothing of it is available"}
      {returns && (
        <>
          , first return in <Countdown until={returns} />
        </>
      )}
      {provider.served_by && (
        <>
          ; now served by <strong>{provider.served_by.provider}</strong>
          {provider.served_by.model && <span className="mono"> {provider.served_by.model}</span>}
        </>
      )}
    </li>
  );
}

function Figure({ name, value, bad = false }: { name: string; value: string; bad?: boolean }) {
  return (
    <div className={classes.figure} data-bad={bad || undefined}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** A rate, as short as it can be read. */
export function figure(value: number): string {
  if (value === 0) return "0";
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}
