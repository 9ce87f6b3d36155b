// What is known of one thing: names and values beside one another.
import type { ReactNode } from "react";
import classes from "./facts.module.css";

export type Fact = [name: string, value: ReactNode];

export function Facts({ rows }: { rows: Fact[] }) {
  return (
    <dl className={classes.facts}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
