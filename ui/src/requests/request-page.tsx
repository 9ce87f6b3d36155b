// One request: its attempts one below the other on one scale of time.
import "../mantine-more.css";
import { Link, useParams } from "@tanstack/react-router";
import { useRequest } from "../api/queries";
import type { RequestRecord } from "../api/shapes";
import { type Fact, Facts } from "../parts/facts";
import { Loaded, Page, Panel } from "../parts/page";
import { duration, Moment } from "../parts/time";
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
              <Facts rows={facts(it)} />
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

function facts(request: RequestRecord): Fact[] {
  const { tokens } = request;
  return [
    ["status", <Status key="status" status={request.status} />],
    ["time", <Moment key="time" at={request.time} />],
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
}
