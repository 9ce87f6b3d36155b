import { expect, test } from "vitest";
import { proxyUrl } from "./proxy-url";
import { clients } from "./snippets";

test("every client is told where the AI API is, and nothing points anywhere else", () => {
  for (const { name, text } of clients({ base: "http://gateway:8000", key: "sw-key", model: "the-model" })) {
    expect(text, name).toContain("http://gateway:8000");
    const others = text
      .match(/https?:\/\/[^/\s"']+/g)
      ?.filter((it) => !it.startsWith("http://gateway:8000") && it !== "https://opencode.ai");
    expect(others, name).toEqual([]);
  }
});

test("who looks from another machine is told the name that works there", () => {
  expect(proxyUrl("http://127.0.0.1:8000", { hostname: "localhost" })).toBe("http://127.0.0.1:8000");
  expect(proxyUrl("http://127.0.0.1:8000", { hostname: "gateway.internal" })).toBe("http://gateway.internal:8000");
  expect(proxyUrl("https://10.0.0.7:8000", { hostname: "gateway.internal" })).toBe("https://10.0.0.7:8000");
});
