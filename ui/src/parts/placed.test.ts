import { expect, test } from "vitest";
import { placed } from "./placed";

test("a message lands on its field, on the list that holds what it is about, or on the field that shows it", () => {
  const values = { name: "", models: ["a"], limits: { rpm: "" }, url: "" };
  const errors = { name: "taken", "models.2": "too long", "limits.rpm": "at least 1", "endpoints.1.url": "no URL" };
  expect(placed(errors, values, { endpoints: "url" })).toEqual({
    fields: { name: "taken", models: "2: too long", "limits.rpm": "at least 1", url: "no URL" },
    general: null,
  });
});

test("what the form does not show is told all the same", () => {
  const values = { limits: { rpm: "" } };
  const errors = { "": "stale", tags: "too many", "limits.rpd": "at least 1", limits: "no object" };
  expect(placed(errors, values)).toEqual({
    fields: {},
    general: "stale; tags: too many; limits.rpd: at least 1; limits: no object",
  });
});

test("rows of a list keep their messages by row; the list has its own", () => {
  const values = { endpoints: [{ url: "" }] };
  const errors = { "endpoints.1.url": "no URL", endpoints: "at least one" };
  expect(placed(errors, values).fields).toEqual(errors);
});

test("of two names the nearer one is meant, and two messages of one field are both told", () => {
  const shownAs = { upstreams: "way", "upstreams.production": "production" };
  const errors = { "upstreams.production": "gone", "upstreams.sandbox": "gone", upstreams: "one at least" };
  expect(placed(errors, { way: "", production: "" }, shownAs).fields).toEqual({
    production: "gone",
    way: "gone; one at least",
  });
});
