import { Link } from "@tanstack/react-router";
import { Empty } from "../parts/empty";
import { Failed, Page } from "../parts/page";

export function NotFound() {
  return (
    <Page title="Not here">
      <Empty title="There is no such page" action={<Link to="/">To the load-balancing diagram</Link>} />
    </Page>
  );
}

/** A page that could not be drawn: the others still can. */
export function Broken({ error, reset }: { error: Error; reset: () => void }) {
  return (
    <Page title="This page broke">
      <Failed error={error} retry={reset} />
    </Page>
  );
}
