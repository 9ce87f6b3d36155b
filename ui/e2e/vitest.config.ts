import { defineConfig } from "vitest/config";

// Real binaries and a real browser: one file at a time, because two cores are shared by all of them.
export default defineConfig({
  test: {
    root: new URL(".", import.meta.url).pathname,
    include: ["**/*.e2e.ts"],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 90_000,
    reporters: ["default"],
  },
});
