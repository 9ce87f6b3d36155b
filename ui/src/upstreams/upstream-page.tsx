// One upstream: what it is set to, who its targets are and how they stand, and why the last requests went where.
import "../mantine-more.css";
import { Button } from "@mantine/core";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { at } from "../api/client";
import { useUpstream } from "../api/queries";
import type { Upstream } from "../api/shapes";
import { Loaded, Page, Panel } from "../parts/page";
import { Remove } from "../parts/remove";
import { Targets } from "./targets";
import { UpstreamForm } from "./upstream-form";
import classes from "./upstreams.module.css";
import { Why } from "./why";

export default function UpstreamPage() {
  const { upstream: name } = useParams({ strict: false }) as { upstream: string };
  const upstream = useUpstream(name);
  const [asking, setAsking] = useState<"edit" | "remove" | null>(null);
  const navigate = useNavigate();
  const actions = upstream.data && (
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
    <Page title={name} actions={actions}>
      <Loaded query={upstream}>
        {(it) => (
          <>
            <Panel>
              <Facts upstream={it} />
            </Panel>
            <Targets upstream={it} />
            <Why upstream={it.name} />
            {asking === "edit" && <UpstreamForm upstream={it} close={() => setAsking(null)} />}
          </>
        )}
      </Loaded>
      {asking === "remove" && (
        <Remove
          what={`upstream ${name}`}
          path={at("upstreams", name)}
          consequence="Its targets are removed with it, and clients that use its name are answered 404."
          forcible
          close={() => setAsking(null)}
          removed={() => void navigate({ to: "/upstreams" })}
        />
      )}
    </Page>
  );
}

function Facts({ upstream }: { upstream: Upstream }) {
  const { healthchecks, suspension } = upstream;
  const { active, passive } = healthchecks;
  const interval = Math.max(active.healthy.interval, active.unhealthy.interval);
  const hash = upstream.hash_on === "header" ? `header ${upstream.hash_on_header}` : upstream.hash_on;
  const rows: [string, string][] = [
    ["algorithm", upstream.algorithm],
    ...(upstream.hash_on !== "none" ? ([["hash_on", hash]] as [string, string][]) : []),
    ["enabled", String(upstream.enabled)],
    ["on_empty", upstream.on_empty],
    ["rate limit suspends", seconds(suspension.rate_limit)],
    ["active check", interval > 0 ? `${active.type} ${active.http_path} every ${interval} s` : "off"],
    [
      "ejected after",
      `${passive.unhealthy.http_failures} http, ${passive.unhealthy.tcp_failures} tcp, ${passive.unhealthy.timeouts} timeouts`,
    ],
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

const seconds = (value: number | string | boolean | null | undefined) =>
  value == null ? "not remembered" : `${value} s`;
