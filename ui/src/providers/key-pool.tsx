// A provider's keys: how each stands, which comes first, and what can be done with it.
import { Button } from "@mantine/core";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useCredentials } from "../api/queries";
import type { Credential, Provider } from "../api/shapes";
import { adminUrl, Empty } from "../parts/empty";
import { Loaded, Panel } from "../parts/page";
import { Table } from "../parts/table";
import { KeyForm } from "./key-form";
import { KeyRow } from "./key-row";

export function KeyPool({ provider }: { provider: Provider }) {
  const credentials = useCredentials(provider.name);
  const [edited, setEdited] = useState<Credential | "new" | null>(null);
  const add = (
    <Button leftSection={<Plus size={14} />} onClick={() => setEdited("new")}>
      Add key
    </Button>
  );
  return (
    <Panel title="Key pool" actions={add}>
      <Loaded query={credentials} rows={3}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty
              title="No key yet"
              action={add}
              curl={`curl ${adminUrl()}/providers/${provider.name}/credentials -d name=main -d secret=env:VENDOR_API_KEY`}
            >
              Without a key this provider serves nothing that wants one.
            </Empty>
          ) : (
            <Table
              label={`Keys of ${provider.name}`}
              head={["Rank", "Name", "State", "Secret", "Environment", "Weight", "Expires", ""]}
              numeric={[5]}
            >
              {[...rows]
                .sort((a, b) => a.rank - b.rank)
                .map((it, index, all) => (
                  <KeyRow
                    key={it.id}
                    provider={provider.name}
                    credential={it}
                    isFirst={index === 0}
                    isLast={index === all.length - 1}
                    edit={() => setEdited(it)}
                  />
                ))}
            </Table>
          )
        }
      </Loaded>
      {edited && (
        <KeyForm provider={provider.name} credential={edited === "new" ? null : edited} close={() => setEdited(null)} />
      )}
    </Panel>
  );
}
