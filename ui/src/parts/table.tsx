// A dense table that scrolls sideways in its own box where the screen is narrow.
import type { ReactNode } from "react";
import classes from "./table.module.css";

interface TableProps {
  label: string;
  head: ReactNode[];
  /** Indices of columns of numbers. */
  numeric?: number[];
  children: ReactNode;
}

export function Table({ label, head, numeric = [], children }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={classes.box} aria-label={label} tabIndex={0}>
      <table className={classes.table}>
        <thead>
          <tr>
            {head.map((it, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move
              <th key={index} scope="col" className={numeric.includes(index) ? "numeric" : undefined}>
                {it || <span className="sr-only">Actions</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
