import { Scale } from "lucide-react";
import type { ProviderModel } from "../api/shapes";
import classes from "./models.module.css";

/** The mark of a balanced model: how many of its pool may serve at this moment. */
export function BalanceBadge({ model }: { model: ProviderModel }) {
  if (!model.load_balancing_enabled) return <span className={classes.minor}>off</span>;
  return (
    <span className={classes.badge}>
      <Scale size={12} aria-hidden /> {model.available?.text ?? "on"}
    </span>
  );
}
