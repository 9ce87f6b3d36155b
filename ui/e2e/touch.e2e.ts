// A finger on the home page: the grip moves a card, anywhere else the page scrolls and the order stays.
import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, open } from "./browser";
import { until, World } from "./world";

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await World.start({ vendors: 3 });
  for (const [vendor, name] of ["alpha", "beta", "gamma"].entries()) await world.provider(name, vendor);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  world?.stop();
});

const PHONE = { viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true };

const served = async () => (await world.chat()).headers.get("x-spillway-provider");
const card = (page: Page, name: string) => page.getByRole("article", { name: new RegExp(`Provider ${name},`) });

/** A finger that goes from one place to another in steps, as a hand does. */
async function swipe(finger: CDPSession, from: { x: number; y: number }, by: number) {
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", y?: number) =>
    finger.send("Input.dispatchTouchEvent", { type, touchPoints: y === undefined ? [] : [{ x: from.x, y }] });
  const STEPS = 20;
  await touch("touchStart", from.y);
  for (let step = 1; step <= STEPS; step += 1) await touch("touchMove", from.y + (by * step) / STEPS);
  await touch("touchEnd");
}

async function middle(page: Page, name: string) {
  const box = await card(page, name).boundingBox();
  if (!box) throw new Error(`${name} is on the screen`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

test("the grip of a card moves it, and the order is in force for the next request", async () => {
  expect(await served()).toBe("alpha");
  const { page, faults } = await open(browser, `${world.admin}/ui/`, PHONE);
  await card(page, "beta").waitFor();
  const grip = await page.getByRole("button", { name: /^beta: rank/ }).boundingBox();
  if (!grip) throw new Error("the grip is on the screen");
  const up = (await middle(page, "alpha")).y - (await middle(page, "beta")).y;
  await swipe(await page.context().newCDPSession(page), { x: grip.x + 8, y: grip.y + 14 }, up - 20);
  await until("beta is first in force", async () => (await served()) === "beta");
  await page.getByRole("article", { name: "Provider beta, rank 1" }).waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});

test("a finger on a card scrolls the page, and moves no card", async () => {
  await world.call("PUT", "/providers/order", { providers: ["alpha", "beta", "gamma"] });
  const { page, faults } = await open(browser, `${world.admin}/ui/`, PHONE);
  await card(page, "alpha").waitFor();
  await swipe(await page.context().newCDPSession(page), await middle(page, "alpha"), -260);
  await until("the page has scrolled", () =>
    page.evaluate(() => (document.getElementById("main")?.scrollTop ?? 0) > 100),
  );
  expect(await served()).toBe("alpha");
  await page.getByRole("article", { name: "Provider alpha, rank 1" }).waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});
