import { expect, test } from "vitest";
import { topology } from "../api/sample";
import { diagram, moved, outline, placeAt } from "./diagram";

const WIDE = 1200;
const PHONE = 336;

const overlap = (nodes: { position: { x: number; y: number }; width?: number; height?: number }[]) =>
  nodes.some((a, index) =>
    nodes.slice(index + 1).some((b) => {
      const apart = (from: number, size: number, other: number, otherSize: number) =>
        from + size <= other || other + otherSize <= from;
      return !(
        apart(a.position.x, a.width ?? 0, b.position.x, b.width ?? 0) ||
        apart(a.position.y, a.height ?? 0, b.position.y, b.height ?? 0)
      );
    }),
  );

test("services left, a card per provider in rank order, its keys to the right", () => {
  const shuffled = topology({ providers: 3 });
  shuffled.providers.reverse();
  const { nodes, layout } = diagram(outline(shuffled), WIDE);
  expect(layout).toBe("columns");
  expect(nodes.map((it) => it.id)).toEqual([
    "service/service",
    "openai",
    "openai/keys",
    "anthropic",
    "anthropic/keys",
    "mistral",
    "mistral/keys",
  ]);
  const x = (id: string) => nodes.find((it) => it.id === id)?.position.x ?? Number.NaN;
  expect(x("service/service")).toBeLessThan(x("openai"));
  expect(x("openai")).toBeLessThan(x("openai/keys"));
  const cards = nodes.filter((it) => it.type === "provider");
  expect(cards.map((it) => it.data.rank)).toEqual([1, 2, 3]);
  expect([...cards].sort((a, b) => a.position.y - b.position.y)).toEqual(cards);
});

test("nothing overlaps and nothing sticks out, at any width and size", () => {
  for (const width of [PHONE, 500, 800, 930, WIDE, 3600]) {
    for (const keys of [0, 1, 7, 50]) {
      const { nodes, height } = diagram(outline(topology({ providers: 6, keys })), width);
      expect(overlap(nodes), `${keys} keys in ${width} px`).toBe(false);
      for (const it of nodes) {
        expect(it.position.x + (it.width ?? 0), `${it.id} in ${width} px`).toBeLessThanOrEqual(width);
        expect(it.position.y + (it.height ?? 0), it.id).toBeLessThanOrEqual(height);
      }
    }
  }
});

test("a wide screen is used to its edge, however wide", () => {
  for (const width of [WIDE, 1664, 3584]) {
    const { nodes } = diagram(outline(topology({ providers: 2 })), width);
    const edge = Math.max(...nodes.map((it) => it.position.x + (it.width ?? 0)));
    expect(edge, `${width} px`).toBe(width);
  }
});

test("an edge from a service to each provider it leads to, and one from each provider to its keys", () => {
  const sample = topology({ providers: 3 });
  sample.services[0]?.edges.pop();
  const { edges } = diagram(outline(sample), WIDE);
  expect(edges.map((it) => `${it.source} → ${it.target}`)).toEqual([
    "service/service → openai",
    "service/service → anthropic",
    "openai → openai/keys",
    "anthropic → anthropic/keys",
    "mistral → mistral/keys",
  ]);
});

test("states and traffic change nothing that is laid out", () => {
  const before = topology({ providers: 3 });
  const after = structuredClone(before);
  for (const it of after.providers) {
    it.traffic.requests_per_second = 7;
    for (const key of it.credentials) key.state = "cooling";
  }
  expect(outline(after)).toEqual(outline(before));
});

test("a filter keeps the providers whose name holds it", () => {
  expect(outline(topology({ providers: 5 }), " PEN").providers.map((it) => it.name)).toEqual(["openai"]);
});

test("a card takes the place under which its middle is dragged, and the others make room", () => {
  const { rows } = diagram(outline(topology({ providers: 4 })), WIDE);
  const middle = (index: number) => (rows[index]?.top ?? 0) + (rows[index]?.height ?? 0) / 2;
  expect([0, 1, 2, 3].map((it) => placeAt(rows, middle(it)))).toEqual([0, 1, 2, 3]);
  expect([placeAt(rows, -500), placeAt(rows, 1e6)]).toEqual([0, 3]);
  expect(moved(["a", "b", "c", "d"], "d", 0)).toEqual(["d", "a", "b", "c"]);
  expect(moved(["a", "b", "c", "d"], "a", 2)).toEqual(["b", "c", "a", "d"]);
  expect(moved(["a", "b"], "a", 9)).toEqual(["b", "a"]);
});
