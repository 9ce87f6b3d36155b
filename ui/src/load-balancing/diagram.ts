// From the topology to what is drawn where. Pure: no reading, no clock, no DOM.
//
// One row per provider, in rank order: its card, and its keys' card. Wide, the services stand left of the rows; narrow,
// above them, and keys stand below their provider. All measures are known beforehand, so nothing is measured after it is
// drawn and nothing shifts.
import type { Edge, Node } from "@xyflow/react";
import type { Topology } from "../api/shapes";

/** What the layout depends on, and nothing else: states and traffic change without moving anything. */
export interface Outline {
  services: { id: string; name: string; apis: number; edges: { provider: string; apis: number; called: number }[] }[];
  providers: { id: string; name: string; keys: number }[];
}

export type ServiceNode = Node<{ name: string; apis: number; layout: Layout }, "service">;
export type ProviderNode = Node<{ id: string; rank: number; count: number; layout: Layout }, "provider">;
export type KeysNode = Node<{ id: string; name: string; count: number; columns: number; layout: Layout }, "keys">;
export type DiagramNode = ServiceNode | ProviderNode | KeysNode;
export type DiagramEdge = Edge<{ provider: string; kind: "apis" | "keys"; layout: Layout }>;

export type Layout = "columns" | "stacked";

export interface Diagram {
  layout: Layout;
  nodes: DiagramNode[];
  edges: DiagramEdge[];
  height: number;
  /** Where each provider's row begins, by rank; for telling a rank from a place. */
  rows: { id: string; top: number; height: number }[];
}

const PROVIDER = { width: 320, height: 132 };
const SERVICE = { width: 190, height: 64 };
/** Between the columns stand the texts of the edges. */
const GAP = { apis: 128, keys: 92, row: 18, label: 30, service: 12 };
/** Left of stacked cards runs the line from the services. */
const GUTTER = 18;
/** A key's block and the space to the next. Targets for fingers are 24 px at least. */
export const BLOCK = 26;
const KEYS_PADDING = { x: 24, y: 64 };
/** Below this the columns do not fit beside one another. */
const COLUMNS_WIDTH_MIN = SERVICE.width + GAP.apis + PROVIDER.width + GAP.keys + 200;

/** What of a topology is drawn as boxes and lines. Providers are those whose name holds `filter`. */
export function outline(topology: Topology, filter = ""): Outline {
  const wanted = filter.trim().toLowerCase();
  const providers = [...topology.providers]
    .sort((a, b) => a.rank - b.rank)
    .map((it) => ({ id: it.id, name: it.name, keys: it.credentials.length }));
  const services = topology.services.map((it, index) => ({
    id: it.id ?? `service-${index}`,
    name: it.name ?? "AI services",
    apis: it.routes.length,
    edges: it.edges.map((edge) => ({ provider: edge.provider, apis: edge.api_count, called: edge.apis_called })),
  }));
  return { services, providers: providers.filter((it) => it.name.toLowerCase().includes(wanted)) };
}

/** The diagram in a box so wide. `order` are provider ids as they stand at the moment, which a drag changes. */
export function diagram({ services, providers }: Outline, width: number, order?: string[]): Diagram {
  const layout: Layout = width >= COLUMNS_WIDTH_MIN ? "columns" : "stacked";
  const byId = new Map(providers.map((it) => [it.id, it]));
  const ordered = order ? order.flatMap((id) => byId.get(id) ?? []) : providers;
  const place = layout === "columns" ? columns(width) : stacked(width);

  const left: ServiceNode[] = services.map((it, index) => service(it, index, place, layout));
  const below = left.length > 0 ? place.servicesTop + left.length * (SERVICE.height + GAP.service) : 0;
  let top = layout === "stacked" ? below : 0;

  const nodes: DiagramNode[] = [];
  const rows: Diagram["rows"] = [];
  for (const [index, it] of ordered.entries()) {
    const rank = index + 1;
    const keys = keysSize(it.keys, place.keysWidth);
    const height = place.rowHeight(keys.height);
    const cardTop = layout === "columns" ? top + (height - PROVIDER.height) / 2 : top + GAP.label;
    const keysTop = layout === "columns" ? top + (height - keys.height) / 2 : cardTop + PROVIDER.height + GAP.label;
    nodes.push({
      id: it.id,
      type: "provider",
      position: { x: place.providerX, y: cardTop },
      width: place.providerWidth,
      height: PROVIDER.height,
      data: { id: it.id, rank, count: ordered.length, layout },
    });
    nodes.push({
      id: `${it.id}/keys`,
      type: "keys",
      position: { x: place.keysX, y: keysTop },
      width: place.keysWidth,
      height: keys.height,
      data: { id: it.id, name: it.name, count: it.keys, columns: keys.columns, layout },
      draggable: false,
    });
    rows.push({ id: it.id, top, height });
    top += height + GAP.row;
  }
  const height = Math.max(top, below, 1);
  return { layout, nodes: [...left, ...nodes], edges: edges(services, ordered, layout), height, rows };
}

/** At which place (from 0) a card whose middle is at `y` stands among the others. */
export function placeAt(rows: Diagram["rows"], y: number): number {
  const index = rows.findIndex(({ top, height }) => y < top + height + GAP.row / 2);
  return index < 0 ? rows.length - 1 : index;
}

/** The same ids with one of them at another place. */
export function moved(order: string[], id: string, place: number): string[] {
  const others = order.filter((it) => it !== id);
  others.splice(Math.max(0, Math.min(place, others.length)), 0, id);
  return others;
}

function service(it: Outline["services"][number], index: number, place: Place, layout: Layout): ServiceNode {
  return {
    id: `service/${it.id}`,
    type: "service",
    position: { x: 0, y: place.servicesTop + index * (SERVICE.height + GAP.service) },
    width: place.serviceWidth,
    height: SERVICE.height,
    data: { name: it.name, apis: it.apis, layout },
    draggable: false,
  };
}

function edges(services: Outline["services"], providers: Outline["providers"], layout: Layout): DiagramEdge[] {
  const byName = new Map(providers.map((it) => [it.name, it]));
  const toProviders = services.flatMap((service) =>
    service.edges.flatMap(({ provider }): DiagramEdge[] => {
      const target = byName.get(provider);
      if (!target) return [];
      const data = { provider: target.id, kind: "apis" as const, layout };
      return [
        { id: `${service.id}>${target.id}`, source: `service/${service.id}`, target: target.id, type: "flow", data },
      ];
    }),
  );
  const toKeys = providers.map(
    ({ id }): DiagramEdge => ({
      id: `${id}>keys`,
      source: id,
      target: `${id}/keys`,
      type: "flow",
      data: { provider: id, kind: "keys", layout },
    }),
  );
  return [...toProviders, ...toKeys];
}

interface Place {
  servicesTop: number;
  serviceWidth: number;
  providerX: number;
  providerWidth: number;
  keysX: number;
  keysWidth: number;
  rowHeight: (keysHeight: number) => number;
}

/** From this width on the columns and what is between them grow, up to so many times; the keys have the rest. */
const WIDE_FROM = 1400;
const GROWTH_MAX = 1.7;

function columns(width: number): Place {
  const growth = Math.max(1, Math.min(width / WIDE_FROM, GROWTH_MAX));
  const grown = (size: number) => Math.round(size * growth);
  const providerX = grown(SERVICE.width) + grown(GAP.apis);
  const providerWidth = grown(PROVIDER.width);
  const keysX = providerX + providerWidth + grown(GAP.keys);
  return {
    // The first one's middle is the first row's.
    servicesTop: (PROVIDER.height - SERVICE.height) / 2,
    serviceWidth: grown(SERVICE.width),
    providerX,
    providerWidth,
    keysX,
    keysWidth: width - keysX,
    rowHeight: (keysHeight) => Math.max(PROVIDER.height, keysHeight),
  };
}

function stacked(width: number): Place {
  const providerWidth = Math.min(width - GUTTER, 520);
  return {
    servicesTop: 0,
    serviceWidth: Math.min(width, 520 + GUTTER),
    providerX: GUTTER,
    providerWidth,
    keysX: GUTTER,
    keysWidth: providerWidth,
    rowHeight: (keysHeight) => GAP.label + PROVIDER.height + GAP.label + keysHeight,
  };
}

function keysSize(keys: number, width: number): { columns: number; height: number } {
  const columns = Math.max(1, Math.floor((width - KEYS_PADDING.x) / BLOCK));
  const lines = Math.max(1, Math.ceil(keys / columns));
  return { columns, height: KEYS_PADDING.y + lines * BLOCK };
}
