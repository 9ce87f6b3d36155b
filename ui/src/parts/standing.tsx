import { StateMark } from "./state";
import classes from "./table.module.css";
import { Countdown } from "./time";

interface StandingProps {
  state: string;
  cause: string | null;
  until: string | null;
  /** For what, if not for all. */
  of?: string;
}

/** How something stands: its state, why, for what, and the time left. */
export function Standing({ state, cause, until, of }: StandingProps) {
  const words = [cause, of].filter(Boolean).join(" for ");
  return (
    <span className={classes.cell}>
      <StateMark state={state} title={cause ?? undefined} />
      {words && <span className={classes.minor}>{words}</span>}
      {until && (
        <span className={classes.minor}>
          <Countdown until={until} />
        </span>
      )}
    </span>
  );
}
