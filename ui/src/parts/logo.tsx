// A provider's mark: its initials on a hue of its kind. The vendors' own logos are not ours to ship.
import classes from "./logo.module.css";

export function Logo({ kind, name, size = 28 }: { kind: string; name: string; size?: number }) {
  const hue = [...kind].reduce((sum, it) => (sum * 31 + it.charCodeAt(0)) % 360, 7);
  const initials = name
    .replace(/^env:/, "")
    .split(/[-_. ]+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((it) => it[0])
    .join("");
  return (
    <svg className={classes.logo} width={size} height={size} viewBox="0 0 28 28" aria-hidden="true">
      <rect width="28" height="28" rx="7" fill={`hsl(${hue} 42% 38%)`} />
      <text x="14" y="18.5" textAnchor="middle">
        {initials.toUpperCase()}
      </text>
    </svg>
  );
}
