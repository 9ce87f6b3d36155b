// A list with nothing in it says the next step: a button, and the same as a command.
import type { ReactNode } from "react";
import classes from "./empty.module.css";
import { Snippet } from "./snippet";

interface EmptyProps {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** The same by the Admin API. */
  curl?: string;
}

export function Empty({ title, children, action, curl }: EmptyProps) {
  return (
    <div className={classes.empty}>
      <h3>{title}</h3>
      {children && <p>{children}</p>}
      {action}
      {curl && (
        <div className={classes.curl}>
          <span>or from a shell</span>
          <Snippet text={curl} label="command" />
        </div>
      )}
    </div>
  );
}

/** Where the Admin API is, for commands: the page's own origin. */
export const adminUrl = () => window.location.origin;
