// The home page against the real binary: what an operator does there, and what clients notice of it.
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launch, open, type Watched } from "./browser";
import { ask, secret, until, World } from "./world";

let world: World;
let browser: Browser;
let watched: Watched;

beforeAll(async () => {
  world = await World.start({ vendors: 3 });
  browser = await launch();
  await world.provider("alpha", 0, ["main", "spare"]);
  await world.provider("beta", 1);
  await world.provider("gamma", 2);
  await world.call("POST", "/services", { name: "assistants" });
  await world.call("POST", "/routes", { name: "chat", service: "assistants", paths: ["/chat"], provider: "alpha" });
  await world.call("POST", "/routes", { name: "other", service: "assistants", paths: ["/other"], provider: "beta" });
  watched = await open(browser, `${world.admin}/`);
  await watched.page.getByRole("article", { name: /alpha/ }).waitFor();
});

afterEach(async () => {
  await world.behave();
  await world.call("PUT", "/providers/order", { providers: ["alpha", "beta", "gamma"] });
  await until("the order is as it was", async () => (await ranks()).join() === "alpha,beta,gamma");
  expect(watched.faults).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  world?.stop();
});

/** Names of the cards from top to bottom. */
async function ranks(): Promise<string[]> {
  const cards = await watched.page.getByRole("article").evaluateAll((all) =>
    all.map((it) => ({
      name: it.getAttribute("aria-label")?.match(/Provider (\S+),/)?.[1] ?? "",
      top: it.getBoundingClientRect().top,
    })),
  );
  return cards.sort((a, b) => a.top - b.top).map((it) => it.name);
}

const served = async () => (await world.chat()).headers.get("x-spillway-provider");
const card = (name: string) => watched.page.getByRole("article", { name: new RegExp(`Provider ${name},`) });
const handle = (name: string) => watched.page.getByRole("button", { name: new RegExp(`^${name}: rank`) });
const block = (key: string) => watched.page.getByRole("button", { name: new RegExp(`^${key}:`) }).first();

test("dragging a card to the top changes who answers the very next request", async () => {
  expect(await served()).toBe("alpha");
  const { page } = watched;
  const [from, to] = [await card("gamma").boundingBox(), await card("alpha").boundingBox()];
  if (!from || !to) throw new Error("the cards are on the screen");
  await page.mouse.move(from.x + 150, from.y + 60);
  await page.mouse.down();
  await page.mouse.move(from.x + 150, from.y + 20, { steps: 5 });
  await page.mouse.move(to.x + 150, to.y + 10, { steps: 12 });
  await page.mouse.up();
  await until("gamma is first in force", async () => (await served()) === "gamma");
  expect(await ranks()).toEqual(["gamma", "alpha", "beta"]);
});

test("the keyboard alone moves a card: arrows, and a rank by number", async () => {
  await handle("beta").focus();
  await watched.page.keyboard.press("ArrowUp");
  await until("beta is first in force", async () => (await served()) === "beta");
  expect(await ranks()).toEqual(["beta", "alpha", "gamma"]);
  await until("the focus is still on its handle", () => handle("beta").evaluate((it) => it === document.activeElement));
  await watched.page.keyboard.press("Enter");
  const rank = watched.page.getByLabel("Move beta to rank");
  await rank.fill("3");
  await watched.page.keyboard.press("Enter");
  await until("beta is last in force", async () => (await ranks()).join() === "alpha,gamma,beta");
  await until("alpha is asked first", async () => (await served()) === "alpha");
});

test("arrow keys that follow one another at once all count, and are nobody else's change", async () => {
  await handle("gamma").focus();
  // While the first move is on its way, the next ones come.
  await watched.page.route("**/providers/order", async (it) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await it.continue();
  });
  for (const rank of [2, 1]) {
    await watched.page.keyboard.press("ArrowUp");
    await watched.page.getByRole("article", { name: `Provider gamma, rank ${rank}` }).waitFor();
    await until("the focus is on its handle", () => handle("gamma").evaluate((it) => it === document.activeElement));
  }
  await until("gamma is first in force", async () => (await served()) === "gamma");
  await until("it stays so", async () => (await ranks()).join() === "gamma,alpha,beta");
  expect(await watched.page.getByText("Somebody else changed the order").count()).toBe(0);
  await watched.page.unroute("**/providers/order");
});

test("of two operators who drag at once one is told, and nothing is lost or half applied", async () => {
  const second = await open(browser, `${world.admin}/ui/`, {}, [/412/]);
  await second.page.getByRole("article", { name: /alpha/ }).waitFor();
  // The second operator's page has not heard of the first one's change yet: it goes on reading the old revision.
  const old = await ask("GET", `${world.admin}/topology`);
  const headers = { etag: old.headers.get("etag") ?? "", "content-type": "application/json" };
  await second.page.route("**/topology", (it) => it.fulfill({ headers, body: JSON.stringify(old.body) }));
  await handle("gamma").focus();
  await watched.page.keyboard.press("Home");
  await until("gamma is first", async () => (await served()) === "gamma");
  await second.page.getByRole("button", { name: /^beta: rank/ }).focus();
  await second.page.keyboard.press("ArrowUp");
  await second.page.getByText("Somebody else changed the order meanwhile").waitFor();
  expect(await served(), "the first one's change is in force, whole").toBe("gamma");
  const { providers } = await world.call<{ providers: { name: string }[] }>("GET", "/topology");
  expect(providers.map((it) => it.name)).toEqual(["gamma", "alpha", "beta"]);
  await second.page.unroute("**/topology");
  await second.page.reload();
  await second.page.getByRole("article", { name: "Provider gamma, rank 1" }).waitFor();
  expect(second.faults).toEqual([]);
  await second.page.context().close();
});

test("a key that gets a 429 turns amber at once, counts down, and is green again when its time is over", async () => {
  const { page } = watched;
  await world.script(0, [{ error: { class: "rate_limit", retry_after: "4" } }], {
    key: secret("alpha", "main"),
    times: 1,
  });
  expect(await block("main").getAttribute("data-state")).toBe("normal");
  const began = Date.now();
  expect((await world.chat()).status, "the spare key answers").toBe(200);
  const amber = page.locator("[data-state=cooling], [data-partly]").first();
  await amber.waitFor();
  expect(Date.now() - began, "within a moment, without a reload").toBeLessThan(3000);
  await amber.hover();
  const details = page.getByRole("tooltip");
  await details
    .getByText(/rate_limit/)
    .first()
    .waitFor();
  expect(await details.innerText()).toMatch(/0:0[1-4]/);
  await page.mouse.move(0, 0);
  await until("it is green again", async () => (await amber.count()) === 0);
});

test("a provider with every key out says so, and who serves instead", async () => {
  await world.script(2, [{ error: { class: "rate_limit", retry_after: "3" } }]);
  await world.call("PUT", "/providers/order", { providers: ["gamma", "alpha", "beta"] });
  expect(await served()).toBe("alpha");
  await card("gamma").getByText("abnormal").waitFor();
  await card("gamma").getByText("now served by").waitFor();
  expect(await card("gamma").innerText()).toContain("alpha");
  await watched.page.getByText("gamma can not serve").waitFor();
  await card("gamma").getByText("enabled").waitFor();
});

test("a provider whose only key is out for one model says for which", async () => {
  await world.script(2, [{ error: { class: "rate_limit", retry_after: "3" } }]);
  await world.chat({ model: "gamma/gamma-model" });
  const keys = watched.page.getByRole("region", { name: "Keys of gamma" });
  await keys.getByText("not for gamma-model").waitFor();
  await card("gamma").getByText("enabled").waitFor();
  await keys.getByText("not for gamma-model").waitFor({ state: "detached" });
});

test("N APIs and N keys lead to exactly those", async () => {
  const { page } = watched;
  await page.getByRole("link", { name: "1 API configured to use alpha" }).click();
  await page.getByRole("link", { name: "chat", exact: true }).waitFor();
  expect(await page.getByRole("link", { name: "other", exact: true }).count()).toBe(0);
  await page.goBack();
  await page.getByRole("link", { name: "2 keys of alpha" }).click();
  await page.getByRole("heading", { name: "Key pool" }).waitFor();
  expect(await page.getByRole("row").count()).toBe(3);
  await page.goBack();
  await card("alpha").waitFor();
});

test("the edit popup changes the rank by number, and the default model", async () => {
  const { page } = watched;
  await page.getByRole("button", { name: "Edit gamma" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Rank").fill("1");
  await dialog.getByLabel("Default model").fill("another-model");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  const answer = await world.chat();
  expect([answer.headers.get("x-spillway-provider"), answer.headers.get("x-spillway-model")]).toEqual([
    "gamma",
    "another-model",
  ]);
  await card("gamma").getByText("another-model").waitFor();
});

test("Clear now brings a key back before its time", async () => {
  const { page } = watched;
  await world.script(0, [{ error: { class: "rate_limit", retry_after: "300" } }], {
    key: secret("alpha", "main"),
    times: 1,
  });
  await world.chat();
  const amber = page.locator("[data-state=cooling], [data-partly]").first();
  await amber.click();
  await page.getByRole("dialog").getByRole("button", { name: "Clear now" }).click();
  await until("it is green again", async () => (await amber.count()) === 0);
});
