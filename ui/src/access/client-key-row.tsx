import { ActionIcon, Button } from "@mantine/core";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { at } from "../api/client";
import type { ClientKey } from "../api/shapes";
import { tellDone, useWrite } from "../api/writes";
import { Remove } from "../parts/remove";
import { StateMark } from "../parts/state";
import { Moment } from "../parts/time";

export function ClientKeyRow({ consumer, clientKey }: { consumer: string; clientKey: ClientKey }) {
  const [removing, setRemoving] = useState(false);
  const write = useWrite();
  const { name, enabled, environment, routes, models, expires_at } = clientKey;
  const path = at("consumers", consumer, "keys", name);
  const toggle = () =>
    write.mutate(
      { method: "PATCH", path, body: { enabled: !enabled } },
      { onSuccess: () => tellDone(`${name} is ${enabled ? "disabled" : "enabled"}`) },
    );
  const isExpired = expires_at !== null && Date.parse(expires_at) <= Date.now();
  return (
    <tr>
      <td>
        <strong>{name}</strong>
      </td>
      <td>
        <StateMark state={!enabled ? "disabled" : isExpired ? "expired" : "enabled"} />
      </td>
      <td>{environment}</td>
      <td>{routes?.map((it) => it.name).join(", ") ?? "all"}</td>
      <td>{models?.join(", ") ?? "all"}</td>
      <td>{expires_at ? <Moment at={expires_at} /> : "never"}</td>
      <td className="numeric nowrap">
        <Button variant="default" loading={write.isPending} onClick={toggle}>
          {enabled ? "Disable" : "Enable"}
        </Button>{" "}
        <ActionIcon onClick={() => setRemoving(true)} aria-label={`Remove ${name}`} style={{ verticalAlign: "middle" }}>
          <Trash2 size={15} />
        </ActionIcon>
        {removing && (
          <Remove
            what={`client key ${name}`}
            path={path}
            consequence="Whoever uses it is answered 401 from the next request on."
            close={() => setRemoving(false)}
          />
        )}
      </td>
    </tr>
  );
}
