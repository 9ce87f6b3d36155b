// The models of one provider.
import { ActionIcon, Button, Menu } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Ellipsis, Plus, Radar, Scale, Star, Trash2 } from "lucide-react";
import { useState } from "react";
import { at } from "../api/client";
import { useModels } from "../api/queries";
import type { Provider, ProviderModel } from "../api/shapes";
import { tellDone, useWrite } from "../api/writes";
import { adminUrl, Empty } from "../parts/empty";
import { Loaded, Panel } from "../parts/page";
import { Table } from "../parts/table";
import { AddModel } from "./add-model";
import { BalanceBadge } from "./balance-badge";
import { Discover } from "./discover";
import classes from "./models.module.css";

export function ModelList({ provider }: { provider: Provider }) {
  const models = useModels(provider.name);
  const [asking, setAsking] = useState<"add" | "discover" | null>(null);
  const actions = (
    <>
      <Button variant="default" leftSection={<Radar size={14} />} onClick={() => setAsking("discover")}>
        Ask the vendor
      </Button>
      <Button leftSection={<Plus size={14} />} onClick={() => setAsking("add")}>
        Add model
      </Button>
    </>
  );
  return (
    <Panel title="Models" actions={actions}>
      <Loaded query={models} rows={4}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty
              title="No model is listed"
              curl={`curl -X POST ${adminUrl()}/providers/${provider.name}/models/discover`}
            >
              Any name that a client asks for is passed on. Listed models can be balanced over several keys, and the
              vendor can be asked which it has.
            </Empty>
          ) : (
            <Table
              label={`Models of ${provider.name}`}
              head={["Model", "Context window", "Load balancing", ""]}
              numeric={[1]}
            >
              {rows.map((it) => (
                <Row key={it.id} provider={provider} model={it} />
              ))}
            </Table>
          )
        }
      </Loaded>
      {asking === "add" && <AddModel provider={provider} close={() => setAsking(null)} />}
      {asking === "discover" && <Discover provider={provider} close={() => setAsking(null)} />}
    </Panel>
  );
}

function Row({ provider, model }: { provider: Provider; model: ProviderModel }) {
  const write = useWrite();
  const path = at("providers", provider.name);
  const isDefault = provider.default_model === model.id;
  const patch = (body: object, told: string) =>
    write.mutate({ method: "PATCH", path, body }, { onSuccess: () => tellDone(told) });
  return (
    <tr>
      <td>
        <Link className="mono" to="/models/$provider/$model" params={{ provider: provider.name, model: model.id }}>
          {model.id}
        </Link>{" "}
        {isDefault && <span className={classes.minor}>default</span>}
      </td>
      <td className="numeric">{model.context_window?.toLocaleString() ?? "–"}</td>
      <td>
        <BalanceBadge model={model} />
      </td>
      <td className="numeric">
        <Button
          variant="default"
          leftSection={<Scale size={13} />}
          renderRoot={(props) => (
            <Link to="/models/$provider/$model" params={{ provider: provider.name, model: model.id }} {...props} />
          )}
        >
          Load balancing
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon aria-label={`More for ${model.id}`} ml={6} style={{ verticalAlign: "middle" }}>
              <Ellipsis size={15} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<Star size={14} />}
              disabled={isDefault}
              onClick={() => patch({ default_model: model.id }, `${model.id} is the default model`)}
            >
              Make it the default
            </Menu.Item>
            <Menu.Item
              color="red"
              leftSection={<Trash2 size={14} />}
              onClick={() =>
                patch(
                  { models: (provider.models ?? []).filter((it) => it.id !== model.id) },
                  `${model.id} is not listed any more`,
                )
              }
            >
              Take it off the list
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </td>
    </tr>
  );
}
