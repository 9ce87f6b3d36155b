// How wide the diagram's box is, and which part of its height is near the screen.
import { type RefObject, useEffect, useState } from "react";

/** Drawn beyond the screen, so that scrolling and tabbing find the next row there already. */
const MARGIN = 500;
/** The visible part is told in steps of this: scrolling redraws seldom. */
const STEP = 200;

export interface Box {
  width: number;
  top: number;
  bottom: number;
}

/** What scrolls: the page beside the navigation. */
export const scroller = () => document.getElementById("main");

export function useBox(ref: RefObject<HTMLDivElement | null>): Box {
  const [box, setBox] = useState<Box>({ width: 0, top: 0, bottom: MARGIN });
  useEffect(() => {
    const element = ref.current;
    const scrolling = scroller();
    if (!element) return;
    const look = () => {
      const { top } = element.getBoundingClientRect();
      const height = scrolling?.clientHeight ?? window.innerHeight;
      const from = Math.floor((-top - MARGIN) / STEP) * STEP;
      const next = { width: element.clientWidth, top: from, bottom: from + height + 2 * MARGIN + STEP };
      setBox((it) => (it.width === next.width && it.top === next.top && it.bottom === next.bottom ? it : next));
    };
    look();
    const watch = new ResizeObserver(look);
    watch.observe(element);
    scrolling?.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look);
    return () => {
      watch.disconnect();
      scrolling?.removeEventListener("scroll", look);
      window.removeEventListener("resize", look);
    };
  }, [ref]);
  return box;
}
