// A text to copy.
import { ActionIcon, CopyButton } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import classes from "./snippet.module.css";

export function Snippet({ text, label }: { text: string; label: string }) {
  return (
    <div className={classes.snippet}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <section tabIndex={0} aria-label={label}>
        <pre>{text}</pre>
      </section>
      <CopyButton value={text} timeout={1500}>
        {({ copied, copy }) => (
          <ActionIcon
            className={classes.copy}
            onClick={copy}
            aria-label={copied ? "Copied" : `Copy ${label}`}
            title={copied ? "Copied" : "Copy"}
          >
            {copied ? <Check size={15} /> : <Copy size={15} />}
          </ActionIcon>
        )}
      </CopyButton>
    </div>
  );
}
