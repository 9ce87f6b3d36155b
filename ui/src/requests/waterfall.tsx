import type { AttemptRecord, RequestRecord } from "../api/shapes";
import { Note } from "../parts/page";
import { duration } from "../parts/time";
import classes from "./requests.module.css";
import { type Span, spans } from "./spans";
import { Status } from "./status";

const NAMES: Record<Span["part"], string> = {
  wait: "waited",
  first: "to the first token",
  stream: "answered",
  failed: "failed try",
};

export function Waterfall({ request }: { request: RequestRecord }) {
  if (request.attempts.length === 0)
    return <Note>Nobody was asked: {request.decision ?? "the request ended before"}.</Note>;
  const all = spans(request);
  const end = Math.max(1, ...all.flat().map((it) => it.to_ms));
  return (
    <ol className={classes.waterfall}>
      {request.attempts.map((it, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: attempts are in order and never change
        <li key={index} className={classes.attempt}>
          <Who attempt={it} number={index + 1} />
          <div className={classes.track}>
            {(all[index] ?? []).map((span) => (
              <span
                key={span.part}
                className={classes.span}
                data-part={span.part}
                style={{
                  left: `${(span.from_ms / end) * 100}%`,
                  width: `${((span.to_ms - span.from_ms) / end) * 100}%`,
                }}
                title={`${NAMES[span.part]}: ${duration(span.to_ms - span.from_ms)}`}
              />
            ))}
          </div>
          <Outcome attempt={it} />
        </li>
      ))}
      <li className={classes.legend}>
        {Object.entries(NAMES).map(([part, name]) => (
          <span key={part}>
            <i className={classes.span} data-part={part} />
            {name}
          </span>
        ))}
        <span>0 – {duration(end)}</span>
      </li>
    </ol>
  );
}

function Who({ attempt, number }: { attempt: AttemptRecord; number: number }) {
  return (
    <div className={classes.who}>
      <strong>
        {number}. {attempt.provider ?? attempt.target ?? "?"}
      </strong>
      <span className={classes.minor}>
        {[attempt.model, attempt.credential && `key ${attempt.credential}`].filter(Boolean).join(", ")}
      </span>
    </div>
  );
}

function Outcome({ attempt }: { attempt: AttemptRecord }) {
  return (
    <div className={classes.outcome}>
      {attempt.status !== null && <Status status={attempt.status} />}
      <span>{attempt.outcome}</span>
      {attempt.blame && attempt.blame !== "nobody" && <span className={classes.minor}>blamed: {attempt.blame}</span>}
      {attempt.error && <span>{attempt.error}</span>}
      {attempt.reason && <span className={classes.minor}>chosen: {attempt.reason}</span>}
      <span className={classes.minor}>
        from {duration(attempt.started_ms)}, for {duration(attempt.duration_ms)}
      </span>
    </div>
  );
}
