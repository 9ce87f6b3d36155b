import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import {
  Activity,
  Boxes,
  ChartLine,
  KeyRound,
  ListTree,
  Moon,
  PlugZap,
  Route,
  Server,
  Settings,
  Sun,
  Terminal,
  Waypoints,
} from "lucide-react";
import { useLiveness } from "../api/live";
import classes from "./shell.module.css";

const GROUPS = [
  {
    name: "Balance",
    links: [
      { to: "/", text: "Load balancing", Icon: Waypoints },
      { to: "/models", text: "Models", Icon: Boxes },
      { to: "/providers", text: "Providers", Icon: Server },
      { to: "/upstreams", text: "Upstreams", Icon: ListTree },
      { to: "/routes", text: "Routes", Icon: Route },
    ],
  },
  {
    name: "Watch",
    links: [
      { to: "/requests", text: "Requests", Icon: Activity },
      { to: "/traffic", text: "Traffic", Icon: ChartLine },
    ],
  },
  {
    name: "Use",
    links: [
      { to: "/try", text: "Try it", Icon: Terminal },
      { to: "/setup", text: "Client set-up", Icon: PlugZap },
      { to: "/access", text: "Access", Icon: KeyRound },
      { to: "/settings", text: "Settings", Icon: Settings },
    ],
  },
] as const;

export function Navigation({ chosen }: { chosen?: () => void }) {
  return (
    <nav className={classes.navigation} aria-label="Pages">
      <Brand chosen={chosen} />
      {GROUPS.map(({ name, links }) => (
        <div key={name}>
          <div className={classes.group}>{name}</div>
          {links.map(({ to, text, Icon }) => (
            <Link
              key={to}
              to={to}
              className={classes.link}
              activeOptions={{ exact: to === "/", includeSearch: false }}
              onClick={chosen}
            >
              <Icon size={16} aria-hidden />
              {text}
            </Link>
          ))}
        </div>
      ))}
      <div className={classes.foot}>
        <LiveMark />
        <SchemeSwitch />
      </div>
    </nav>
  );
}

export function Brand({ chosen }: { chosen?: () => void }) {
  return (
    <Link to="/" className={classes.brand} onClick={chosen}>
      <img src="/ui/favicon.svg" alt="" width={24} height={24} />
      Spillway
    </Link>
  );
}

const WORDS = { connecting: "Connecting", live: "Live", lost: "Not live" } as const;

/** Whether what is on the screen is of this moment. */
export function LiveMark() {
  const liveness = useLiveness();
  return (
    <span className={classes.live} data-liveness={liveness} role="status">
      <span className={classes.dot} />
      {WORDS[liveness]}
    </span>
  );
}

function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <ActionIcon
      onClick={() => setColorScheme(other)}
      aria-label={`Use ${other} colours`}
      title={`Use ${other} colours`}
    >
      {scheme === "dark" ? <Sun size={16} /> : <Moon size={16} />}
    </ActionIcon>
  );
}
