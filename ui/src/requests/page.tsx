// Recent requests, as they come.
import "../mantine-more.css";
import { Select, Switch } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useProviders, useRequests, useUpstreams } from "../api/queries";
import type { RequestRecord } from "../api/shapes";
import { Empty } from "../parts/empty";
import { Loaded, Page, Panel } from "../parts/page";
import { Table } from "../parts/table";
import { clock, duration } from "../parts/time";
import classes from "./requests.module.css";
import { Status } from "./status";

interface Filters {
  upstream?: string;
  provider?: string;
  status?: string;
}

const SIZE = 100;
const STATUSES = ["200", "400", "401", "403", "404", "429", "500", "502", "503", "504"];

export default function RequestsPage() {
  const filters = useSearch({ strict: false }) as Filters;
  const [following, setFollowing] = useState(true);
  const query = new URLSearchParams({ size: String(SIZE) });
  for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
  const requests = useRequests(query.toString(), following);
  return (
    <Page title="Requests" about="Who was asked, who answered, and why. Neither prompts nor answers are kept.">
      <Filter filters={filters}>
        <Switch label="Follow" checked={following} onChange={(event) => setFollowing(event.currentTarget.checked)} />
      </Filter>
      <Panel>
        <Loaded query={requests} rows={8}>
          {({ data }) =>
            data.length === 0 ? (
              <Empty title="No request to show" action={<Link to="/try">Send one from here</Link>}>
                {Object.keys(filters).length > 0
                  ? "None of the recent ones fits the filter."
                  : "As soon as a client asks, it stands here."}
              </Empty>
            ) : (
              <Table
                label="Requests"
                head={[
                  "Time",
                  "Status",
                  "Asked for",
                  "Upstream",
                  "Answered by",
                  "Tries",
                  "First token",
                  "Took",
                  "Tokens",
                ]}
                numeric={[5, 6, 7, 8]}
              >
                {data.map((it) => (
                  <Row key={it.request_id} request={it} />
                ))}
              </Table>
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}

function Filter({ filters, children }: { filters: Filters; children: React.ReactNode }) {
  const navigate = useNavigate();
  const providers = useProviders().data ?? [];
  const upstreams = useUpstreams().data ?? [];
  const choose = (part: Filters) => void navigate({ to: "/requests", search: { ...filters, ...part }, replace: true });
  const select = (name: keyof Filters, label: string, data: string[]) => (
    <Select
      placeholder={label}
      aria-label={label}
      data={data}
      clearable
      searchable
      w={180}
      value={filters[name] ?? null}
      onChange={(it) => choose({ [name]: it ?? undefined })}
      nothingFoundMessage="None of that name"
    />
  );
  return (
    <div className={classes.tools}>
      {select(
        "provider",
        "Any provider",
        providers.map((it) => it.name),
      )}
      {select(
        "upstream",
        "Any upstream",
        upstreams.map((it) => it.name),
      )}
      {select("status", "Any status", STATUSES)}
      {children}
    </div>
  );
}

function Row({ request }: { request: RequestRecord }) {
  const last = request.attempts.at(-1);
  const { tokens } = request;
  return (
    <tr>
      <td className="nowrap">
        <Link className="tabular" to="/requests/$id" params={{ id: request.request_id }}>
          {clock(request.time)}
        </Link>
      </td>
      <td>
        <Status status={request.status} />
      </td>
      <td className="mono">{request.model_requested ?? "–"}</td>
      <td>{request.route ?? request.upstream ?? "–"}</td>
      <td>
        {last?.provider ?? last?.target ?? "nobody"}{" "}
        <span className={classes.minor}>{[last?.model, last?.credential].filter(Boolean).join(", ")}</span>
      </td>
      <td className="numeric">{request.attempts.length}</td>
      <td className="numeric nowrap">{duration(request.ttft_ms)}</td>
      <td className="numeric nowrap">{duration(request.duration_ms)}</td>
      <td className="numeric nowrap">{tokens ? `${tokens.input ?? "–"} → ${tokens.output ?? "–"}` : "–"}</td>
    </tr>
  );
}
