// The targets of an upstream: share asked and share served, how each stands, and what can be done about it.
import { Button } from "@mantine/core";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useHealth, useRequests } from "../api/queries";
import type { TargetHealth, Upstream } from "../api/shapes";
import { adminUrl, Empty } from "../parts/empty";
import { Loaded, Panel } from "../parts/page";
import { Table } from "../parts/table";
import { asked, served } from "./share";
import { TargetForm } from "./target-form";
import { TargetRow } from "./target-row";

/** Requests from which the share served is told. */
const SAMPLE = 200;

export function Targets({ upstream, title = "Targets" }: { upstream: Upstream; title?: string }) {
  const health = useHealth(upstream.name);
  const requests = useRequests(`upstream=${encodeURIComponent(upstream.name)}&size=${SAMPLE}`, true).data?.data ?? [];
  const [edited, setEdited] = useState<TargetHealth | "new" | null>(null);
  const add = (
    <Button leftSection={<Plus size={14} />} onClick={() => setEdited("new")}>
      Add target
    </Button>
  );
  return (
    <Panel title={title} actions={add}>
      <Loaded query={health} rows={3}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty
              title="No target yet"
              action={add}
              curl={`curl ${adminUrl()}/upstreams/${upstream.name}/targets -d provider=openai -d model=gpt-4o-mini -d weight=100`}
            >
              A target is a provider with a model and a key, or a raw host and port.
            </Empty>
          ) : (
            <Table
              label={`Targets of ${upstream.name}`}
              head={["Target", "Model", "Paid with", "Weight", "Tier", "Environment", "State", "Asked, served", ""]}
              numeric={[3]}
            >
              {rows.map((it) => (
                <TargetRow
                  key={it.id}
                  upstream={upstream.name}
                  target={it}
                  asked={asked(rows, it)}
                  served={served(requests, it)}
                  edit={() => setEdited(it)}
                />
              ))}
            </Table>
          )
        }
      </Loaded>
      {edited && (
        <TargetForm upstream={upstream.name} target={edited === "new" ? null : edited} close={() => setEdited(null)} />
      )}
    </Panel>
  );
}
