import { Alert, Button, Group, Switch } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { at } from "../api/client";
import { useCredentials } from "../api/queries";
import type { Pool } from "../api/shapes";
import { tellDone, useWrite } from "../api/writes";
import { AddCredential } from "./add-credential";
import classes from "./models.module.css";
import { blocked, body, type Draft, type DraftEntry, draft, equal, shares, standing, withCredential } from "./pool";
import { PoolRow } from "./pool-row";

export function PoolEditor({ provider, model, pool }: { provider: string; model: string; pool: Pool }) {
  const [edited, setEdited] = useDraft(pool);
  const credentials = useCredentials(provider).data ?? [];
  const write = useWrite<Pool>({ quiet: true });
  const reason = blocked(edited);
  const part = shares(edited);
  const isChanged = !equal(edited, draft(pool));
  const set = (index: number, entry: DraftEntry | null) =>
    setEdited({ ...edited, entries: edited.entries.flatMap((it, at) => (at === index ? (entry ?? []) : it)) });
  const save = () =>
    write.mutate(
      { method: "PUT", path: at("providers", provider, "models", model, "load-balancing"), body: body(edited) },
      {
        onSuccess: () =>
          tellDone(
            edited.enabled ? `${model} is balanced over its pool` : `${model} uses the default key; the pool is kept`,
          ),
      },
    );
  return (
    <div className={classes.editor}>
      <Switch
        size="md"
        label="Load balancing"
        description={
          edited.enabled
            ? "Requests for this model take turns over the pool"
            : "Off: the default key serves alone; the pool is kept for later"
        }
        checked={edited.enabled}
        onChange={(event) => setEdited({ ...edited, enabled: event.currentTarget.checked })}
      />
      <ul className={classes.entries} data-off={!edited.enabled || undefined} aria-label="Load-balancing pool">
        {edited.entries.map((it, index) => (
          <PoolRow
            key={it.credential ?? ""}
            entry={it}
            share={part[index] ?? 0}
            now={standing(pool, it.credential)}
            defaultName={credentials.find((key) => key.default)?.name ?? null}
            change={(entry) => set(index, entry)}
          />
        ))}
      </ul>
      <AddCredential
        provider={provider}
        credentials={credentials}
        add={(name) => setEdited(withCredential(edited, name))}
      />
      {write.error && (
        <Alert color="red" role="alert">
          {write.error.message}
        </Alert>
      )}
      <Group justify="flex-end" gap="sm">
        <span id="pool-blocked" className={classes.reason} role="status">
          {reason ?? (isChanged ? "Not saved yet" : "Saved")}
        </span>
        <Button variant="default" disabled={!isChanged} onClick={() => setEdited(draft(pool))}>
          Discard
        </Button>
        <Button
          disabled={reason !== null || !isChanged}
          loading={write.isPending}
          onClick={save}
          aria-describedby="pool-blocked"
        >
          Save
        </Button>
      </Group>
    </div>
  );
}

/** The draft follows what is in force as long as nobody has edited it. */
function useDraft(pool: Pool) {
  const [edited, setEdited] = useState<Draft>(() => draft(pool));
  const base = useRef(edited);
  useEffect(() => {
    const fresh = draft(pool);
    if (equal(fresh, base.current)) return;
    setEdited((it) => (equal(it, base.current) || equal(it, fresh) ? fresh : it));
    base.current = fresh;
  }, [pool]);
  return [edited, setEdited] as const;
}
