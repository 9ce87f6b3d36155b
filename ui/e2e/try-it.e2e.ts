// Try it: streams, and names who answered and why; also when nobody could, and with a client key.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, open } from "./browser";
import { secret, World } from "./world";

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await World.start({ vendors: 2, vendor: { chunks: 12, chunk_delay_ms: 60 } });
  await world.provider("alpha", 0, ["main", "spare"]);
  await world.provider("beta", 1);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  world?.stop();
});

test("an answer streams in, and says who gave it, at which try, and why", async () => {
  await world.script(0, [{ error: { class: "rate_limit", retry_after: "30" } }], {
    key: secret("alpha", "main"),
    times: 1,
  });
  const { page, faults } = await open(browser, `${world.admin}/ui/try`);
  await page.getByLabel("Model", { exact: true }).fill("alpha-model");
  await page.getByRole("button", { name: "Send" }).click();
  const answer = page.locator("output");
  await page.waitForFunction(() => (document.querySelector("output")?.textContent ?? "").length > 0);
  const early = (await answer.innerText()).length;
  await page.getByTestId("x-spillway-provider").waitFor();
  expect(await page.getByTestId("x-spillway-provider").innerText()).toBe("alpha");
  expect(await page.getByTestId("x-spillway-model").innerText()).toBe("alpha-model");
  expect(await page.getByTestId("x-spillway-credential").innerText()).toBe("spare");
  expect(await page.getByTestId("x-spillway-attempts").innerText()).toBe("2");
  expect(await page.getByTestId("x-spillway-decision").innerText()).not.toBe("");
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  expect((await answer.innerText()).length, "it came bit by bit").toBeGreaterThan(early);
  await page.getByRole("link", { name: "its attempts" }).click();
  await page.getByText("rate_limit").first().waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});

test("a failure is told in the vendor's words", async () => {
  const { page } = await open(browser, `${world.admin}/ui/try`, {}, [/404/]);
  await page.getByLabel("Model", { exact: true }).fill("no-such-provider/no-such-model");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("alert").filter({ hasText: "no-such" }).waitFor();
  await page.context().close();
});

test("what is copied works: the curl line gets the same answer", async () => {
  const { page } = await open(browser, `${world.admin}/ui/try`);
  await page.getByLabel("Model", { exact: true }).fill("beta-model");
  const text = await page.getByRole("region", { name: "curl" }).innerText();
  const { execFileSync } = await import("node:child_process");
  const said = execFileSync("bash", ["-c", text.replace("curl -N", "curl -sN")], { encoding: "utf8" });
  expect(said).toContain("data: ");
  expect(said).toContain("[DONE]");
  await page.context().close();
});

test("once there are client keys it wants one, and a key that is made here is shown once and works", async () => {
  const { page, faults } = await open(browser, `${world.admin}/ui/access`, {}, [/401/]);
  await page.getByRole("button", { name: "Add consumer" }).first().click();
  await page.getByRole("dialog").getByLabel("Name").fill("web");
  await page.getByRole("dialog").getByRole("button", { name: "Add consumer" }).click();
  await page.getByRole("button", { name: "Give a key" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("web-production");
  await page.getByRole("button", { name: "Make the key" }).click();
  const key = (await page.getByRole("region", { name: "client key" }).innerText()).trim();
  expect(key).toMatch(/^sw-/);
  await page.getByRole("button", { name: "I have it" }).click();
  await page.getByRole("row", { name: /web-production/ }).waitFor();
  expect(await page.content(), "nobody can read it again").not.toContain(key);

  expect((await world.chat()).status, "the door is closed").toBe(401);
  await page.getByRole("link", { name: "Try it" }).click();
  await page.getByLabel("Client key").fill(key);
  await page.getByLabel("Model", { exact: true }).fill("beta-model");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByTestId("x-spillway-provider").waitFor();
  expect(await page.getByTestId("x-spillway-provider").innerText()).toBe("beta");
  expect(faults).toEqual([]);
  await page.context().close();
});
