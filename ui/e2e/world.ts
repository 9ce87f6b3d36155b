// The world of an end-to-end test: simulated vendors, a Spillway in front of them, and what an operator and a client can
// do from outside. Every test file has a world of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

/** Longest that anything may take to come about: far above what it takes, so that a busy machine fails nothing. */
export const PATIENCE_MS = 30_000;

export interface Vendor {
  /** Base URL as OpenAI's SDK takes it, without `/v1`. */
  url: string;
  control: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

interface Settings {
  vendors?: number;
  /** More of the simulator's settings. */
  vendor?: object;
  environment?: Record<string, string>;
}

export class World {
  readonly vendors: Vendor[] = [];
  admin = "";
  proxy = "";
  #children: ChildProcess[] = [];
  #directory = mkdtempSync(join(tmpdir(), "spillway-e2e-"));

  static async start({ vendors = 2, vendor = {}, environment = {} }: Settings = {}): Promise<World> {
    const world = new World();
    const settings = join(world.#directory, "vendors.json");
    writeFileSync(settings, JSON.stringify({ name: "", ...vendor }));
    const told = await world.#program(
      binary("VENDOR_SIMULATOR_BIN"),
      ["--settings", settings, ...Array(vendors).fill("0")],
      {},
    );
    for (let number = 1; number <= vendors; number += 1) {
      world.vendors.push({ url: told[`vendor-${number}`] ?? "", control: told[`control-${number}`] ?? "" });
    }
    const args = [
      "serve",
      "--data",
      join(world.#directory, "data"),
      "--proxy-listen",
      "127.0.0.1:0",
      "--admin-listen",
      "127.0.0.1:0",
    ];
    const ready = await world.#program(binary("SPILLWAY_BIN"), args, environment);
    world.admin = ready.admin ?? "";
    world.proxy = ready.proxy ?? "";
    return world;
  }

  /** A provider at a simulated vendor, with keys of these names. */
  async provider(name: string, vendor: number, keys: string[] = ["main"]) {
    const url = `${this.vendors[vendor]?.url}/v1`;
    const body = {
      name,
      kind: "openai-compatible",
      endpoints: [{ url }],
      models: [`${name}-model`],
      default_model: `${name}-model`,
    };
    await this.call("POST", "/providers", body);
    for (const key of keys)
      await this.call("POST", `/providers/${name}/credentials`, { name: key, secret: secret(name, key) });
  }

  /** One call of the Admin API; what is refused fails the test. */
  async call<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await ask(method, `${this.admin}${path}`, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  /** A client's chat; by default without a model, so that the order of the providers decides. */
  chat(body: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
    const messages = [{ role: "user", content: "Hello" }];
    return ask("POST", `${this.proxy}/v1/chat/completions`, { messages, ...body }, headers);
  }

  /** What a vendor plays from now on: for one key, if one is given. */
  async script(vendor: number, steps: unknown[], rule: { key?: string; times?: number } = {}) {
    const { key, ...rest } = rule;
    await ask("POST", `${this.vendors[vendor]?.control}/rules`, {
      when: key ? { credential: key } : {},
      steps,
      ...rest,
    });
  }

  async behave() {
    for (const { control } of this.vendors) await ask("PUT", `${control}/script`, { rules: [] });
  }

  stop() {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Starts a program and gives what its line `ready name=url name=url …` says. */
  async #program(path: string, args: string[], environment: Record<string, string>): Promise<Record<string, string>> {
    const log = join(this.#directory, "programs.log");
    const stderr = openSync(log, "a");
    const child = spawn(path, args, {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ["ignore", "pipe", stderr],
    });
    closeSync(stderr);
    this.#children.push(child);
    process.once("exit", () => child.kill("SIGKILL"));
    const deadline = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    const line = await firstLine(child);
    clearTimeout(deadline);
    const [first, ...words] = line.split(" ");
    if (first !== "ready") throw new Error(`${path} did not get ready: ${line}\n${readFileSync(log, "utf8")}`);
    return Object.fromEntries(words.map((it) => [it.slice(0, it.indexOf("=")), it.slice(it.indexOf("=") + 1)]));
  }
}

/** The vendor's key that a credential of a test holds. */
export const secret = (provider: string, key: string) => `sk-${provider}-${key}`;

export async function ask(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: parsed(text) };
}

/** Polls until `holds()` gives something truthy, and gives that. */
export async function until<T>(what: string, holds: () => Promise<T> | T): Promise<NonNullable<T>> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const outcome = await holds();
    if (outcome) return outcome;
    if (Date.now() > deadline) throw new Error(`never came about: ${what}`);
    await pause(20);
  }
}

function parsed(text: string): unknown {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return text;
  }
}

function binary(name: string): string {
  const path = process.env[name];
  if (!path) throw new Error(`set ${name} to the path of the built binary; make ui-test does`);
  return path;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) return "";
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    lines.once("line", resolve);
    lines.once("close", () => resolve(""));
  });
}
