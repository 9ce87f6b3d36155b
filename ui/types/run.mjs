// Types from the binary's own OpenAPI document: `run.mjs write BIN` writes them, `run.mjs check BIN` fails if those that
// are kept are not what the binary says.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import openapiTS, { astToString } from "openapi-typescript";

const [, , order, binary] = process.argv;
const kept = new URL("../src/api/openapi.gen.ts", import.meta.url);

const data = mkdtempSync(join(tmpdir(), "spillway-types-"));
const args = ["serve", "--data", data, "--proxy-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
const child = spawn(binary, args, { env: { PATH: process.env.PATH }, stdio: ["ignore", "pipe", "ignore"] });
try {
  const line = await new Promise((resolve, reject) => {
    child.once("error", reject);
    const lines = createInterface({ input: child.stdout });
    lines.once("line", resolve);
    lines.once("close", () => reject(new Error(`${binary} did not get ready`)));
  });
  const admin = line.match(/admin=(\S+)/)[1];
  const document = await (await fetch(`${admin}/openapi.json`)).json();
  const head = "// Made by `make ui-types` from the binary's OpenAPI document.\n";
  const types = head + astToString(await openapiTS(document));
  if (order === "write") {
    writeFileSync(kept, types);
  } else if (readFileSync(kept, "utf8") !== types) {
    console.error("ui/src/api/openapi.gen.ts is not what the binary says: `make ui-types` writes it anew");
    process.exitCode = 1;
  }
} finally {
  child.kill("SIGKILL");
  rmSync(data, { recursive: true, force: true });
}
