import { ActionIcon, Badge, Button, Menu } from "@mantine/core";
import { ArrowDown, ArrowUp, FlaskConical, Power, RotateCcw, Star } from "lucide-react";
import { useState } from "react";
import { at } from "../api/client";
import type { Credential } from "../api/shapes";
import { tellDone, useWrite } from "../api/writes";
import { RowActions } from "../parts/row-actions";
import { Standing } from "../parts/standing";
import table from "../parts/table.module.css";
import { Moment } from "../parts/time";
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
  const [testing, setTesting] = useState(false);
  const write = useWrite();
  const path = at("providers", provider, "credentials", credential.name);
  const patch = (body: object, told?: string) =>
    write.mutate({ method: "PATCH", path, body }, { onSuccess: () => told && tellDone(told) });
  const { name, state, cause, until, rank, enabled } = credential;
  const makeDefault = () =>
    write.mutate(
      { method: "PATCH", path: at("providers", provider), body: { default_credential: name } },
      { onSuccess: () => tellDone(`${name} is the default`) },
    );
  const isOut = enabled && (state !== "normal" || credential.model_states.length > 0);
  return (
    <tr>
      <td className="numeric">
        <span className={table.cell}>
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
        <span className={table.cell}>
          <strong>{name}</strong>
          {credential.default && (
            <Badge size="xs" variant="default" leftSection={<Star size={9} />}>
              default
            </Badge>
          )}
        </span>
      </td>
      <td>
        <span className={table.cell}>
          <Standing state={state} cause={cause} until={until} />
          {credential.model_states.map((it) => (
            <Standing
              key={it.model}
              state={it.state}
              cause={it.cause}
              until={it.until}
              of={it.model ?? "other models"}
            />
          ))}
        </span>
      </td>
      <td className={classes.secret}>{credential.secret}</td>
      <td>{credential.environment}</td>
      <td className="numeric">{credential.weight}</td>
      <td>{credential.expires_at ? <Moment at={credential.expires_at} /> : "never"}</td>
      <td>
        <RowActions
          name={name}
          edit={edit}
          more={
            <>
              <Menu.Item
                leftSection={<Power size={14} />}
                onClick={() => patch({ enabled: !enabled }, `${name} is ${enabled ? "disabled" : "enabled"}`)}
              >
                {enabled ? "Disable" : "Enable"}
              </Menu.Item>
              <Menu.Item leftSection={<Star size={14} />} disabled={credential.default} onClick={makeDefault}>
                Make it the default
              </Menu.Item>
            </>
          }
          remove={{
            what: `key ${name} of ${provider}`,
            path,
            consequence: "No request uses it any more. The vendor does not learn of it: revoke it there, too.",
            forcible: true,
          }}
        >
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
          <Button variant="default" leftSection={<FlaskConical size={13} />} onClick={() => setTesting(true)}>
            Test
          </Button>
        </RowActions>
        {testing && <TestKey name={name} path={`${path}/test`} close={() => setTesting(false)} />}
      </td>
    </tr>
  );
}
