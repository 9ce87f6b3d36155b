// The grip of a card: drag it, press arrow keys on it, or press Enter and say the rank.
import { Button, TextInput } from "@mantine/core";
import { GripVertical } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { Sheet } from "../parts/sheet";
import classes from "./load-balancing.module.css";
import { useSort } from "./sorting";

export function RankHandle({ id, name, rank }: { id: string; name: string; rank: number }) {
  const sort = useSort();
  const [asking, setAsking] = useState(false);
  const handle = useKeptFocus(rank);
  if (!sort) return <span className={classes.rank}>{rank}</span>;
  const place = rank - 1;
  const press = (event: KeyboardEvent) => {
    const places: Record<string, number> = { ArrowUp: place - 1, ArrowDown: place + 1, Home: 0, End: sort.count - 1 };
    const to = places[event.key];
    if (to === undefined) return;
    event.preventDefault();
    handle.keep();
    sort.moveTo(id, Math.max(0, Math.min(to, sort.count - 1)));
  };
  return (
    <>
      <button
        ref={handle.ref}
        type="button"
        className={`${classes.handle} grip`}
        onClick={() => setAsking(true)}
        onKeyDown={press}
        aria-label={`${name}: rank ${rank} of ${sort.count}. Press arrow up or down to move it, Enter to say a rank.`}
        title="Drag, or press ↑ ↓; Enter asks for a rank"
      >
        <GripVertical size={14} aria-hidden />
        <span className={classes.rank}>{rank}</span>
      </button>
      {asking &&
        createPortal(
          <Sheet label={`Move ${name} to a rank`} close={() => setAsking(false)}>
            <MoveToRank
              name={name}
              rank={rank}
              count={sort.count}
              move={(to) => {
                setAsking(false);
                handle.keep();
                sort.moveTo(id, to - 1);
              }}
            />
          </Sheet>,
          document.body,
        )}
    </>
  );
}

interface MoveToRankProps {
  name: string;
  rank: number;
  count: number;
  move: (rank: number) => void;
}

function MoveToRank({ name, rank, count, move }: MoveToRankProps) {
  const [text, setText] = useState(String(rank));
  const wanted = Number(text);
  const isGood = Number.isInteger(wanted) && wanted >= 1 && wanted <= count;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isGood) move(wanted);
  };
  return (
    <form className={classes.moveTo} onSubmit={submit}>
      <TextInput
        label={`Move ${name} to rank`}
        description={`1 is asked first, ${count} last`}
        inputMode="numeric"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={!isGood && `a number from 1 to ${count}`}
        w={240}
        autoFocus
      />
      <Button type="submit" disabled={!isGood}>
        Move
      </Button>
    </form>
  );
}

/** A card that moves is another place in the document for the browser, which takes the focus away; it is given back. */
function useKeptFocus(rank: number) {
  const ref = useRef<HTMLButtonElement>(null);
  const wanted = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the rank is what a move changes
  useEffect(() => {
    if (!wanted.current) return;
    wanted.current = false;
    ref.current?.focus();
    ref.current?.scrollIntoView({ block: "nearest" });
  }, [rank]);
  return {
    ref,
    keep: () => {
      wanted.current = true;
    },
  };
}
