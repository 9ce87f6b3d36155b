import { Alert, Button, Group, Switch } from "@mantine/core";
import { useCallback, useEffect, useMemo, useState } from "react";
import { ApiError, at } from "../api/client";
import { type TaggedPool, useCredentials } from "../api/queries";
import type { Pool } from "../api/shapes";
import { tellDone, useWrite } from "../api/writes";
import { Unsaved } from "../parts/unsaved";
import { AddCredential } from "./add-credential";
import classes from "./models.module.css";
import { blocked, body, type DraftEntry, draft, equal, shares, standing, withCredential } from "./pool";
import { PoolRow } from "./pool-row";

export function PoolEditor({ provider, model, pool }: { provider: string; model: string; pool: TaggedPool }) {
  const { edited, setEdited, isChanged, isOvertaken, discard } = useDraft(pool);
  const credentials = useCredentials(provider).data ?? [];
  const write = useWrite<Pool>({ quiet: true });
  const reason = blocked(edited);
  const part = shares(edited);
  const set = (index: number, entry: DraftEntry | null) =>
    setEdited({ ...edited, entries: edited.entries.flatMap((it, at) => (at === index ? (entry ?? []) : it)) });
  const save = () =>
    write.mutate(
      {
        method: "PUT",
        path: at("providers", provider, "models", model, "load-balancing"),
        body: body(edited),
        ifMatch: pool.etag,
      },
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
      {isOvertaken && (
        <Alert color="yellow" role="alert">
          Somebody else changed this pool meanwhile. Discard shows what is in force; Save replaces it by what you see.
        </Alert>
      )}
      {write.error && (
        <Alert color="red" role="alert">
          {refused(write.error)}
        </Alert>
      )}
      <Unsaved when={isChanged} what={`the pool of ${model}`} />
      <Group justify="flex-end" gap="sm">
        <span id="pool-blocked" className={classes.reason} role="status">
          {reason ?? (isChanged ? "Not saved yet" : "Saved")}
        </span>
        <Button variant="default" disabled={!isChanged} onClick={discard}>
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

function refused(error: Error): string {
  const isStale = error instanceof ApiError && error.status === 412;
  return isStale
    ? "The configuration was changed in this very moment, so nothing was saved. Look again, then save."
    : error.message;
}

/** The draft follows what is in force as long as nobody has edited it. */
function useDraft(pool: Pool) {
  const inForce = useMemo(() => draft(pool), [pool]);
  const [edited, setEdited] = useState(inForce);
  /** What was in force when it was edited. */
  const [base, setBase] = useState(inForce);
  const isChanged = !equal(edited, inForce);
  const follows = equal(edited, base) || !isChanged;
  const discard = useCallback(() => {
    setEdited(inForce);
    setBase(inForce);
  }, [inForce]);
  useEffect(() => {
    if (follows && !equal(base, inForce)) discard();
  }, [follows, base, inForce, discard]);
  return { edited, setEdited, isChanged, isOvertaken: !follows && !equal(base, inForce), discard };
}
