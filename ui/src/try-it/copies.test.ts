import { expect, test } from "vitest";
import { curl, python, typescript } from "./copies";

const given = {
  base: "http://localhost:8000",
  keyGiven: false,
  environment: "production",
  model: "gpt-4o",
  prompt: 'it\'s "quoted"',
};

test("a message with quotes survives the shell and both languages", () => {
  expect(curl(given)).toContain(`"content":"it'\\''s \\"quoted\\""`);
  expect(python(given)).toContain('"content": "it\'s \\"quoted\\""');
  expect(typescript(given)).toContain('content: "it\'s \\"quoted\\""');
});

test("the key is named and never written; without one the environment is a header", () => {
  for (const text of [curl, python, typescript].map((it) => it({ ...given, keyGiven: true, environment: "sandbox" }))) {
    expect(text).toContain("SPILLWAY_KEY");
    expect(text).not.toContain("x-spillway-environment");
  }
  for (const text of [curl, python, typescript].map((it) => it({ ...given, environment: "sandbox" }))) {
    expect(text).toContain("x-spillway-environment");
  }
});
