// A provider: who it is, whether it serves, what it serves with, and who serves instead.
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { ArrowRightLeft, Pencil } from "lucide-react";
import { memo } from "react";
import { at } from "../api/client";
import { useTopologyProvider } from "../api/queries";
import type { TopologyProvider } from "../api/shapes";
import { Go, pathTo } from "../parts/go";
import { Logo } from "../parts/logo";
import { StateMark } from "../parts/state";
import type { ProviderNode } from "./diagram";
import { useEdit } from "./edit-context";
import classes from "./load-balancing.module.css";
import { RankHandle } from "./rank-handle";
import { figure } from "./strip";

export const ProviderCard = memo(function ProviderCard({ data }: NodeProps<ProviderNode>) {
  const provider = useTopologyProvider(data.id);
  if (!provider) return null;
  return (
    <article
      className={classes.card}
      data-status={provider.status}
      data-layout={data.layout}
      aria-label={`Provider ${provider.name}, rank ${data.rank}`}
    >
      <Handle type="target" position={Position.Left} />
      <ApisLabel provider={provider} />
      <Head provider={provider} rank={data.rank} />
      <div className={classes.model}>
        <span>default model</span>
        <code title={provider.default_model ?? undefined}>
          {provider.default_model ?? "none: requests must name one"}
        </code>
      </div>
      <Serving provider={provider} />
      <Handle type="source" position={data.layout === "columns" ? Position.Right : Position.Bottom} />
    </article>
  );
});

function Head({ provider, rank }: { provider: TopologyProvider; rank: number }) {
  const edit = useEdit();
  return (
    <header className={classes.cardHead}>
      <RankHandle id={provider.id} name={provider.name} rank={rank} />
      <Logo kind={provider.kind} name={provider.name} />
      <Go to={at("providers", provider.name)} className={`${classes.cardName} nodrag`} title={provider.name}>
        {provider.name}
      </Go>
      <StateMark state={provider.status} title={provider.reason ?? undefined} />
      <button
        type="button"
        className={`${classes.edit} nodrag`}
        onClick={() => edit(provider.name)}
        aria-label={`Edit ${provider.name}`}
      >
        <Pencil size={14} />
      </button>
    </header>
  );
}

/** The last line: traffic while it serves, otherwise why not and who does. It takes the same room either way. */
function Serving({ provider }: { provider: TopologyProvider }) {
  if (provider.status !== "enabled") {
    const { served_by } = provider;
    return (
      <div className={classes.instead}>
        <span className={classes.reason} title={provider.reason ?? undefined}>
          {provider.reason ??
            (provider.status === "disabled" ? "switched off by an operator" : "nothing of it is available")}
        </span>
        <span className={classes.servedBy}>
          {served_by ? (
            <>
              <ArrowRightLeft size={12} aria-hidden /> now served by <strong>{served_by.provider}</strong>
              {served_by.model && <code>{served_by.model}</code>}
            </>
          ) : (
            "nobody serves instead"
          )}
        </span>
      </div>
    );
  }
  const { requests_per_second, errors_per_second, in_flight } = provider.traffic;
  return (
    <div className={classes.traffic}>
      <span>
        <b>{figure(requests_per_second)}</b> requests/s
      </span>
      <span data-bad={errors_per_second > 0 || undefined}>
        <b>{figure(errors_per_second)}</b> errors/s
      </span>
      <span>
        <b>{in_flight}</b> in flight
      </span>
    </div>
  );
}

/** On the line from the services: how many APIs are configured to use it, and how many did. Both lead to exactly those. */
function ApisLabel({ provider }: { provider: TopologyProvider }) {
  const { name, api_count, apis_called } = provider;
  const called = `${apis_called} called in 24 h`;
  const apis = api_count === 1 ? "1 API" : `${api_count} APIs`;
  return (
    <div className={`${classes.label} ${classes.apis} nodrag`}>
      <Go to={pathTo("/routes", { provider: name })} aria-label={`${apis} configured to use ${name}`}>
        {apis}
      </Go>
      <Go
        to={pathTo("/routes", { provider: name, called: "24h" })}
        className={classes.minor}
        aria-label={`${called}: APIs that called ${name}`}
      >
        {called}
      </Go>
    </div>
  );
}
