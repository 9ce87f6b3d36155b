// A native dialog: for the little that is asked before the page's larger parts are loaded.
import { type ReactNode, useEffect, useRef } from "react";
import classes from "./sheet.module.css";

interface SheetProps {
  label: string;
  side?: boolean;
  close: () => void;
  children: ReactNode;
}

export function Sheet({ label, side = false, close, children }: SheetProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, too; a click beside it is the pointer's way
    <dialog
      ref={ref}
      className={`${classes.sheet} ${side ? classes.side : ""}`}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => event.target === ref.current && close()}
    >
      <div className={classes.body}>{children}</div>
    </dialog>
  );
}
