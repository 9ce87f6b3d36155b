// What every page has: a head, a state of waiting that takes the same room, a state of failure that says what to do.
import { Button, Skeleton } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { AlertTriangle } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { ApiError } from "../api/client";
import classes from "./page.module.css";

interface PageProps {
  title: string;
  /** One sentence: what this page is for. */
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, about, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Spillway`;
  }, [title]);
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <div className={classes.words}>
          <h1>{title}</h1>
          {about && <p>{about}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A surface with a title. */
export function Panel({ title, actions, children }: { title?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.panel}>
      {(title || actions) && (
        <header className={classes.panelHead}>
          <h2>{title}</h2>
          <div className={classes.actions}>{actions}</div>
        </header>
      )}
      {children}
    </section>
  );
}

/** A line of text in a panel. */
export function Note({ children }: { children: ReactNode }) {
  return <p className={classes.note}>{children}</p>;
}

/** What a query gave, or that it is on its way, or why it did not come. */
export function Loaded<T>({
  query,
  rows = 5,
  children,
}: {
  query: UseQueryResult<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  const failed = query.error && <Failed error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined) return failed ?? <Waiting rows={rows} />;
  // What is gone is not shown any more; what could not be read anew is, with a word about it.
  if (query.error instanceof ApiError && query.error.status === 404) return failed;
  return (
    <>
      {failed}
      {children(query.data)}
    </>
  );
}

export function Waiting({ rows }: { rows: number }) {
  return (
    <div className={classes.waiting} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
        <Skeleton key={index} height={34} />
      ))}
    </div>
  );
}

export function Failed({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <div className={classes.failed} role="alert">
      <AlertTriangle size={18} aria-hidden />
      <span>{error.message}</span>
      {retry && (
        <Button variant="default" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}
