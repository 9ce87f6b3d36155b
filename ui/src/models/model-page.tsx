// The load balancing of one model of one provider: which keys take turns, and how each stands.
import "../mantine-more.css";
import { Link, useParams } from "@tanstack/react-router";
import { usePool } from "../api/queries";
import { Loaded, Page, Panel } from "../parts/page";
import { PoolEditor } from "./pool-editor";

export default function ModelPage() {
  const { provider, model } = useParams({ strict: false }) as { provider: string; model: string };
  const pool = usePool(provider, model);
  return (
    <Page
      title={model}
      about={
        <>
          A model of{" "}
          <Link to="/providers/$provider" params={{ provider }} search={{ tab: "models" }}>
            {provider}
          </Link>
          . With load balancing its requests take turns over several keys; a key that is rate limited sits out and comes
          back by itself.
        </>
      }
    >
      <Panel>
        <Loaded query={pool}>
          {(it) => <PoolEditor key={`${provider}/${model}`} provider={provider} model={model} pool={it} />}
        </Loaded>
      </Panel>
    </Page>
  );
}
