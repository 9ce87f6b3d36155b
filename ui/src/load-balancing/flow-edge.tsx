// A line of the diagram. Its thickness tells the traffic of this second, a slow pulse that there is some; what it says in
// words stands in the card it leads to, where a screen reader finds it.
import { BaseEdge, type EdgeProps } from "@xyflow/react";
import { memo, useCallback } from "react";
import { type TaggedTopology, useTopology } from "../api/queries";
import type { DiagramEdge } from "./diagram";
import classes from "./load-balancing.module.css";

export const FlowEdge = memo(function FlowEdge({
  id,
  sourceX,
  sourceY,
  targetX,
  targetY,
  data,
}: EdgeProps<DiagramEdge>) {
  const provider = data?.provider ?? "";
  const flow = useTopology(useCallback((it: TaggedTopology) => flowOf(it, provider), [provider])).data ?? "none";
  const trunkX = data?.kind === "apis" && data.layout === "columns" ? sourceX + TRUNK : sourceX;
  const path = line(sourceX, sourceY, trunkX, targetX, targetY);
  return (
    <g className={classes.edge} data-flow={flow}>
      <BaseEdge id={id} path={path} />
      {flow !== "none" && flow !== "out" && <path d={path} className={classes.pulse} />}
    </g>
  );
});

/** From the services the lines run together for this long, then down to each row: none crosses another's text. */
const TRUNK = 20;
const CORNER = 10;

/** Across to the trunk, along it, across to the target, with round corners. */
function line(sourceX: number, sourceY: number, trunkX: number, targetX: number, targetY: number): string {
  const along = targetY - sourceY;
  if (Math.abs(along) < 1 || targetX === trunkX) return `M ${sourceX} ${sourceY} L ${targetX} ${targetY}`;
  const corner = Math.min(CORNER, Math.abs(along) / 2) * Math.sign(along);
  const first =
    trunkX === sourceX ? "" : `H ${trunkX - Math.abs(corner)} Q ${trunkX} ${sourceY} ${trunkX} ${sourceY + corner}`;
  return `M ${sourceX} ${sourceY} ${first} V ${targetY - corner} Q ${trunkX} ${targetY} ${trunkX + Math.abs(corner)} ${targetY} H ${targetX}`;
}

type Flow = "out" | "none" | "some" | "much";

/** Requests per second from which a line is drawn thick. */
const MUCH = 10;

function flowOf({ providers }: TaggedTopology, id: string): Flow {
  const provider = providers.find((it) => it.id === id);
  if (provider?.status !== "enabled") return "out";
  const rate = provider.traffic.requests_per_second;
  if (rate === 0 && provider.traffic.in_flight === 0) return "none";
  return rate < MUCH ? "some" : "much";
}
