// Moving a card to another rank: by pointer, by arrow keys, by number. Whatever moves it, the whole order goes to the
// API in one call when the card is let go.
import type { OnNodeDrag } from "@xyflow/react";
import {
  createContext,
  type TouchEvent as ReactTouchEvent,
  type RefObject,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { scroller } from "./box";
import { type DiagramNode, diagram, moved, type Outline, placeAt } from "./diagram";
import { useReorder } from "./reorder";

export interface Sort {
  /** Puts a provider at this place, counted from 0. */
  moveTo: (id: string, place: number) => void;
  count: number;
}

/** Null: the order can not be changed now, because not all of it is shown. */
export const SortContext = createContext<Sort | null>(null);
export const useSort = () => useContext(SortContext);

interface Grip {
  id: string;
  /** From the card's upper edge to the pointer. */
  offset: number;
  pointer: number;
  height: number;
}

/** Near the edge of the screen the page scrolls along with the card. */
const EDGE = 70;
const SCROLL_STEP = 14;

export function useSorting(outline: Outline, width: number, box: RefObject<HTMLDivElement | null>) {
  const reorder = useReorder();
  const [order, setOrder] = useState<string[] | undefined>();
  const [dragged, setDragged] = useState<{ id: string; y: number } | null>(null);
  const [said, setSaid] = useState("");
  const grip = useRef<Grip | null>(null);
  const frame = useRef(0);
  const current = useMemo(() => outline.providers.map((it) => it.id), [outline]);
  const latest = useRef({ outline, width, order: order ?? current });
  latest.current = { outline, width, order: order ?? current };

  const follow = useCallback(() => {
    const [held, element] = [grip.current, box.current];
    if (!held || !element) return;
    const y = held.pointer - element.getBoundingClientRect().top - held.offset;
    const { outline, width, order } = latest.current;
    const { rows } = diagram(outline, width, order);
    const place = placeAt(rows, y + held.height / 2);
    setDragged({ id: held.id, y });
    if (order[place] !== held.id) setOrder(moved(order, held.id, place));
  }, [box]);

  const scrollAlong = useCallback(() => {
    const [held, page] = [grip.current, scroller()];
    if (!held || !page) return;
    const { top, bottom } = page.getBoundingClientRect();
    const step = held.pointer < top + EDGE ? -SCROLL_STEP : held.pointer > bottom - EDGE ? SCROLL_STEP : 0;
    if (step !== 0) {
      page.scrollBy(0, step);
      follow();
    }
    frame.current = requestAnimationFrame(scrollAlong);
  }, [follow]);

  const start = useCallback<OnNodeDrag<DiagramNode>>(
    (event, node) => {
      const pointer = pointerY(event);
      const top = box.current?.getBoundingClientRect().top ?? 0;
      grip.current = { id: node.id, pointer, offset: pointer - top - node.position.y, height: node.height ?? 0 };
      frame.current = requestAnimationFrame(scrollAlong);
    },
    [box, scrollAlong],
  );

  const drag = useCallback<OnNodeDrag<DiagramNode>>(
    (event) => {
      if (!grip.current) return;
      grip.current.pointer = pointerY(event);
      follow();
    },
    [follow],
  );

  const commit = useCallback(
    async (order: string[], id: string) => {
      const name = latest.current.outline.providers.find((it) => it.id === id)?.name ?? "";
      setOrder(order);
      const done = await reorder(order);
      // Unless the next card is in hand already.
      if (!grip.current) setOrder(undefined);
      setSaid(done ? `${name} is now rank ${order.indexOf(id) + 1} of ${order.length}` : `${name} was not moved`);
    },
    [reorder],
  );

  const stop = useCallback<OnNodeDrag<DiagramNode>>(() => {
    cancelAnimationFrame(frame.current);
    const held = grip.current;
    grip.current = null;
    setDragged(null);
    if (!held) return;
    const { order, outline } = latest.current;
    const changed = order.some((it, index) => outline.providers[index]?.id !== it);
    if (changed) void commit(order, held.id);
    else setOrder(undefined);
  }, [commit]);

  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  const context = useMemo<Sort>(
    () => ({
      count: current.length,
      moveTo: (id, place) => {
        const order = moved(latest.current.order, id, place);
        if (order.some((it, index) => latest.current.order[index] !== it)) void commit(order, id);
      },
    }),
    [current.length, commit],
  );

  return { order, dragged, said, context, start, drag, stop };
}

/**
 * A finger on a card scrolls the page; only the grip moves the card. Told before the part that drags hears of the touch,
 * for that would take every one.
 */
export function leaveToScrolling(event: ReactTouchEvent) {
  if (event.target instanceof Element && !event.target.closest(".grip")) event.stopPropagation();
}

function pointerY(event: MouseEvent | TouchEvent | { nativeEvent: Event }): number {
  const native = "nativeEvent" in event ? event.nativeEvent : event;
  if ("changedTouches" in native) return (native as TouchEvent).changedTouches[0]?.clientY ?? 0;
  return (native as MouseEvent).clientY;
}
