// After the build: a packed copy beside every file that gains by it, and the bound of the first load.
//
// First load is what the home page needs before it shows the diagram: index, entry, what they import, the home page's
// own chunks, the styles, the font. More than the bound fails the build.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
const FIRST_LOAD_BYTES_MAX = 300 * 1024;
const HOME = "src/load-balancing/page.tsx";

const files = readdirSync(DIST, { recursive: true }).filter((it) => statSync(join(DIST, it)).isFile());
const packed = new Map();
for (const file of files) {
  const plain = readFileSync(join(DIST, file));
  const small = gzipSync(plain, { level: 9 });
  const gains = small.length < plain.length * 0.95 && !file.endsWith(".woff2");
  packed.set(file, gains ? small.length : plain.length);
  if (gains && !file.startsWith(".vite")) writeFileSync(join(DIST, `${file}.gz`), small);
}

const manifest = JSON.parse(readFileSync(join(DIST, ".vite/manifest.json"), "utf8"));
// Only this check wants it; it is not part of the binary.
rmSync(join(DIST, ".vite"), { recursive: true });
const needed = new Set(["index.html", "theme.js", "favicon.svg"]);
const need = (key) => {
  const chunk = manifest[key];
  if (!chunk || needed.has(chunk.file)) return;
  needed.add(chunk.file);
  for (const it of chunk.css ?? []) needed.add(it);
  // Of the font's files only the one for Latin is fetched for an English page.
  for (const it of chunk.assets ?? []) if (/latin-wght/.test(it) && !/ext/.test(it)) needed.add(it);
  for (const it of chunk.imports ?? []) need(it);
};
need("index.html");
need(HOME);
const sum = [...needed].reduce((all, file) => all + packed.get(file), 0);
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
console.log(`first load: ${kib(sum)} of ${kib(FIRST_LOAD_BYTES_MAX)} at most (${needed.size} files, packed)`);
if (process.argv.includes("--list")) for (const it of needed) console.log(`  ${kib(packed.get(it))}  ${it}`);
if (sum > FIRST_LOAD_BYTES_MAX) {
  console.error("first load: too much");
  process.exit(1);
}
