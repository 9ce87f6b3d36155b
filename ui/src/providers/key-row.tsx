import { ActionIcon, Badge, Button, Menu } from "@mantine/core";
import { ArrowDown, ArrowUp, Ellipsis, FlaskConical, Pencil, Power, RotateCcw, Star, Trash2 } from "lucide-react";
import { useState } from "react";
import { at } from "../api/client";
import type { Credential } from "../api/shapes";
import { tellDone, useWrite } from "../api/writes";
import { Remove } from "../parts/remove";
import { StateMark } from "../parts/state";
import { Countdown, clock } from "../parts/time";
import classes from "./providers.module.css";
import { TestKey } from "./test-key";

interface KeyRowProps {
  provider: string;
  credential: Credential;
  isFirst: boolean;
  isLast: boolean;
  edit: () => void;
}

export function KeyRow({ provider, credential, isFirst, isLast, edit }: KeyRowProps) {
  const [asking, setAsking] = useState<"remove" | "test" | null>(null);
  const write = useWrite();
  const path = at("providers", provider, "credentials", credential.name);
  const patch = (body: object, told?: string) =>
    write.mutate({ method: "PATCH", path, body }, { onSuccess: () => told && tellDone(told) });
  const { name, state, cause, until, rank, enabled } = credential;
  const isOut = enabled && (state !== "normal" || credential.model_states.length > 0);
  return (
    <tr>
      <td className="numeric">
        <span className={classes.cell}>
          {rank}
          <ActionIcon
            size="sm"
            disabled={isFirst}
            onClick={() => patch({ rank: rank - 1 })}
            aria-label={`Move ${name} up`}
          >
            <ArrowUp size={13} />
          </ActionIcon>
          <ActionIcon
            size="sm"
            disabled={isLast}
            onClick={() => patch({ rank: rank + 1 })}
            aria-label={`Move ${name} down`}
          >
            <ArrowDown size={13} />
          </ActionIcon>
        </span>
      </td>
      <td>
        <span className={classes.cell}>
          <strong>{name}</strong>
          {credential.default && (
            <Badge size="xs" variant="default" leftSection={<Star size={9} />}>
              default
            </Badge>
          )}
        </span>
      </td>
      <td>
        <span className={classes.cell}>
          <StateMark state={state} title={cause ?? undefined} />
          {cause && <span className={classes.until}>{cause}</span>}
          {until && (
            <span className={classes.until}>
              <Countdown until={until} />
            </span>
          )}
          {credential.model_states.map((it) => (
            <span key={it.model} className={classes.cell}>
              <StateMark state={it.state} title={it.cause ?? undefined} />
              <span className={classes.until}>
                {it.model ?? "other models"} {it.until && <Countdown until={it.until} />}
              </span>
            </span>
          ))}
        </span>
      </td>
      <td className={classes.secret}>{credential.secret}</td>
      <td>{credential.environment}</td>
      <td className="numeric">{credential.weight}</td>
      <td className="nowrap">{credential.expires_at ? clock(credential.expires_at) : "never"}</td>
      <td>
        <span className={classes.cell}>
          <Button variant="default" leftSection={<FlaskConical size={13} />} onClick={() => setAsking("test")}>
            Test
          </Button>
          {isOut && (
            <Button
              variant="default"
              leftSection={<RotateCcw size={13} />}
              loading={write.isPending}
              onClick={() => patch({ enabled: true }, `${name} is clear`)}
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
                leftSection={<Power size={14} />}
                onClick={() => patch({ enabled: !enabled }, `${name} is ${enabled ? "disabled" : "enabled"}`)}
              >
                {enabled ? "Disable" : "Enable"}
              </Menu.Item>
              <Menu.Item
                leftSection={<Star size={14} />}
                disabled={credential.default}
                onClick={() =>
                  write.mutate(
                    { method: "PATCH", path: at("providers", provider), body: { default_credential: name } },
                    { onSuccess: () => tellDone(`${name} is the default`) },
                  )
                }
              >
                Make it the default
              </Menu.Item>
              <Menu.Item color="red" leftSection={<Trash2 size={14} />} onClick={() => setAsking("remove")}>
                Remove
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </span>
        {asking === "remove" && (
          <Remove
            what={`key ${name} of ${provider}`}
            path={path}
            consequence="No request uses it any more. The vendor does not learn of it: revoke it there, too."
            forcible
            close={() => setAsking(null)}
          />
        )}
        {asking === "test" && <TestKey name={name} path={`${path}/test`} close={() => setAsking(null)} />}
      </td>
    </tr>
  );
}
