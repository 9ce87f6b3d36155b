// One provider: its key pool, its models, its settings.
import "../mantine-more.css";
import { Tabs } from "@mantine/core";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { at } from "../api/client";
import { useProvider, useTopology } from "../api/queries";
import type { Provider } from "../api/shapes";
import { ModelList } from "../models/model-list";
import { EntityPage } from "../parts/entity-page";
import { Panel } from "../parts/page";
import { StateMark } from "../parts/state";
import { EditProviderForm } from "./edit-provider";
import { KeyPool } from "./key-pool";
import classes from "./providers.module.css";

const TABS = ["keys", "models", "settings"] as const;

export default function ProviderPage() {
  const { provider: name } = useParams({ strict: false }) as { provider: string };
  return (
    <EntityPage
      kind="provider"
      name={name}
      query={useProvider(name)}
      path={at("providers", name)}
      consequence="Its keys are removed with it, and requests go to the next provider in the order."
      list="/providers"
    >
      {(it) => <Contents provider={it} />}
    </EntityPage>
  );
}

function Contents({ provider }: { provider: Provider }) {
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const shown = useTopology().data?.providers.find((it) => it.id === provider.id);
  const chosen = TABS.find((it) => it === tab) ?? "keys";
  const choose = (tab: string | null) =>
    void navigate({
      to: "/providers/$provider",
      params: { provider: provider.name },
      search: { tab: tab ?? "keys" },
      replace: true,
    });
  return (
    <>
      {shown && (
        <div className={classes.title}>
          <StateMark state={shown.status} />
          <span className="muted">
            rank {shown.rank}, {provider.kind}
          </span>
          {shown.reason && <span>{shown.reason}</span>}
          {shown.served_by && (
            <span>
              now served by <strong>{shown.served_by.provider}</strong>{" "}
              {shown.served_by.model && <code>{shown.served_by.model}</code>}
            </span>
          )}
        </div>
      )}
      <Tabs value={chosen} onChange={choose} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="keys">Keys</Tabs.Tab>
          <Tabs.Tab value="models">Models</Tabs.Tab>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="keys" pt="md">
          <KeyPool provider={provider} />
        </Tabs.Panel>
        <Tabs.Panel value="models" pt="md">
          <ModelList provider={provider} />
        </Tabs.Panel>
        <Tabs.Panel value="settings" pt="md">
          <Panel>
            <div className={classes.settings}>
              <EditProviderForm key={provider.id} provider={provider} />
            </div>
          </Panel>
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
