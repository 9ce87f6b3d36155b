import { Handle, type NodeProps, Position } from "@xyflow/react";
import { Sparkles } from "lucide-react";
import { memo } from "react";
import type { ServiceNode } from "./diagram";
import classes from "./load-balancing.module.css";

/** The left end: a named group of routes. */
export const ServiceCard = memo(function ServiceCard({ data }: NodeProps<ServiceNode>) {
  const stacked = data.layout === "stacked";
  return (
    <div className={classes.service}>
      <Sparkles size={16} aria-hidden />
      <div>
        <strong>{data.name}</strong>
        <span>{data.apis === 1 ? "1 API" : `${data.apis} APIs`}</span>
      </div>
      <Handle
        type="source"
        position={stacked ? Position.Bottom : Position.Right}
        style={stacked ? { left: 9 } : undefined}
      />
    </div>
  );
});
