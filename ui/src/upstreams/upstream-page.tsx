// One upstream: what it is set to, who its targets are and how they stand, and why the last requests went where.
import "../mantine-more.css";
import { useParams } from "@tanstack/react-router";
import { at } from "../api/client";
import { useUpstream } from "../api/queries";
import type { Upstream } from "../api/shapes";
import { EntityPage } from "../parts/entity-page";
import { type Fact, Facts } from "../parts/facts";
import { Panel } from "../parts/page";
import { Targets } from "./targets";
import { UpstreamForm } from "./upstream-form";
import { Why } from "./why";

export default function UpstreamPage() {
  const { upstream: name } = useParams({ strict: false }) as { upstream: string };
  return (
    <EntityPage
      kind="upstream"
      name={name}
      query={useUpstream(name)}
      path={at("upstreams", name)}
      consequence="Its targets are removed with it, and clients that use its name are answered 404."
      list="/upstreams"
      edit={(it, close) => <UpstreamForm upstream={it} close={close} />}
    >
      {(it) => (
        <>
          <Panel>
            <Facts rows={facts(it)} />
          </Panel>
          <Targets upstream={it} />
          <Why upstream={it.name} />
        </>
      )}
    </EntityPage>
  );
}

function facts({ algorithm, hash_on, hash_on_header, enabled, on_empty, healthchecks, suspension }: Upstream): Fact[] {
  const { active, passive } = healthchecks;
  const interval = Math.max(active.healthy.interval, active.unhealthy.interval);
  const { http_failures, tcp_failures, timeouts } = passive.unhealthy;
  const hash: Fact[] = [["hash_on", hash_on === "header" ? `header ${hash_on_header}` : hash_on]];
  return [
    ["algorithm", algorithm],
    ...(hash_on === "none" ? [] : hash),
    ["enabled", String(enabled)],
    ["on_empty", on_empty],
    ["rate limit suspends", seconds(suspension.rate_limit)],
    ["active check", interval > 0 ? `${active.type} ${active.http_path} every ${interval} s` : "off"],
    ["ejected after", `${http_failures} http, ${tcp_failures} tcp, ${timeouts} timeouts`],
  ];
}

const seconds = (value: number | string | boolean | null | undefined) =>
  value == null ? "not remembered" : `${value} s`;
