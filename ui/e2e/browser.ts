// Debian's Chromium, and pages that fail the test when something goes wrong in them: an error on the console, a request
// to another origin, something that the Content-Security-Policy had to stop.
import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { PATIENCE_MS } from "./world";

const PATHS = [process.env.CHROMIUM ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export function launch(): Promise<Browser> {
  const executablePath = PATHS.find((it) => it !== "" && existsSync(it));
  if (!executablePath) throw new Error("no Chromium: install Debian's chromium, or set CHROMIUM to its path");
  const args = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
  ];
  return chromium.launch({ executablePath, args });
}

export interface Watched {
  page: Page;
  /** What must not happen. */
  faults: string[];
}

/** A page that is watched. `expected` are texts of console errors that the test provokes. */
export async function open(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  expected: RegExp[] = [],
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  const { origin } = new URL(url);
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !expected.some((it) => it.test(text))) faults.push(`console: ${text}`);
  });
  page.on("request", (request) => {
    const to = request.url();
    if (!to.startsWith(origin) && !to.startsWith("data:")) faults.push(`request to another origin: ${to}`);
  });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      throw new Error(`the policy stopped ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  await page.goto(url);
  return { page, faults };
}
