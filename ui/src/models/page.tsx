// Every listed model of every provider, with its load balancing.
import "../mantine-more.css";
import { Select, TextInput } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useState } from "react";
import { all, at } from "../api/client";
import { keys, useProviders } from "../api/queries";
import type { Provider, ProviderModel } from "../api/shapes";
import { Empty } from "../parts/empty";
import { Logo } from "../parts/logo";
import { Failed, Loaded, Page, Panel, Waiting } from "../parts/page";
import { Table } from "../parts/table";
import { BalanceBadge } from "./balance-badge";
import classes from "./models.module.css";

export default function ModelsPage() {
  const providers = useProviders();
  return (
    <Page
      title="Models"
      about="A model can be balanced over several keys of its provider, so that no single rate limit stops it."
    >
      <Loaded query={providers}>{(it) => <Models providers={it} />}</Loaded>
    </Page>
  );
}

function Models({ providers }: { providers: Provider[] }) {
  const { provider: wanted } = useSearch({ strict: false }) as { provider?: string };
  const navigate = useNavigate();
  const [filter, setFilter] = useState("");
  const chosen = providers.filter((it) => !wanted || it.name === wanted);
  const lists = useQueries({
    queries: chosen.map((it) => ({
      queryKey: keys.models(it.name),
      queryFn: ({ signal }: { signal: AbortSignal }) => all<ProviderModel>(at("providers", it.name, "models"), signal),
    })),
  });
  const failed = lists.find((it) => it.error)?.error;
  const isHere = lists.every((it) => it.data);
  const rows = chosen.flatMap((provider, index) => (lists[index]?.data ?? []).map((model) => ({ provider, model })));
  const shown = rows.filter(({ model }) => model.id.toLowerCase().includes(filter.toLowerCase()));
  return (
    <>
      <div className={classes.tools}>
        <TextInput
          leftSection={<Search size={14} aria-hidden />}
          placeholder="Filter models"
          aria-label="Filter models"
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
        <Select
          placeholder="All providers"
          aria-label="Provider"
          clearable
          data={providers.map((it) => it.name)}
          value={wanted ?? null}
          onChange={(it) => void navigate({ to: "/models", search: { provider: it ?? undefined }, replace: true })}
          nothingFoundMessage="No provider yet"
        />
      </div>
      <Panel>
        {failed && <Failed error={failed} />}
        {!isHere && !failed && <Waiting rows={5} />}
        {isHere && shown.length === 0 && (
          <Empty title="No model is listed" action={<Link to="/providers">To the providers</Link>}>
            Models are listed at their provider: by hand, or by asking the vendor. Until then any name is passed on.
          </Empty>
        )}
        {shown.length > 0 && (
          <Table label="Models" head={["Model", "Provider", "Context window", "Load balancing"]} numeric={[2]}>
            {shown.map(({ provider, model }) => (
              <tr key={`${provider.id}/${model.id}`}>
                <td>
                  <Link
                    className="mono"
                    to="/models/$provider/$model"
                    params={{ provider: provider.name, model: model.id }}
                  >
                    {model.id}
                  </Link>{" "}
                  {provider.default_model === model.id && <span className={classes.minor}>default</span>}
                </td>
                <td>
                  <span className={classes.provider}>
                    <Logo kind={provider.kind} name={provider.name} size={22} />
                    <Link to="/providers/$provider" params={{ provider: provider.name }}>
                      {provider.name}
                    </Link>
                  </span>
                </td>
                <td className="numeric">{model.context_window?.toLocaleString() ?? "–"}</td>
                <td>
                  <BalanceBadge model={model} />
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Panel>
    </>
  );
}
