import { expect, test } from "vitest";
import type { AttemptRecord, RequestRecord, Target } from "../api/shapes";
import { asked, served } from "./share";

const target = (rest: Partial<Target>): Target =>
  ({
    target: null,
    provider: null,
    model: null,
    credential: null,
    weight: 100,
    tier: 0,
    backup: false,
    enabled: true,
    ...rest,
  }) as Target;
const answered = (rest: Partial<AttemptRecord>) =>
  ({ attempts: [{ target: null, provider: "other" }, rest] }) as RequestRecord;

test("a target is asked for its weight among those of its tier", () => {
  const [a, b, off, spare] = [
    target({ weight: 200 }),
    target({}),
    target({ enabled: false }),
    target({ tier: null, backup: true }),
  ];
  const all = [a, b, off, spare];
  expect(all.map((it) => asked(all, it))).toEqual([2 / 3, 1 / 3, 0, 1]);
});

test("who answered last is who served", () => {
  const raw = target({ target: "10.0.0.5:80" });
  const openai = target({
    provider: { id: "1", name: "openai" },
    model: "gpt-4o",
    credential: { id: "2", name: "main" },
  });
  expect(served([], raw)).toBeNull();
  const requests = [
    answered({ target: "10.0.0.5:80", provider: null }),
    answered({ provider: "openai", credential: "main", model: "gpt-4o" }),
    answered({ provider: "openai", credential: "spare", model: "gpt-4o" }),
    answered({ provider: "openai", credential: "main", model: "gpt-4.1" }),
  ];
  expect([served(requests, raw), served(requests, openai)]).toEqual([0.25, 0.25]);
  const any = target({ provider: { id: "1", name: "openai" }, credential: "*", model: "@default" });
  expect(served(requests, any)).toBe(0.75);
});
