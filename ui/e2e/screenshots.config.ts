import { defineConfig } from "vitest/config";

// Pictures for people to look at; they are no tests.
export default defineConfig({
  test: {
    root: new URL(".", import.meta.url).pathname,
    include: ["screenshots.ts"],
    testTimeout: 300_000,
    hookTimeout: 90_000,
  },
});
