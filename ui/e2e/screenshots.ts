// Pictures of every page, for a person to look at: light, dark, on a phone, on a 4K screen, with 50 providers. One of them is README's.
import { mkdirSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { launch, open } from "./browser";
import { populate } from "./populate";
import { until, World } from "./world";

const OUT = new URL("out/", import.meta.url).pathname;
const README = new URL("../../docs/dashboard.png", import.meta.url).pathname;

const PAGES = {
  "load-balancing": "",
  models: "models",
  pool: "models/alpha/alpha-model",
  providers: "providers",
  keys: "providers/alpha?tab=keys",
  upstream: "upstreams/assistants-production",
  routes: "routes",
  route: "routes/chat",
  try: "try",
  requests: "requests",
  traffic: "traffic",
  access: "access",
  setup: "setup",
  settings: "settings",
};

let world: World;
let browser: Browser;
let traffic: ReturnType<typeof setInterval>;
let clientKey = "";

beforeAll(async () => {
  mkdirSync(OUT, { recursive: true });
  browser = await launch();
  world = await World.start({ vendors: 3, vendor: { response_delay_ms: 120 } });
  await populate(world);
  const { key } = await world.call<{ key: string }>("POST", "/consumers/web/keys", { name: "traffic" });
  clientKey = key;
  let count = 0;
  traffic = setInterval(() => {
    count += 1;
    const model = ["assistants-production", "alpha-model", "beta-model", "alpha-model"][count % 4];
    void world.chat({ model, stream: count % 2 === 0 }, { authorization: `Bearer ${key}` }).catch(() => {});
  }, 60);
});

afterAll(async () => {
  clearInterval(traffic);
  await browser?.close();
  world?.stop();
});

async function settled(page: Page) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null);
  await page.waitForFunction(() => document.fonts.status === "loaded");
}

const LOOKS = [
  { name: "light", colorScheme: "light", width: 1440, height: 900 },
  { name: "dark", colorScheme: "dark", width: 1440, height: 900 },
  { name: "phone", colorScheme: "light", width: 360, height: 780 },
  { name: "4k", colorScheme: "light", width: 3840, height: 2160 },
] as const;

test.each(LOOKS)("$name", async ({ name, colorScheme, width, height }) => {
  const { page } = await open(browser, `${world.admin}/ui/`, { colorScheme, viewport: { width, height } });
  for (const [picture, path] of Object.entries(PAGES)) {
    await page.goto(`${world.admin}/ui/${path}`);
    await settled(page);
    if (picture === "load-balancing")
      await until("there is traffic", () => page.locator("[data-flow=some], [data-flow=much]").count());
    if (picture === "try") await answer(page);
    await page.screenshot({ path: `${OUT}${picture}-${name}.png` });
  }
  await page.context().close();
});

/** A key is not at hand here, so what is shown is how a refusal looks. */
async function answer(page: Page) {
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("output").waitFor();
}

test("README's picture", async () => {
  const { page } = await open(browser, `${world.admin}/ui/`, {
    viewport: { width: 1280, height: 720 },
    deviceScaleFactor: 1.5,
  });
  await settled(page);
  await until("there is traffic", () => page.locator("[data-flow=some], [data-flow=much]").count());
  await world.script(2, [{ error: { class: "rate_limit", retry_after: "90" } }]);
  await world.chat({ model: "gamma/gamma-model" }, { authorization: `Bearer ${clientKey}` });
  await page.getByText("now served by").first().waitFor();
  await page.screenshot({ path: README });
  await page.context().close();
});

test("50 providers", async () => {
  for (let number = 1; number <= 47; number += 1)
    await world.provider(`vendor-${number}`, number % 3, ["main", "spare"]);
  const { page } = await open(browser, `${world.admin}/ui/`);
  await page.getByRole("article").first().waitFor();
  await settled(page);
  await page.screenshot({ path: `${OUT}fifty-top.png` });
  await page.locator("#main").evaluate((it) => it.scrollTo(0, it.scrollHeight));
  await page.getByRole("article", { name: /rank 50$/ }).waitFor();
  await page.screenshot({ path: `${OUT}fifty-end.png` });
  await page.context().close();
});
