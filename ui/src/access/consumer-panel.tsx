import { Button } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { at } from "../api/client";
import { useClientKeys } from "../api/queries";
import type { Consumer } from "../api/shapes";
import { Loaded, Note, Panel } from "../parts/page";
import { Remove } from "../parts/remove";
import { Table } from "../parts/table";
import { ClientKeyRow } from "./client-key-row";
import { GiveKey } from "./give-key";

export function ConsumerPanel({ consumer }: { consumer: Consumer }) {
  const keys = useClientKeys(consumer.name);
  const [asking, setAsking] = useState<"key" | "remove" | null>(null);
  const actions = (
    <>
      <Button
        variant="default"
        leftSection={<Trash2 size={14} />}
        onClick={() => setAsking("remove")}
        aria-label={`Remove consumer ${consumer.name}`}
      >
        Remove
      </Button>
      <Button leftSection={<Plus size={14} />} onClick={() => setAsking("key")}>
        Give a key
      </Button>
    </>
  );
  return (
    <Panel title={consumer.name} actions={actions}>
      <Loaded query={keys} rows={2}>
        {(rows) =>
          rows.length === 0 ? (
            <Note>It has no key yet.</Note>
          ) : (
            <Table
              label={`Keys of ${consumer.name}`}
              head={["Name", "State", "Environment", "Routes", "Models", "Expires", ""]}
            >
              {rows.map((it) => (
                <ClientKeyRow key={it.id} consumer={consumer.name} clientKey={it} />
              ))}
            </Table>
          )
        }
      </Loaded>
      {asking === "key" && <GiveKey consumer={consumer.name} close={() => setAsking(null)} />}
      {asking === "remove" && (
        <Remove
          what={`consumer ${consumer.name}`}
          path={at("consumers", consumer.name)}
          consequence="Its keys are removed with it: whoever uses one is answered 401 from the next request on."
          forcible
          close={() => setAsking(null)}
        />
      )}
    </Panel>
  );
}
