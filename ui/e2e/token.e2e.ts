// With an admin token: asked for once, wrong ones are told, and everything works behind it, the stream of events included.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, open } from "./browser";
import { ask, World } from "./world";

const TOKEN = "an-admin-token-of-the-tests";

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await World.start({ vendors: 1, environment: { SPILLWAY_ADMIN_TOKEN: TOKEN } });
  const headers = { authorization: `Bearer ${TOKEN}` };
  await ask(
    "POST",
    `${world.admin}/providers`,
    { name: "alpha", kind: "openai-compatible", endpoints: [{ url: `${world.vendors[0]?.url}/v1` }] },
    headers,
  );
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  world?.stop();
});

test("the token is asked for once, and then everything is there", async () => {
  const { page, faults } = await open(browser, `${world.admin}/`, {}, [/401/]);
  await page.getByLabel("Token", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Open the dashboard" }).click();
  await page.getByText("this is not the token").waitFor();
  await page.getByLabel("Token", { exact: true }).fill(TOKEN);
  await page.getByRole("button", { name: "Open the dashboard" }).click();
  await page.getByRole("article", { name: /alpha/ }).waitFor();
  await page.getByText("Live", { exact: true }).first().waitFor();
  await page.reload();
  await page.getByRole("article", { name: /alpha/ }).waitFor();
  expect(page.url(), "it is never part of an address").not.toContain(TOKEN);
  expect(faults).toEqual([]);
  await page.context().close();
});
