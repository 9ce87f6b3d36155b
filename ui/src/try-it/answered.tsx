// The answer, and beside it who gave it and why.
import { Link } from "@tanstack/react-router";
import { duration } from "../parts/time";
import { Status } from "../requests/status";
import classes from "./try-it.module.css";
import type { Tried } from "./use-try";

/** In the order in which one asks. */
const TOLD = [
  ["x-spillway-provider", "provider"],
  ["x-spillway-model", "model"],
  ["x-spillway-credential", "key"],
  ["x-spillway-target", "target"],
  ["x-spillway-upstream", "upstream"],
  ["x-spillway-attempts", "attempts"],
  ["x-spillway-decision", "why"],
  ["retry-after", "retry after"],
] as const;

export function Answered({ trying }: { trying: Tried | null }) {
  if (!trying)
    return (
      <p className={classes.waiting}>
        What you send is answered here, with the provider, model and key that served it, and why it was chosen.
      </p>
    );
  const { told, status, text, error } = trying;
  const id = told["x-request-id"];
  return (
    <div className={classes.answer}>
      <dl className={classes.told}>
        {status !== null && (
          <div>
            <dt>status</dt>
            <dd>
              <Status status={status} />
            </dd>
          </div>
        )}
        {TOLD.filter(([header]) => told[header]).map(([header, name]) => (
          <div key={header}>
            <dt>{name}</dt>
            <dd data-testid={header}>{told[header]}</dd>
          </div>
        ))}
        <div>
          <dt>first token</dt>
          <dd>{duration(trying.first_token_ms)}</dd>
        </div>
        <div>
          <dt>took</dt>
          <dd>{duration(trying.took_ms)}</dd>
        </div>
        {id && (
          <div>
            <dt>request</dt>
            <dd>
              <Link to="/requests/$id" params={{ id }}>
                its attempts
              </Link>
            </dd>
          </div>
        )}
      </dl>
      {error && (
        <p className={classes.error} role="alert">
          {error}
        </p>
      )}
      <output className={classes.text} aria-live="polite">
        {text}
      </output>
    </div>
  );
}
