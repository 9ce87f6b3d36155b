// The keys of a provider: one block each. One tab stop for all of them; arrow keys go from block to block.
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { type KeyboardEvent, memo, useCallback, useDeferredValue, useRef, useState } from "react";
import { at as pathOf } from "../api/client";
import { type TaggedTopology, useTopology } from "../api/queries";
import type { TopologyCredential } from "../api/shapes";
import { Go, pathTo } from "../parts/go";
import { look } from "../parts/state";
import { Countdown, clock } from "../parts/time";
import type { KeysNode } from "./diagram";
import { useKeyFocus } from "./key-focus";
import classes from "./load-balancing.module.css";
import { soonestReturn, usability } from "./summary";

export const KeysCard = memo(function KeysCard({ data }: NodeProps<KeysNode>) {
  const { id, name, count } = data;
  // Blocks come in a second, interruptible step: a card that scrolls into view holds nothing up.
  const isReady = useDeferredValue(true, false);
  const select = useCallback(
    (it: TaggedTopology) => it.providers.find((provider) => provider.id === id)?.credentials,
    [id],
  );
  const credentials = useTopology(select).data;
  if (!credentials) return null;
  const { usable, all, except } = usability(credentials);
  const returns = soonestReturn(credentials);
  const pool = pathTo(pathOf("providers", name), { tab: "keys" });
  const keys = count === 1 ? "1 key" : `${count} keys`;
  return (
    <section className={classes.keys} data-layout={data.layout} aria-label={`Keys of ${name}`}>
      <Handle type="target" position={data.layout === "columns" ? Position.Left : Position.Top} />
      <div className={`${classes.label} ${classes.keysLabel}`}>
        <Go to={pool} aria-label={`${keys} of ${name}`}>
          {keys}
        </Go>
      </div>
      <header className={classes.keysHead}>
        <span>
          {usable} of {all} usable
        </span>
        {returns && (
          <span className={classes.returns}>
            next in <Countdown until={returns} />
          </span>
        )}
      </header>
      {credentials.length === 0 ? (
        <Go className={classes.addKey} to={pool}>
          Add a key
        </Go>
      ) : (
        isReady && <Blocks provider={name} credentials={credentials} columns={data.columns} />
      )}
      {except && (
        <p className={classes.except} title={except}>
          {except}
        </p>
      )}
    </section>
  );
});

interface BlocksProps {
  provider: string;
  credentials: TopologyCredential[];
  columns: number;
}

function Blocks({ provider, credentials, columns }: BlocksProps) {
  const [current, setCurrent] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const press = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = current + step;
    if (next < 0 || next >= credentials.length) return;
    setCurrent(next);
    list.current?.querySelectorAll("button")[next]?.focus();
  };
  const reachable = Math.min(current, credentials.length - 1);
  return (
    <ul ref={list} className={classes.blocks} onKeyDown={press}>
      {credentials.map((it, index) => (
        <Block
          key={it.id}
          provider={provider}
          credential={it}
          index={index}
          reachable={index === reachable}
          take={setCurrent}
        />
      ))}
    </ul>
  );
}

interface BlockProps {
  provider: string;
  credential: TopologyCredential;
  index: number;
  reachable: boolean;
  take: (index: number) => void;
}

const Block = memo(function Block({ provider, credential, index, reachable, take }: BlockProps) {
  const { show, pin, hide } = useKeyFocus();
  const { tone } = look(credential.state);
  const partly = credential.state === "normal" ? credential.model_states[0] : undefined;
  // Of one that is out for a model the glyph says so, too; half of its colour stays.
  const { Glyph } = look(partly?.state ?? credential.state);
  const at = { provider, id: credential.id };
  return (
    <li>
      <button
        type="button"
        className={classes.block}
        data-tone={tone}
        data-state={credential.state}
        data-partly={partly && look(partly.state).tone}
        tabIndex={reachable ? 0 : -1}
        aria-label={words(credential)}
        onFocus={(event) => {
          take(index);
          show(at, event.currentTarget);
        }}
        onPointerEnter={(event) => show(at, event.currentTarget)}
        onPointerLeave={hide}
        onBlur={hide}
        onClick={(event) => pin(at, event.currentTarget)}
      >
        <Glyph size={13} strokeWidth={3} aria-hidden />
      </button>
    </li>
  );
});

/** What the block says to those who do not see it. */
function words({ name, state, cause, until, model_states }: TopologyCredential): string {
  const parts = [`${name}: ${state}`];
  if (cause) parts.push(cause);
  if (until) parts.push(`until ${clock(until)}`);
  for (const it of model_states) parts.push(`${it.state} for ${it.model ?? "other models"}`);
  return parts.join(", ");
}
