// A link of the diagram, where there are hundreds: an anchor and nothing more. The router's own links each watch the
// place for whether they are active.
import { useRouter } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, MouseEvent } from "react";

interface GoProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  /** A path of the dashboard, such as `/providers/openai?tab=keys`. */
  to: string;
}

export function Go({ to, ...rest }: GoProps) {
  const { history, basepath } = useRouter();
  const href = `${basepath}${to}`;
  const go = (event: MouseEvent) => {
    // A new tab or window is the browser's affair.
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    history.push(href);
  };
  return <a href={href} onClick={go} draggable={false} {...rest} />;
}

/** A path with a query. */
export const pathTo = (path: string, query: Record<string, string> = {}) => {
  const text = new URLSearchParams(query).toString();
  return text ? `${path}?${text}` : path;
};
