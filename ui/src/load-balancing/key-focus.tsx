// Which key's details are shown: the one under the pointer or the focus, or the one that was clicked.
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";

export interface KeyAt {
  provider: string;
  id: string;
}

export interface Shown {
  at: KeyAt;
  element: HTMLElement;
  /** Clicked: it stays until it is closed. */
  pinned: boolean;
}

interface KeyFocus {
  show: (at: KeyAt, element: HTMLElement) => void;
  pin: (at: KeyAt, element: HTMLElement) => void;
  hide: () => void;
}

const ActsContext = createContext<KeyFocus>({ show: () => {}, pin: () => {}, hide: () => {} });
const ShownContext = createContext<{ shown: Shown | null; close: () => void }>({ shown: null, close: () => {} });

/** Acts never change, so a block is not drawn anew because another one is pointed at. */
export const useKeyFocus = () => useContext(ActsContext);
export const useShownKey = () => useContext(ShownContext);

/** Time to get from the block to its details. */
const HIDE_MS = 120;

export function KeyFocusProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<Shown | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const close = useCallback(() => setShown(null), []);
  const acts = useMemo<KeyFocus>(() => {
    const unlessPinned = (next: Shown | null) => setShown((it) => (it?.pinned ? it : next));
    return {
      show: (at, element) => {
        clearTimeout(timer.current);
        unlessPinned({ at, element, pinned: false });
      },
      pin: (at, element) => {
        clearTimeout(timer.current);
        setShown({ at, element, pinned: true });
      },
      hide: () => {
        clearTimeout(timer.current);
        timer.current = setTimeout(() => unlessPinned(null), HIDE_MS);
      },
    };
  }, []);
  const value = useMemo(() => ({ shown, close }), [shown, close]);
  return (
    <ActsContext value={acts}>
      <ShownContext value={value}>{children}</ShownContext>
    </ActsContext>
  );
}
