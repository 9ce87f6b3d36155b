import { ActionIcon, Badge, Switch } from "@mantine/core";
import { Minus, Plus, Trash2 } from "lucide-react";
import type { PoolEntry } from "../api/shapes";
import { Standing } from "../parts/standing";
import classes from "./models.module.css";
import type { DraftEntry } from "./pool";

interface PoolRowProps {
  entry: DraftEntry;
  share: number;
  /** How it stands; undefined while it is not saved. */
  now: PoolEntry | undefined;
  defaultName: string | null;
  /** Null removes it. */
  change: (entry: DraftEntry | null) => void;
}

export function PoolRow({ entry, share, now, defaultName, change }: PoolRowProps) {
  const isDefault = entry.credential === null;
  const name = entry.credential ?? "Default Config";
  return (
    <li className={classes.entry} data-on={entry.enabled || undefined}>
      <Switch
        checked={entry.enabled}
        onChange={(event) => change({ ...entry, enabled: event.currentTarget.checked })}
        aria-label={`${name} takes part`}
      />
      <div className={classes.entryName}>
        <strong>{name}</strong>
        {isDefault && (
          <span className={classes.minor}>
            {defaultName
              ? `the provider's default key, now ${defaultName}`
              : "the provider's default key; there is none yet"}
          </span>
        )}
      </div>
      <span className={classes.now}>
        {now ? (
          <Standing state={now.state} cause={now.cause} until={now.until} />
        ) : (
          <Badge variant="default">not saved</Badge>
        )}
      </span>
      <span className={classes.weight}>
        <ActionIcon
          size="sm"
          variant="default"
          disabled={entry.repeat <= 1}
          onClick={() => change({ ...entry, repeat: entry.repeat - 1 })}
          aria-label={`${name} counts once less`}
        >
          <Minus size={12} />
        </ActionIcon>
        <b title={`counts ${entry.repeat} times`}>×{entry.repeat}</b>
        <ActionIcon
          size="sm"
          variant="default"
          onClick={() => change({ ...entry, repeat: entry.repeat + 1 })}
          aria-label={`${name} counts once more`}
        >
          <Plus size={12} />
        </ActionIcon>
      </span>
      <span className={classes.share}>{Math.round(share * 100)} %</span>
      {/* The Default Config can be switched off, but it is always there. */}
      {isDefault ? (
        <span className={classes.noRemove} />
      ) : (
        <ActionIcon onClick={() => change(null)} aria-label={`Remove ${name} from the pool`}>
          <Trash2 size={15} />
        </ActionIcon>
      )}
    </li>
  );
}
