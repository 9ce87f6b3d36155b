import { expect, test } from "vitest";
import { topology } from "../api/sample";
import { soonestReturn, summary, usability } from "./summary";

test("one glance tells whether anybody is refused, and who is out", () => {
  const sample = topology({ providers: 3, keys: 2 });
  expect(summary(sample)).toMatchObject({
    tone: "ok",
    title: "All 3 enabled providers serve",
    out: [],
    keys: { usable: 6, all: 6, except: null },
  });
  const [first, second, third] = sample.providers;
  if (!first || !second || !third) throw new Error("three were asked for");
  first.status = "abnormal";
  expect(summary(sample)).toMatchObject({ tone: "wait", title: "openai can not serve" });
  third.status = "abnormal";
  expect(summary(sample).title).toBe("openai and 1 more can not serve");
  second.status = "disabled";
  expect(summary(sample)).toMatchObject({ tone: "bad", title: "No provider serves: requests are refused" });
});

test("disabled keys count neither as usable nor as out", () => {
  const sample = topology({ providers: 1, keys: 3 });
  const [first, second] = sample.providers[0]?.credentials ?? [];
  if (first) first.state = "disabled";
  if (second) second.state = "cooling";
  expect(summary(sample).keys).toEqual({ usable: 1, all: 2, except: null });
});

test("the soonest return is the earliest end among the keys that are out", () => {
  const [provider] = topology({ providers: 1, keys: 3 }).providers;
  if (!provider) throw new Error("one was asked for");
  expect(soonestReturn(provider.credentials)).toBeNull();
  for (const [index, until] of ["2026-01-01T00:02:00.000Z", "2026-01-01T00:01:00.000Z"].entries()) {
    Object.assign(provider.credentials[index] ?? {}, { state: "cooling", until });
  }
  expect(soonestReturn(provider.credentials)).toBe("2026-01-01T00:01:00.000Z");
  const forOneModel = {
    model: "m",
    state: "cooling",
    cause: "rate_limit",
    until: "2026-01-01T00:00:30.000Z",
    ttl: 30,
  } as const;
  Object.assign(provider.credentials[2] ?? {}, { model_states: [forOneModel] });
  expect(soonestReturn(provider.credentials), "also of a key that is out for one model").toBe(forOneModel.until);
});

test("a key that is out for a model is usable, and it is said for what it is not", () => {
  const [provider] = topology({ providers: 1, keys: 2 }).providers;
  const [first, second] = provider?.credentials ?? [];
  if (!first || !second) throw new Error("two were asked for");
  const out = (model: string | null) =>
    ({ model, state: "cooling", cause: "rate_limit", until: null, ttl: null }) as const;
  first.model_states = [out("gpt-4o")];
  expect(usability([first])).toEqual({ usable: 1, all: 1, except: "not for gpt-4o" });
  expect(usability([first, second]).except, "of two, one").toBe("1 not for gpt-4o");
  second.model_states = [out("gpt-4o"), out(null)];
  expect(usability([first, second]).except).toBe("not for 2 models");
  second.state = "cooling";
  expect(usability([first, second]), "who is out for all is not named again").toEqual({
    usable: 1,
    all: 2,
    except: "not for gpt-4o",
  });
});
