// Navigation at the side (on a phone: behind a button), the page beside it.
import { ActionIcon } from "@mantine/core";
import { Outlet } from "@tanstack/react-router";
import { Menu } from "lucide-react";
import { useState } from "react";
import { Sheet } from "../parts/sheet";
import { Brand, Navigation } from "./navigation";
import classes from "./shell.module.css";

export function Shell() {
  const [opened, setOpened] = useState(false);
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main">
        Skip to the page
      </a>
      <div className={classes.bar}>
        <ActionIcon onClick={() => setOpened(true)} aria-label="Open navigation" aria-expanded={opened} size="lg">
          <Menu size={20} />
        </ActionIcon>
        <Brand />
      </div>
      <aside className={classes.side}>
        <Navigation />
      </aside>
      {opened && (
        <Sheet label="Navigation" side close={() => setOpened(false)}>
          <Navigation chosen={() => setOpened(false)} />
        </Sheet>
      )}
      <main id="main" className={classes.main} tabIndex={-1} data-scroll-restoration-id="main">
        <Outlet />
      </main>
    </div>
  );
}
