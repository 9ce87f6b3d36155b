// Forms: what is refused stands where it belongs, and nothing that was written is lost without a word.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, open } from "./browser";
import { World } from "./world";

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

/** What the browser says of an answer that a test provokes. */
const REFUSED = [/400/];

test("a refused endpoint is told at the Base URL of a new provider", async () => {
  const { page, faults } = await open(browser, `${world.admin}/ui/providers`, {}, REFUSED);
  await page.getByRole("button", { name: "Add provider" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Base URL").fill("not a URL");
  await dialog.getByRole("button", { name: "Add provider" }).click();
  const url = dialog.getByLabel("Base URL");
  await dialog.getByText("expected a URL that starts with https:// or http://").waitFor();
  expect(await url.getAttribute("aria-invalid")).toBe("true");
  expect(await dialog.getByRole("alert").count(), "and nowhere else").toBe(0);
  expect(faults).toEqual([]);
  await page.context().close();
});

test("a refused endpoint is told in its own row, rows without a URL not counted", async () => {
  const { page, faults } = await open(browser, `${world.admin}/ui/providers/alpha?tab=settings`, {}, REFUSED);
  for (const url of ["", "not a URL"]) {
    await page.getByRole("button", { name: "Add endpoint" }).click();
    await page
      .getByLabel(/^URL of endpoint/)
      .last()
      .fill(url);
  }
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("expected a URL that starts with https:// or http://").waitFor();
  const invalid = page.getByLabel(/^URL of endpoint/);
  expect(await invalid.evaluateAll((all) => all.map((it) => it.getAttribute("aria-invalid")))).toEqual([
    null,
    null,
    "true",
  ]);
  expect(faults).toEqual([]);
  await page.context().close();
});

test("leaving an edited pool asks first; staying keeps the edits, leaving drops them", async () => {
  const { page, faults } = await open(browser, `${world.admin}/ui/models/alpha/alpha-model`);
  await page.getByRole("button", { name: "Add credential" }).click();
  await page.getByRole("menuitem", { name: "spare" }).click();
  await page.getByText("Not saved yet").waitFor();
  const leave = () => page.getByRole("navigation").getByRole("link", { name: "Requests" }).click();
  await leave();
  await page.getByRole("dialog").getByRole("button", { name: "Stay" }).click();
  await page.getByRole("listitem").filter({ hasText: "spare" }).waitFor();
  await leave();
  await page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
  await page.getByRole("heading", { name: "Requests", level: 1 }).waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});

test("who edits a pool is told when somebody else changes it meanwhile", async () => {
  const { page, faults } = await open(browser, `${world.admin}/ui/models/alpha/alpha-model`);
  await page.getByRole("button", { name: "Add credential" }).click();
  await page.getByRole("menuitem", { name: "spare" }).click();
  await page.getByText("Not saved yet").waitFor();
  await world.call("PUT", "/providers/alpha/models/alpha-model/load-balancing", {
    enabled: true,
    entries: [{ credential: null }, { credential: "spare" }, { credential: "spare" }],
  });
  await page.getByText("Somebody else changed this pool meanwhile").waitFor();
  await page.getByRole("button", { name: "Discard" }).click();
  await page.getByRole("listitem").filter({ hasText: "spare" }).getByText("×2").waitFor();
  await page.getByText("Saved", { exact: true }).waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});

test("with client keys the set-up names one, and a new key is shown whole in its box", async () => {
  const { page, faults } = await open(browser, `${world.admin}/ui/setup`, { viewport: { width: 360, height: 780 } });
  const snippet = page.getByRole("region", { name: "set-up for curl" });
  await snippet.getByText("Bearer none").waitFor();
  await world.call("POST", "/consumers", { name: "web" });
  await page.goto(`${world.admin}/ui/access`);
  await page.getByText("Whoever can reach the AI API may use it").waitFor();
  await page.getByRole("button", { name: "Give a key" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("web-production");
  await page.getByRole("button", { name: "Make the key" }).click();
  const key = page.getByRole("region", { name: "client key" });
  await key.waitFor();
  expect(await key.evaluate((it) => it.scrollWidth - it.clientWidth)).toBeLessThanOrEqual(0);
  await page.getByRole("button", { name: "I have it" }).click();
  await page.getByText("Whoever can reach the AI API may use it").waitFor({ state: "detached" });
  await page.goto(`${world.admin}/ui/setup`);
  await snippet.getByText("Bearer YOUR_CLIENT_KEY").waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});
