import { ActionIcon, Badge, Button, Menu } from "@mantine/core";
import { Ellipsis, HeartCrack, HeartPulse, Pencil, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import { at } from "../api/client";
import type { TargetHealth } from "../api/shapes";
import { tellDone, useWrite } from "../api/writes";
import { Remove } from "../parts/remove";
import { StateMark } from "../parts/state";
import { Countdown } from "../parts/time";
import classes from "./upstreams.module.css";

interface TargetRowProps {
  upstream: string;
  target: TargetHealth;
  asked: number;
  served: number | null;
  edit: () => void;
}

export const targetName = (it: { target: string | null; provider: { name: string } | null }) =>
  it.target ?? it.provider?.name ?? "?";

export function TargetRow({ upstream, target, asked, served, edit }: TargetRowProps) {
  const [removing, setRemoving] = useState(false);
  const write = useWrite();
  const path = at("upstreams", upstream, "targets", target.id);
  const name = targetName(target);
  const { state, cause, until } = target.state;
  const order = (method: "PUT" | "DELETE", what: string, told: string) =>
    write.mutate({ method, path: `${path}/${what}` }, { onSuccess: () => tellDone(told) });
  const isOut = !["available", "disabled", "drained"].includes(state);
  return (
    <tr>
      <td>
        <strong>{name}</strong>
        {target.endpoint && <span className={classes.minor}> {target.endpoint}</span>}
      </td>
      <td className="mono">{target.model ?? "as asked"}</td>
      <td>{credentialWords(target)}</td>
      <td className="numeric">{target.weight}</td>
      <td>{target.backup ? <Badge variant="default">backup</Badge> : target.tier}</td>
      <td>{target.environment}</td>
      <td>
        <span className={classes.cell}>
          <StateMark state={state} title={cause ?? undefined} />
          {cause && <span className={classes.minor}>{cause}</span>}
          {until && (
            <span className={classes.minor}>
              <Countdown until={until} />
            </span>
          )}
          <StateMark state={target.health} title="of its address" />
        </span>
      </td>
      <td>
        <Share asked={asked} served={served} />
      </td>
      <td>
        <span className={classes.cell}>
          {isOut && (
            <Button
              variant="default"
              leftSection={<RotateCcw size={13} />}
              loading={write.isPending}
              onClick={() => order("DELETE", "exclusion", `${name} is clear`)}
            >
              Clear now
            </Button>
          )}
          <ActionIcon onClick={edit} aria-label={`Edit ${name}`} title="Edit">
            <Pencil size={14} />
          </ActionIcon>
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon aria-label={`More for ${name}`}>
                <Ellipsis size={15} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                leftSection={<HeartPulse size={14} />}
                onClick={() => order("PUT", "healthy", `${name} is taken back`)}
              >
                Take its address back
              </Menu.Item>
              <Menu.Item
                leftSection={<HeartCrack size={14} />}
                onClick={() => order("PUT", "unhealthy", `${name} is taken out until you take it back`)}
              >
                Take its address out
              </Menu.Item>
              <Menu.Item color="red" leftSection={<Trash2 size={14} />} onClick={() => setRemoving(true)}>
                Remove
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </span>
        {removing && (
          <Remove
            what={`target ${name} of ${upstream}`}
            path={path}
            consequence="The other targets take its share. Requests that it is answering now are finished."
            close={() => setRemoving(false)}
          />
        )}
      </td>
    </tr>
  );
}

function credentialWords({ credential, target }: TargetHealth): string {
  if (credential === "*") return "every usable key";
  if (credential) return credential.name;
  return target ? "the caller's own key" : "Default Config";
}

function Share({ asked, served }: { asked: number; served: number | null }) {
  const percent = (it: number) => `${Math.round(it * 100)} %`;
  return (
    <div className={classes.share}>
      <div className={classes.bar}>
        <span style={{ width: `${asked * 100}%` }} />
      </div>
      <span>{percent(asked)} asked</span>
      <div className={classes.bar} data-served>
        <span style={{ width: `${(served ?? 0) * 100}%` }} />
      </div>
      <span>{served === null ? "no request yet" : `${percent(served)} served`}</span>
    </div>
  );
}
