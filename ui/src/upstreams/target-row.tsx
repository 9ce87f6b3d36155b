import { Badge, Button, Menu } from "@mantine/core";
import { HeartCrack, HeartPulse, RotateCcw } from "lucide-react";
import { at } from "../api/client";
import { useKeysWanted } from "../api/queries";
import type { TargetHealth } from "../api/shapes";
import { tellDone, useWrite } from "../api/writes";
import { RowActions } from "../parts/row-actions";
import { Standing } from "../parts/standing";
import { StateMark } from "../parts/state";
import table from "../parts/table.module.css";
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
        {target.endpoint && <span className={table.minor}> {target.endpoint}</span>}
      </td>
      <td className="mono">{target.model ?? "as asked"}</td>
      <td>{paidWith(target, useKeysWanted())}</td>
      <td className="numeric">{target.weight}</td>
      <td>{target.backup ? <Badge variant="default">backup</Badge> : target.tier}</td>
      <td>{target.environment}</td>
      <td>
        <span className={table.cell}>
          <Standing state={state} cause={cause} until={until} />
          <StateMark state={target.health} title="of its address" />
        </span>
      </td>
      <td>
        <Share asked={asked} served={served} />
      </td>
      <td>
        <RowActions
          name={name}
          edit={edit}
          more={
            <>
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
            </>
          }
          remove={{
            what: `target ${name} of ${upstream}`,
            path,
            consequence: "The other targets take its share. Requests that it is answering now are finished.",
          }}
        >
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
        </RowActions>
      </td>
    </tr>
  );
}

/** Whose key pays. A client key of ours is never passed on: of who bears one a raw host gets none. */
function paidWith({ credential, target }: TargetHealth, keysWanted: boolean | null): string {
  if (credential === "*") return "every usable key";
  if (credential) return credential.name;
  if (!target) return "Default Config";
  return keysWanted ? "no client key: those stay here" : "the caller's own key";
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
