import "../mantine-more.css";
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useHealth, useUpstreams } from "../api/queries";
import type { Upstream } from "../api/shapes";
import { adminUrl, Empty } from "../parts/empty";
import { Loaded, Page, Panel } from "../parts/page";
import { StateMark } from "../parts/state";
import { Table } from "../parts/table";
import { UpstreamForm } from "./upstream-form";
import classes from "./upstreams.module.css";

export default function UpstreamsPage() {
  const upstreams = useUpstreams();
  const [adding, setAdding] = useState(false);
  const add = (
    <Button leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
      Add upstream
    </Button>
  );
  return (
    <Page
      title="Upstreams"
      about="A pool of targets with one algorithm. Clients reach it as /NAME/v1, as a model's name, or by a route."
      actions={add}
    >
      <Panel>
        <Loaded query={upstreams}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty
                title="No upstream yet"
                action={add}
                curl={`curl ${adminUrl()}/upstreams -d name=ai\ncurl ${adminUrl()}/upstreams/ai/targets -d target=10.0.0.5:8080`}
              />
            ) : (
              <Table label="Upstreams" head={["Name", "Algorithm", "Targets", "Out", "Mode"]} numeric={[2]}>
                {rows.map((it) => (
                  <Row key={it.id} upstream={it} />
                ))}
              </Table>
            )
          }
        </Loaded>
      </Panel>
      {adding && <UpstreamForm upstream={null} close={() => setAdding(false)} />}
    </Page>
  );
}

/** Targets that are named before the rest is counted. */
const NAMED_MAX = 3;

function Row({ upstream }: { upstream: Upstream }) {
  const targets = useHealth(upstream.name).data;
  const out = (targets ?? []).filter((it) => it.state.state !== "available");
  return (
    <tr>
      <td>
        <Link to="/upstreams/$upstream" params={{ upstream: upstream.name }}>
          {upstream.name}
        </Link>
      </td>
      <td>{upstream.algorithm}</td>
      <td className="numeric">{targets ? `${targets.length - out.length}/${targets.length}` : "–"}</td>
      <td>
        <span className={classes.cell}>
          {out.slice(0, NAMED_MAX).map((it) => (
            <StateMark key={it.id} state={it.state.state} title={it.state.cause ?? undefined} />
          ))}
          {out.length > NAMED_MAX && <span className="muted">and {out.length - NAMED_MAX} more</span>}
        </span>
      </td>
      <td>{upstream.enabled ? "balancing" : "off: first target's provider alone"}</td>
    </tr>
  );
}
