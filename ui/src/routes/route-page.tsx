// One route: what it matches, and its policy in each environment.
import "../mantine-more.css";
import { Accordion, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { at, call } from "../api/client";
import type { Route } from "../api/shapes";
import { Loaded, Page, Panel } from "../parts/page";
import { Remove } from "../parts/remove";
import { Policy } from "./policy";
import { RouteForm } from "./route-form";
import classes from "./routes.module.css";

export default function RoutePage() {
  const { route: name } = useParams({ strict: false }) as { route: string };
  const route = useQuery({
    queryKey: ["config", "routes", "one", name],
    queryFn: ({ signal }) => call<Route>("GET", at("routes", name), { signal }),
  });
  const [asking, setAsking] = useState<"edit" | "remove" | null>(null);
  const navigate = useNavigate();
  const actions = route.data && (
    <>
      <Button variant="default" leftSection={<Trash2 size={14} />} onClick={() => setAsking("remove")}>
        Remove
      </Button>
      <Button leftSection={<Pencil size={14} />} onClick={() => setAsking("edit")}>
        Edit
      </Button>
    </>
  );
  return (
    <Page
      title={name}
      about="An AI API. Every change is in force when it is answered; there is nothing to deploy."
      actions={actions}
    >
      <Loaded query={route}>
        {(it) => (
          <>
            <Panel>
              <Facts route={it} />
            </Panel>
            <Served route={it} />
            {asking === "edit" && <RouteForm route={it} close={() => setAsking(null)} />}
          </>
        )}
      </Loaded>
      {asking === "remove" && (
        <Remove
          what={`route ${name}`}
          path={at("routes", name)}
          consequence="Requests that it matched are answered by whatever matches next, or 404."
          forcible
          close={() => setAsking(null)}
          removed={() => void navigate({ to: "/routes" })}
        />
      )}
    </Page>
  );
}

function Facts({ route }: { route: Route }) {
  const rows: [string, string][] = [
    ["paths", route.paths.join(", ") || "any"],
    ["methods", route.methods.join(", ") || "any"],
    ["models", route.models.join(", ") || "any"],
    ["service", route.service?.name ?? "none"],
    ["enabled", String(route.enabled)],
  ];
  return (
    <dl className={classes.facts}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="mono">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Served({ route }: { route: Route }) {
  if (route.upstream) {
    const { name } = route.upstream;
    return (
      <Panel title="Served by">
        <p style={{ padding: "0 16px" }}>
          <Link to="/upstreams/$upstream" params={{ upstream: name }}>
            {name}
          </Link>
          , in every environment.
        </p>
      </Panel>
    );
  }
  if (route.provider) {
    const { name } = route.provider;
    return (
      <Panel title="Served by">
        <p style={{ padding: "0 16px" }}>
          <Link to="/providers/$provider" params={{ provider: name }}>
            {name}
          </Link>
          {route.model && ` with ${route.model}`}; the other providers after it, in their order, while the upstream
          default is enabled.
        </p>
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
