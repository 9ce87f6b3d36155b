// The diagram on the screen. React Flow draws the nodes and lines and tells of drags; what stands where is diagram.ts's.
//
// The diagram is as high as its contents and the page scrolls, so nothing gets lost on a canvas; only rows near the
// screen are in the document, so hundreds of providers cost what a dozen does.
import "@xyflow/react/dist/base.css";
import { ReactFlow, ReactFlowProvider } from "@xyflow/react";
import { useMemo, useRef } from "react";
import { useBox } from "./box";
import { type DiagramEdge, type DiagramNode, diagram, type Outline } from "./diagram";
import { FlowEdge } from "./flow-edge";
import { KeyDetails } from "./key-details";
import { KeyFocusProvider } from "./key-focus";
import { KeysCard } from "./keys-card";
import classes from "./load-balancing.module.css";
import { ProviderCard } from "./provider-card";
import { ServiceCard } from "./service-card";
import { leaveToScrolling, SortContext, useSorting } from "./sorting";

const nodeTypes = { provider: ProviderCard, keys: KeysCard, service: ServiceCard };
const edgeTypes = { flow: FlowEdge };
const still = { x: 0, y: 0, zoom: 1 };
/** React Flow takes the pointer away from nodes that are neither dragged nor selected; ours hold links and buttons. */
const alive = { pointerEvents: "all" } as const;

interface DiagramViewProps {
  outline: Outline;
  /** Off while only some of the providers are shown: an order needs all of them. */
  sortable: boolean;
}

export function DiagramView({ outline, sortable }: DiagramViewProps) {
  const ref = useRef<HTMLDivElement>(null);
  const { width, top, bottom } = useBox(ref);
  const sorting = useSorting(outline, width, ref);
  const drawn = useMemo(() => diagram(outline, width, sorting.order), [outline, width, sorting.order]);
  const nodes = useVisible(drawn.nodes, top, bottom, sorting.dragged);
  const edges = useReaching(drawn.edges, nodes);
  return (
    <SortContext value={sortable ? sorting.context : null}>
      <KeyFocusProvider>
        <div
          ref={ref}
          className={classes.diagram}
          style={{ height: drawn.height }}
          data-layout={drawn.layout}
          onTouchStartCapture={leaveToScrolling}
        >
          {width > 0 && (
            <ReactFlowProvider>
              <ReactFlow<DiagramNode, DiagramEdge>
                nodes={nodes}
                edges={edges}
                nodeTypes={nodeTypes}
                edgeTypes={edgeTypes}
                viewport={still}
                nodesDraggable={sortable}
                nodesConnectable={false}
                nodesFocusable={false}
                edgesFocusable={false}
                elementsSelectable={false}
                autoPanOnNodeDrag={false}
                panOnDrag={false}
                zoomOnScroll={false}
                zoomOnPinch={false}
                zoomOnDoubleClick={false}
                preventScrolling={false}
                disableKeyboardA11y
                nodeDragThreshold={4}
                proOptions={{ hideAttribution: true }}
                onNodeDragStart={sorting.start}
                onNodeDrag={sorting.drag}
                onNodeDragStop={sorting.stop}
              />
            </ReactFlowProvider>
          )}
        </div>
        <KeyDetails />
      </KeyFocusProvider>
      <div className="sr-only" aria-live="polite">
        {sorting.said}
      </div>
    </SortContext>
  );
}

/** Nodes near the screen; the card in hand is always among them, at the place of the pointer. */
function useVisible(
  all: DiagramNode[],
  top: number,
  bottom: number,
  dragged: { id: string; y: number } | null,
): DiagramNode[] {
  const last = useRef(new Map<string, DiagramNode>());
  return useMemo(() => {
    const shift = dragged ? dragged.y - (all.find((it) => it.id === dragged.id)?.position.y ?? dragged.y) : 0;
    const kept = new Map<string, DiagramNode>();
    for (const it of all) {
      const inHand = dragged !== null && (it.id === dragged.id || it.id === `${dragged.id}/keys`);
      const y = it.position.y + (inHand ? shift : 0);
      if (!inHand && it.type !== "service" && (y + (it.height ?? 0) < top || y > bottom)) continue;
      const node = {
        style: alive,
        ...it,
        position: { x: it.position.x, y },
        className: inHand ? classes.inHand : classes.node,
        zIndex: inHand ? 10 : 0,
      };
      const before = last.current.get(it.id);
      kept.set(it.id, before && same(before, node) ? before : node);
    }
    last.current = kept;
    return [...kept.values()];
  }, [all, top, bottom, dragged]);
}

/** Whether a node would be drawn as it is. Then it stays the same object, and React Flow leaves it alone. */
function same(a: DiagramNode, b: DiagramNode): boolean {
  const [one, other] = [a.data as Record<string, unknown>, b.data as Record<string, unknown>];
  return (
    a.position.x === b.position.x &&
    a.position.y === b.position.y &&
    a.width === b.width &&
    a.height === b.height &&
    a.className === b.className &&
    Object.keys(other).every((name) => one[name] === other[name])
  );
}

function useReaching(edges: DiagramEdge[], nodes: DiagramNode[]): DiagramEdge[] {
  return useMemo(() => {
    const there = new Set(nodes.map((it) => it.id));
    return edges.filter((it) => there.has(it.source) && there.has(it.target));
  }, [edges, nodes]);
}
