// AI APIs: what matches, and which upstream serves it in which environment.
import "../mantine-more.css";
import { Badge, Button, Select } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useProviders, useRoutes, useServices, useTopology } from "../api/queries";
import type { Route } from "../api/shapes";
import { adminUrl, Empty } from "../parts/empty";
import { Loaded, Page, Panel } from "../parts/page";
import { Table } from "../parts/table";
import { RouteForm } from "./route-form";
import classes from "./routes.module.css";
import { serves } from "./serves";

interface Filters {
  provider?: string;
  service?: string;
  /** `24h`: only those that called the provider in that time. */
  called?: string;
}

export default function RoutesPage() {
  const { provider, service, called } = useSearch({ strict: false }) as Filters;
  const routes = useRoutes();
  const using = useUsing(provider, called !== undefined);
  const [adding, setAdding] = useState(false);
  const add = (
    <Button leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
      Add route
    </Button>
  );
  const about = provider
    ? called
      ? `The AI APIs that called ${provider} in the last 24 hours.`
      : `The AI APIs that are configured to use ${provider}.`
    : "AI APIs: a path and a method, and the policy that serves them in production and in the sandbox.";
  return (
    <Page title="Routes" about={about} actions={add}>
      <Filter filters={{ provider, service, called }} />
      <Panel>
        <Loaded query={routes}>
          {(rows) => {
            const shown = rows.filter(
              (it) => (!service || it.service?.name === service) && (!using || using.has(it.id)),
            );
            if (shown.length === 0) return <NoRoute filtered={Boolean(provider || service)} add={add} />;
            return (
              <Table label="Routes" head={["Name", "Service", "Matches", "Served by", "Enabled"]}>
                {shown.map((it) => (
                  <Row key={it.id} route={it} />
                ))}
              </Table>
            );
          }}
        </Loaded>
      </Panel>
      {adding && <RouteForm route={null} close={() => setAdding(false)} />}
    </Page>
  );
}

/** Ids of the routes behind the counts on the diagram's line to this provider; null: no provider is asked for. */
function useUsing(provider: string | undefined, called: boolean): Set<string> | null {
  const services = useTopology().data?.services;
  if (!provider) return null;
  const edges = services?.flatMap((it) => it.edges).filter((it) => it.provider === provider) ?? [];
  return new Set(edges.flatMap((it) => (called ? it.routes_called : it.routes)));
}

function NoRoute({ filtered, add }: { filtered: boolean; add: React.ReactNode }) {
  if (filtered) return <Empty title="No route fits the filter" action={<Link to="/routes">All routes</Link>} />;
  return (
    <Empty
      title="No route yet"
      action={add}
      curl={`curl ${adminUrl()}/routes -d name=chat -d 'paths[]=/chat/v1/chat/completions' -d 'methods[]=POST' -d provider=openai`}
    >
      Requests find their way without: by an upstream's name, a model's, or the order of the providers. A route gives an
      application a path of its own.
    </Empty>
  );
}

function Filter({ filters }: { filters: Filters }) {
  const navigate = useNavigate();
  const providers = useProviders().data ?? [];
  const services = useServices().data ?? [];
  const choose = (part: Filters) =>
    void navigate({ to: "/routes", search: { ...filters, called: undefined, ...part }, replace: true });
  return (
    <div className={classes.tools}>
      <Select
        placeholder="Any provider"
        aria-label="Provider"
        clearable
        data={providers.map((it) => it.name)}
        value={filters.provider ?? null}
        onChange={(it) => choose({ provider: it ?? undefined })}
        nothingFoundMessage="No provider yet"
      />
      <Select
        placeholder="Any service"
        aria-label="Service"
        clearable
        data={services.map((it) => it.name)}
        value={filters.service ?? null}
        onChange={(it) => choose({ service: it ?? undefined })}
        nothingFoundMessage="No service yet"
      />
      {filters.called && (
        <Badge variant="light" size="lg">
          called in the last 24 h
        </Badge>
      )}
    </div>
  );
}

function Row({ route }: { route: Route }) {
  const what = [...route.methods, ...route.paths, ...route.hosts].join(" ");
  return (
    <tr>
      <td>
        <Link to="/routes/$route" params={{ route: route.name ?? route.id }}>
          {route.name ?? route.id}
        </Link>
      </td>
      <td>{route.service?.name ?? "–"}</td>
      <td className="mono">
        {what || "everything"}
        {route.models.length > 0 && ` model ${route.models.join(", ")}`}
      </td>
      <td>{serves(route)}</td>
      <td>{route.enabled ? "yes" : "no"}</td>
    </tr>
  );
}
