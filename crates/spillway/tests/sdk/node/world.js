// The world the SDKs for Node are tested in: simulated vendors, a Spillway in front of them, and the doors into it.
// The same words as in ../python/world.py.
//
// A door is a base URL. Through `provider` the models of the gateway's own providers are reached, paid with the
// operator's keys; through an upstream (`/NAME/v1`) raw hosts are, with the caller's key passed on. With SDK_DIRECT=1
// there is no gateway, and the only door is the vendor's own.
//
// Every test has a key of its own: scripts and logs are told apart by it, so that no test meets another's trouble.
// Each test file runs in a process, and so in a world, of its own.

import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

// The SDKs are installed apart from the sources, so they are not found by walking up from here.
const require = createRequire(join(process.env.SDK_NODE_MODULES, "anchor.js"));
export const OpenAI = require("openai").default;
export const Anthropic = require("@anthropic-ai/sdk").default;
export const { ApiError, GoogleGenAI } = require("@google/genai");

export const DIRECT = Boolean(process.env.SDK_DIRECT);
export const DOORS = DIRECT ? ["vendor"] : ["provider", "upstream"];
// As options of a test that needs a Spillway, not only a vendor.
export const GATEWAY = { skip: DIRECT && "needs a gateway" };

// What tells the gateway which providers there are, and where. The key is the operator's: no test ever sends it.
const OPERATORS_KEY = "sk-operators-own";
const providerEnvironment = (vendor) => ({
  OPENAI_API_KEY: OPERATORS_KEY,
  SPILLWAY_OPENAI_BASE_URL: `${vendor}/v1`,
  ANTHROPIC_API_KEY: OPERATORS_KEY,
  SPILLWAY_ANTHROPIC_BASE_URL: vendor,
});

// The strict vendor knows one key and one model.
export const STRICT_KEY = "sk-known-to-the-strict-vendor";
export const STRICT_MODEL = "only-model";

// Nobody listens there: loopback's port 1 is below what is handed out.
export const NOBODY = "127.0.0.1:1";

// Longest that anything may take to come about: far above what it takes, so that a busy machine fails nothing.
const PATIENCE_MS = 30_000;

let number = 0;

/** A base URL, as each SDK wants it, the key to come with, and the vendor behind it. */
class Door {
  key = `sk-test-${++number}`;

  constructor(url, vendor, operatorsKey) {
    this.url = url;
    this.vendor = vendor;
    this.keySeenByVendor = operatorsKey ?? this.key;
  }

  openai(options) {
    return new OpenAI({ baseURL: `${this.url}/v1`, apiKey: this.key, maxRetries: 0, ...options });
  }

  anthropic(options) {
    return new Anthropic({ baseURL: this.url, apiKey: this.key, maxRetries: 0, ...options });
  }

  google(options) {
    return new GoogleGenAI({ apiKey: this.key, httpOptions: { baseUrl: this.url }, ...options });
  }
}

/** A simulated vendor, by its address and its control port. */
class Vendor {
  constructor(url, control) {
    this.url = url;
    this.address = url.replace("http://", "");
    this.control = control;
  }

  /** Plays these steps: for attempts with this key only, if one is given. */
  async script(steps, { key, ...rule } = {}) {
    const when = key ? { credential: key } : {};
    await call("POST", `${this.control}/rules`, { json: { when, steps, ...rule } });
  }

  async behave() {
    await call("PUT", `${this.control}/script`, { json: { rules: [] } });
  }

  /** What arrived, with this key if one is given. */
  async attempts(key) {
    const log = await call("GET", `${this.control}/log`);
    return log.filter((it) => !key || it.credential === fingerprint(key));
  }

  /** The last attempt at this path, once the vendor is through with it. */
  async last(path) {
    return until(`an attempt at ${path} that is over`, async () => {
      const attempts = (await this.attempts()).filter((it) => it.path === path);
      const last = attempts.at(-1);
      return last && last.finished_at_ms !== null && last;
    });
  }
}

export class World {
  #children = [];
  #directory = mkdtempSync(join(tmpdir(), "spillway-sdk-"));

  static async start() {
    const world = new World();
    [world.first, world.second] = await world.#vendors("vendor", 2, { name: "" });
    // An address of its own, for the gateway's providers alone.
    [world.provider] = await world.#vendors("provider", 1, { name: "provider" });
    const strict = { name: "strict", keys: [STRICT_KEY], models: [STRICT_MODEL] };
    [world.strict] = await world.#vendors("strict", 1, strict);
    if (!DIRECT) await world.#startGateway();
    return world;
  }

  /** A fresh door of this kind. */
  async door(name) {
    return name === "provider" ? new Door(this.proxy, this.provider, OPERATORS_KEY) : this.to(this.first);
  }

  /** A door to one vendor with the caller's own key: directly, or through an upstream of its own. */
  async to(vendor) {
    const door = DIRECT ? new Door(vendor.url) : await this.upstream([vendor.address]);
    door.vendor = vendor;
    return door;
  }

  /** A door to a fresh upstream of raw hosts. */
  async upstream(targets, { backup = [], ...fields } = {}) {
    const name = `pool-${++number}`;
    await call("POST", `${this.admin}/upstreams`, { form: { name, ...fields } });
    for (const target of [...targets, ...backup]) {
      const form = { target, backup: backup.includes(target), scheme: "http" };
      await call("POST", `${this.admin}/upstreams/${name}/targets`, { form });
    }
    return new Door(`${this.proxy}/${name}`);
  }

  /** A provider that speaks Google's dialect, behind the others. */
  async addGoogle() {
    const endpoints = [{ url: `${this.provider.url}/v1beta/openai` }];
    await call("POST", `${this.admin}/providers`, { json: { name: "google", kind: "gemini", endpoints } });
    const key = { name: "google", secret: OPERATORS_KEY };
    await call("POST", `${this.admin}/providers/google/credentials`, { json: key });
  }

  /** Makes a client key, after which the gateway wants one. */
  async clientKey(name) {
    await call("POST", `${this.admin}/consumers`, { form: { name } });
    return (await call("POST", `${this.admin}/consumers/${name}/keys`, { form: { name } })).key;
  }

  /** Calls `act` with a model of Bedrock's, which is a third provider as long as that takes. */
  async withBedrock(act) {
    const endpoints = [{ url: this.provider.url, region: "eu-central-1" }];
    await call("POST", `${this.admin}/providers`, { json: { name: "bedrock", kind: "bedrock", endpoints } });
    const key = { name: "main", secret: "AKIAOFTHEOPERATOR:the-operators-secret" };
    await call("POST", `${this.admin}/providers/bedrock/credentials`, { json: key });
    try {
      await act("bedrock/amazon.nova-pro-v1:0");
    } finally {
      await call("DELETE", `${this.admin}/providers/bedrock?force=true`);
    }
  }

  /** What tests have scripted is forgotten. */
  async behave() {
    await Promise.all([this.first, this.second, this.provider, this.strict].map((it) => it.behave()));
  }

  stop() {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #vendors(name, count, settings) {
    const path = join(this.#directory, `${name}.json`);
    writeFileSync(path, JSON.stringify({ keep_answers: true, log: "all", ...settings }));
    const args = ["--settings", path, ...Array(count).fill("0")];
    const ready = await this.#program(process.env.VENDOR_SIMULATOR_BIN, args, process.env);
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    return numbers.map((it) => new Vendor(ready[`vendor-${it}`], ready[`control-${it}`]));
  }

  async #startGateway() {
    const args = ["serve", "--data", join(this.#directory, "data")];
    args.push("--proxy-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0");
    const environment = { PATH: process.env.PATH, ...providerEnvironment(this.provider.url) };
    const ready = await this.#program(process.env.SPILLWAY_BIN, args, environment);
    this.proxy = ready.proxy;
    this.admin = ready.admin;
  }

  /** Starts a program and gives what its line `ready name=url name=url …` says. */
  async #program(path, args, env) {
    const log = join(this.#directory, "programs.log");
    const stderr = openSync(log, "a");
    const child = spawn(path, args, { env, stdio: ["ignore", "pipe", stderr] });
    closeSync(stderr);
    this.#children.push(child);
    process.once("exit", () => child.kill("SIGKILL"));
    // A program that neither gets ready nor ends is ended here, which ends the reading below.
    const deadline = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    const lines = createInterface({ input: child.stdout });
    const line = await new Promise((resolve, reject) => {
      child.once("error", reject);
      lines.once("line", resolve);
      lines.once("close", () => resolve(""));
    });
    clearTimeout(deadline);
    const [first, ...words] = line.split(" ");
    if (first !== "ready") throw new Error(`${path} did not get ready: ${line}\n${readFileSync(log, "utf8")}`);
    return Object.fromEntries(words.map((it) => it.split("=", 2)));
  }
}

/** One call to an API of ours: JSON or a form in, JSON out. */
async function call(method, url, { json, form } = {}) {
  const body = json ? JSON.stringify(json) : form && new URLSearchParams(form);
  const headers = json ? { "content-type": "application/json" } : {};
  const answer = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(PATIENCE_MS) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Polls until `holds()` gives something truthy, and gives that. */
async function until(what, holds) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const outcome = await holds();
    if (outcome) return outcome;
    if (Date.now() > deadline) throw new Error(`never came about: ${what}`);
    await pause(5);
  }
}

/** How a vendor's log shows a key: FNV-1a. */
export function fingerprint(key) {
  let digest = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(key)) digest = BigInt.asUintN(64, (digest ^ BigInt(byte)) * 0x100000001b3n);
  return `fp-${digest.toString(16).padStart(16, "0")}`;
}

/** Everything that an asynchronous iterable gives. */
export async function collect(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}
