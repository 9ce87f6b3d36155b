// One request: its attempts one below the other on one scale of time.
import "../mantine-more.css";
import { Link, useParams } from "@tanstack/react-router";
import { useRequest } from "../api/queries";
import type { RequestRecord } from "../api/shapes";
import { Loaded, Page, Panel } from "../parts/page";
import { clock, duration } from "../parts/time";
import classes from "./requests.module.css";
import { Status } from "./status";
import { Waterfall } from "./waterfall";

export default function RequestPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const request = useRequest(id);
  return (
    <Page title="Request" about={<code>{id}</code>} actions={<Link to="/requests">All requests</Link>}>
      <Loaded query={request}>
        {(it) => (
          <>
            <Panel>
              <Facts request={it} />
            </Panel>
            <Panel title="Attempts">
              <Waterfall request={it} />
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Facts({ request }: { request: RequestRecord }) {
  const { tokens } = request;
  const rows: [string, React.ReactNode][] = [
    ["status", <Status key="status" status={request.status} />],
    ["time", clock(request.time)],
    ["decision", request.decision ?? "–"],
    ["route", request.route ?? "–"],
    ["upstream", request.upstream ?? "–"],
    ["environment", request.environment],
    ["client key", request.client_key ?? "–"],
    ["model asked for", request.model_requested ?? "–"],
    ["stream", request.stream ? "yes" : "no"],
    ["first token", duration(request.ttft_ms)],
    ["took", duration(request.duration_ms)],
    ["in the gateway itself", request.overhead_us == null ? "–" : `${request.overhead_us} µs`],
    ["tokens", tokens ? `${tokens.input ?? "–"} in, ${tokens.output ?? "–"} out, ${tokens.cached ?? 0} cached` : "–"],
  ];
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
