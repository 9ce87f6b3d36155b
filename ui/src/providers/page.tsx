import "../mantine-more.css";
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useProviders, useTopology } from "../api/queries";
import type { Provider, TopologyProvider } from "../api/shapes";
import { usability } from "../load-balancing/summary";
import { adminUrl, Empty } from "../parts/empty";
import { Logo } from "../parts/logo";
import { Loaded, Page, Panel } from "../parts/page";
import { StateMark } from "../parts/state";
import { Table } from "../parts/table";
import AddProvider from "./add-provider";
import classes from "./providers.module.css";

export default function ProvidersPage() {
  const providers = useProviders();
  const topology = useTopology().data;
  const [adding, setAdding] = useState(false);
  const add = (
    <Button leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
      Add provider
    </Button>
  );
  const shown = new Map(topology?.providers.map((it) => [it.id, it]));
  return (
    <Page
      title="Providers"
      about="Vendors and your own servers, in the order in which they are asked when another can not serve."
      actions={add}
    >
      <Panel>
        <Loaded query={providers}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty
                title="No provider yet"
                action={add}
                curl={`curl ${adminUrl()}/providers -d name=openai -d kind=openai`}
              >
                Add one with its key. Variables such as OPENAI_API_KEY add theirs at the next start.
              </Empty>
            ) : (
              <Table
                label="Providers"
                head={["Rank", "Name", "Status", "Kind", "Default model", "Keys", "APIs"]}
                numeric={[0, 5, 6]}
              >
                {[...rows]
                  .sort((a, b) => a.rank - b.rank)
                  .map((it) => (
                    <Row key={it.id} provider={it} shown={shown.get(it.id)} />
                  ))}
              </Table>
            )
          }
        </Loaded>
      </Panel>
      {adding && <AddProvider close={() => setAdding(false)} />}
    </Page>
  );
}

function Row({ provider, shown }: { provider: Provider; shown?: TopologyProvider }) {
  const keys = shown && usability(shown.credentials);
  return (
    <tr>
      <td className="numeric">{provider.rank}</td>
      <td>
        <span className={classes.name}>
          <Logo kind={provider.kind} name={provider.name} size={24} />
          <Link to="/providers/$provider" params={{ provider: provider.name }}>
            {provider.name}
          </Link>
        </span>
      </td>
      <td>
        {shown && <StateMark state={shown.status} />}
        {shown?.reason && <span className={classes.reason}>{shown.reason}</span>}
      </td>
      <td>{provider.kind}</td>
      <td className="mono">{shown?.default_model ?? provider.default_model ?? "–"}</td>
      <td className="numeric">
        {keys?.except && <span className={classes.except}>{keys.except}</span>}
        <Link to="/providers/$provider" params={{ provider: provider.name }} search={{ tab: "keys" }}>
          {keys ? `${keys.usable}/${keys.all}` : "–"}
        </Link>
      </td>
      <td className="numeric">
        <Link to="/routes" search={{ provider: provider.name }}>
          {shown?.api_count ?? "–"}
        </Link>
      </td>
    </tr>
  );
}
