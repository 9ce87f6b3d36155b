// Why the last requests went where they went.
import { Link } from "@tanstack/react-router";
import { useRequests } from "../api/queries";
import type { RequestRecord } from "../api/shapes";
import { Loaded, Note, Panel } from "../parts/page";
import { clock, duration } from "../parts/time";
import { Status } from "../requests/status";
import classes from "./upstreams.module.css";

const SHOWN = 15;

export function Why({ upstream }: { upstream: string }) {
  const requests = useRequests(`upstream=${encodeURIComponent(upstream)}&size=${SHOWN}`, true);
  const more = (
    <Link to="/requests" search={{ upstream }}>
      All requests
    </Link>
  );
  return (
    <Panel title="Why: the last decisions" actions={more}>
      <Loaded query={requests} rows={3}>
        {({ data }) =>
          data.length === 0 ? (
            <Note>No request has come by yet.</Note>
          ) : (
            <ul className={classes.why}>
              {data.map((it) => (
                <Decision key={it.request_id} request={it} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Decision({ request }: { request: RequestRecord }) {
  const failed = request.attempts.slice(0, -1);
  return (
    <li>
      <Link className="tabular" to="/requests/$id" params={{ id: request.request_id }}>
        {clock(request.time)}
      </Link>
      <Status status={request.status} />
      <span>{request.decision ?? "–"}</span>
      <span className="muted">{duration(request.duration_ms)}</span>
      {failed.length > 0 && (
        <small>
          before that{" "}
          {failed
            .map((it) => `${it.target ?? it.provider} ${it.credential ?? ""}: ${it.error ?? it.outcome}`)
            .join("; ")}
        </small>
      )}
    </li>
  );
}
