// The load balancing of one model: two keys before Save, repetition as weight, the mode off keeps the pool.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, open } from "./browser";
import { secret, until, World } from "./world";

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await World.start({ vendors: 1 });
  await world.provider("alpha", 0, ["main", "spare"]);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  world?.stop();
});

test("Save waits for two enabled keys and says so; then requests take turns by weight, and the list has its badge", async () => {
  const { page, faults } = await open(browser, `${world.admin}/ui/models`);
  await page.getByRole("link", { name: "alpha-model" }).click();
  const row = (name: string) => page.getByRole("listitem").filter({ hasText: name });
  await row("Default Config").waitFor();
  await page.getByRole("switch", { name: "Load balancing" }).click();
  const save = page.getByRole("button", { name: "Save" });
  await page.getByText("Enable one more credential: balancing needs two").waitFor();
  expect(await save.isDisabled()).toBe(true);

  await page.getByRole("button", { name: "Add credential" }).click();
  await page.getByRole("menuitem", { name: "spare" }).click();
  expect(await save.isDisabled()).toBe(false);
  for (const times of [2, 3]) {
    await page.getByRole("button", { name: "spare counts once more" }).click();
    await row("spare").getByText(`×${times}`).waitFor();
  }
  await save.click();
  await page.getByText("Saved", { exact: true }).waitFor();

  const keys = [];
  for (let count = 0; count < 8; count += 1)
    keys.push((await world.chat({ model: "alpha-model" })).headers.get("x-spillway-credential"));
  expect(
    keys.filter((it) => it === "main"),
    "a quarter of eight",
  ).toHaveLength(2);
  await page.getByRole("link", { name: "Models" }).click();
  await page.getByText("2/2 available").waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});

test("a key of the pool that is rate limited counts down where it is configured", async () => {
  const { page } = await open(browser, `${world.admin}/ui/models/alpha/alpha-model`);
  await world.script(0, [{ error: { class: "rate_limit", retry_after: "60" } }], {
    key: secret("alpha", "spare"),
    times: 1,
  });
  for (let count = 0; count < 4; count += 1) await world.chat({ model: "alpha-model" });
  const row = page.getByRole("listitem").filter({ hasText: "spare" });
  await row.getByText("cooling").waitFor();
  expect(await row.locator("time").innerText()).toMatch(/^(1:00|0:[0-5]\d)$/);
  await page.context().close();
});

test("switching the mode off keeps the pool for later", async () => {
  const { page } = await open(browser, `${world.admin}/ui/models/alpha/alpha-model`);
  await page.getByRole("switch", { name: "Load balancing" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  const pool = await world.call<{ enabled: boolean; entries: { name: string; repeat: number }[] }>(
    "GET",
    "/providers/alpha/models/alpha-model/load-balancing",
  );
  expect(pool.enabled).toBe(false);
  expect(pool.entries.map((it) => it.repeat)).toEqual([1, 3]);
  await until(
    "the default key serves alone",
    async () => (await world.chat({ model: "alpha-model" })).headers.get("x-spillway-credential") === "main",
  );
  await page.context().close();
});
