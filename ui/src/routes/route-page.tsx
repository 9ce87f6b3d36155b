// One route: what it matches, and its policy in each environment.
import "../mantine-more.css";
import { Accordion } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { at, call } from "../api/client";
import type { Route } from "../api/shapes";
import { EntityPage } from "../parts/entity-page";
import { type Fact, Facts } from "../parts/facts";
import { Note, Panel } from "../parts/page";
import { Policy } from "./policy";
import { RouteForm } from "./route-form";

export default function RoutePage() {
  const { route: name } = useParams({ strict: false }) as { route: string };
  const path = at("routes", name);
  const route = useQuery({
    queryKey: ["config", "routes", "one", name],
    queryFn: ({ signal }) => call<Route>("GET", path, { signal }),
  });
  return (
    <EntityPage
      kind="route"
      name={name}
      about="An AI API. Every change is in force when it is answered; there is nothing to deploy."
      query={route}
      path={path}
      consequence="Requests that it matched are answered by whatever matches next, or 404."
      list="/routes"
      edit={(it, close) => <RouteForm route={it} close={close} />}
    >
      {(it) => (
        <>
          <Panel>
            <Facts rows={facts(it)} />
          </Panel>
          <Served route={it} />
        </>
      )}
    </EntityPage>
  );
}

function facts({ paths, methods, models, service, enabled }: Route): Fact[] {
  return [
    ["paths", words(paths)],
    ["methods", words(methods)],
    ["models", words(models)],
    ["service", service?.name ?? "none"],
    ["enabled", String(enabled)],
  ];
}

const words = (all: string[]) => (all.length === 0 ? "any" : <span className="mono">{all.join(", ")}</span>);

function Served({ route }: { route: Route }) {
  if (route.upstream) {
    const { name } = route.upstream;
    return (
      <Panel title="Served by">
        <Note>
          <Link to="/upstreams/$upstream" params={{ upstream: name }}>
            {name}
          </Link>
          , in every environment.
        </Note>
      </Panel>
    );
  }
  if (route.provider) {
    const { name } = route.provider;
    return (
      <Panel title="Served by">
        <Note>
          <Link to="/providers/$provider" params={{ provider: name }}>
            {name}
          </Link>
          {route.model && ` with ${route.model}`}; the other providers after it, in their order, while the upstream
          default is enabled.
        </Note>
      </Panel>
    );
  }
  return (
    <Accordion multiple defaultValue={["production", "sandbox"]} variant="separated" keepMounted={false}>
      {(["production", "sandbox"] as const).map((environment) => (
        <Accordion.Item key={environment} value={environment}>
          <Accordion.Control>{environment === "production" ? "Production" : "Sandbox"}</Accordion.Control>
          <Accordion.Panel>
            <Policy route={route} environment={environment} />
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}
