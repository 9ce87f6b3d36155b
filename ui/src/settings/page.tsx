// What this gateway is, how it is, and who changed what.
import "../mantine-more.css";
import { useQuery } from "@tanstack/react-query";
import { ApiError, call } from "../api/client";
import { useLiveness } from "../api/live";
import { useAudit, useRoot } from "../api/queries";
import type { AuditRecord } from "../api/shapes";
import { currentToken } from "../api/token";
import { Facts } from "../parts/facts";
import { Loaded, Note, Page, Panel } from "../parts/page";
import { StateMark } from "../parts/state";
import { Table } from "../parts/table";
import { Moment } from "../parts/time";
import { proxyUrl } from "../setup/proxy-url";

export default function SettingsPage() {
  return (
    <Page title="Settings">
      <Panel title="This gateway">
        <Gateway />
      </Panel>
      <Panel title="Changes">
        <Audit />
      </Panel>
    </Page>
  );
}

function useReady() {
  return useQuery({
    queryKey: ["history", "ready"],
    queryFn: async ({ signal }) => {
      try {
        await call("GET", "/readyz", { signal });
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.status === 503) return false;
        throw error;
      }
    },
    refetchInterval: 5000,
  });
}

function TakesRequests() {
  const ready = useReady().data;
  if (ready === undefined) return "–";
  return <StateMark state={ready ? "available" : "unhealthy"} title="/readyz" />;
}

function Gateway() {
  const root = useRoot();
  const liveness = useLiveness();
  return (
    <Loaded query={root} rows={3}>
      {(it) => (
        <Facts
          rows={[
            ["version", it.version],
            ["takes requests", <TakesRequests key="ready" />],
            ["events", liveness],
            ["AI API", <code key="proxy">{proxyUrl(it.proxy_url)}/v1</code>],
            ["Admin API", <code key="admin">{window.location.origin}</code>],
            ["node", <code key="node">{it.node_id}</code>],
            ["revision", String(it.revision)],
            ["for machines", <ForMachines key="machines" />],
          ]}
        />
      )}
    </Loaded>
  );
}

/** A link can not bear the token; behind one the paths are for scripts. */
function ForMachines() {
  const paths = ["/openapi.json", "/metrics"];
  return paths.map((it) => <div key={it}>{currentToken() ? <code>{it}</code> : <a href={it}>{it}</a>}</div>);
}

function Audit() {
  const audit = useAudit();
  return (
    <Loaded query={audit} rows={4}>
      {({ data: rows }) =>
        rows.length === 0 ? (
          <Note>Nothing has been changed yet.</Note>
        ) : (
          <Table label="Changes" head={["Time", "Who", "Did", "To", "Fields", "Outcome"]}>
            {rows.map((it) => (
              <Row key={it.id} record={it} />
            ))}
          </Table>
        )
      }
    </Loaded>
  );
}

/** Fields that are named before the rest is counted. */
const NAMED_MAX = 3;

function Row({ record }: { record: AuditRecord }) {
  const { time, who, act, kind, name, fields, outcome, status } = record;
  const more = fields.length - NAMED_MAX;
  return (
    <tr>
      <td>
        <Moment at={time} />
      </td>
      <td>{who.address}</td>
      <td>{act}</td>
      <td>
        {kind} <strong>{name}</strong>
      </td>
      <td className="mono" title={fields.join(", ")}>
        {fields.slice(0, NAMED_MAX).join(", ")}
        {more > 0 && ` and ${more} more`}
      </td>
      <td>{outcome === "refused" && status ? `refused, ${status}` : outcome}</td>
    </tr>
  );
}
