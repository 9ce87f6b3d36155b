// Every page: what axe finds, whether anything sticks out at any width, whether the keyboard gets everywhere, in light
// and dark. The world has something to show on each of them.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, open } from "./browser";
import { populate } from "./populate";
import { until, World } from "./world";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const PAGES = [
  "",
  "models",
  "models/alpha/alpha-model",
  "providers",
  "providers/alpha?tab=keys",
  "providers/alpha?tab=models",
  "providers/alpha?tab=settings",
  "upstreams",
  "upstreams/assistants-production",
  "routes",
  "routes/chat",
  "try",
  "requests",
  "traffic",
  "access",
  "setup",
  "settings",
  "nothing-here",
];
const WIDTHS = [360, 1440, 3840];

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await World.start({ vendors: 3 });
  await populate(world);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  world?.stop();
});

async function shown(page: Page, path: string) {
  await page.goto(`${world.admin}/ui/${path}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  // Nothing is on its way any more.
  await page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null);
}

interface Finding {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

test.each(["light", "dark"] as const)("axe finds nothing serious on any page (%s)", async (colorScheme) => {
  const { page, faults } = await open(browser, `${world.admin}/ui/`, { colorScheme });
  for (const path of PAGES) {
    await shown(page, path);
    await page.evaluate(AXE);
    const found = (await page.evaluate(
      "axe.run(document, { resultTypes: ['violations'] }).then((it) => it.violations)",
    )) as Finding[];
    const serious = found.filter((it) => ["serious", "critical"].includes(it.impact));
    expect(
      serious.map((it) => `${it.id}: ${it.nodes.map((node) => `${node.html} ${node.failureSummary}`).join(" | ")}`),
      `/ui/${path}`,
    ).toEqual([]);
  }
  expect(faults).toEqual([]);
  await page.context().close();
});

test.each(WIDTHS)("nothing sticks out at a width of %i", async (width) => {
  const { page, faults } = await open(browser, `${world.admin}/ui/`, { viewport: { width, height: 900 } });
  for (const path of PAGES) {
    await shown(page, path);
    const over = await page.evaluate(() => {
      const main = document.getElementById("main");
      return [document.documentElement, ...(main ? [main] : [])].map((it) => it.scrollWidth - it.clientWidth);
    });
    expect(Math.max(...over), `/ui/${path}`).toBeLessThanOrEqual(0);
  }
  expect(faults).toEqual([]);
  await page.context().close();
});

test("the keyboard reaches every link, button and field of the home page, and shows where it is", async () => {
  const { page } = await open(browser, `${world.admin}/ui/`);
  await page.getByRole("article").first().waitFor();
  const wanted = await page.evaluate(() => {
    const all = document.querySelectorAll<HTMLElement>("a[href], button, input, [tabindex]");
    const reachable = [...all].filter(
      (it) => it.tabIndex >= 0 && it.getClientRects().length > 0 && !(it as HTMLButtonElement).disabled,
    );
    reachable.forEach((it, index) => {
      it.dataset.number = String(index);
    });
    return reachable.length;
  });
  const reached = new Set<string>();
  for (let presses = 0; presses < 2 * wanted && reached.size < wanted; presses += 1) {
    await page.keyboard.press("Tab");
    const number = await page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.number);
    if (number !== undefined) reached.add(number);
  }
  expect(reached.size).toBe(wanted);
  await page.context().close();
});

test("a new page begins at its top, and going back finds the place", async () => {
  const { page, faults } = await open(browser, `${world.admin}/ui/traffic`, { viewport: { width: 360, height: 640 } });
  const main = page.locator("#main");
  const top = () => main.evaluate((it) => it.scrollTop);
  await page.getByRole("heading", { name: "Retries" }).waitFor();
  await main.evaluate((it) => it.scrollTo(0, 500));
  await until("it is scrolled", async () => (await top()) > 400);
  await page.getByRole("button", { name: "Open navigation" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "Models" }).click();
  await page.getByRole("heading", { name: "Models", level: 1 }).waitFor();
  await until("its top is shown", async () => (await top()) === 0);
  await page.goBack();
  await page.getByRole("heading", { name: "Traffic", level: 1 }).waitFor();
  await until("the place is found", async () => (await top()) > 400);
  expect(faults).toEqual([]);
  await page.context().close();
});

test("a deep link opens its page, and going back and forth keeps it", async () => {
  const { page, faults } = await open(browser, `${world.admin}/ui/providers/alpha?tab=models`);
  await page.getByRole("tab", { name: "Models", selected: true }).waitFor();
  await page.getByRole("link", { name: "Requests" }).click();
  await page.getByRole("heading", { name: "Requests", level: 1 }).waitFor();
  await page.goBack();
  await page.getByRole("tab", { name: "Models", selected: true }).waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});
