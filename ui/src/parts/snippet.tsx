// A text to copy.
import { ActionIcon, CopyButton } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import classes from "./snippet.module.css";

interface SnippetProps {
  text: string;
  label: string;
  /** Shown whole in lines of their own: for what has no lines, such as a key. */
  wrap?: boolean;
}

export function Snippet({ text, label, wrap = false }: SnippetProps) {
  return (
    <div className={classes.snippet} data-wrap={wrap || undefined}>
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
