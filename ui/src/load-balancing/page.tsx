// Home: the diagram, and above it the one sentence that matters at night.
import { Button, Switch, TextInput } from "@mantine/core";
import { Plus, Search } from "lucide-react";
import { lazy, Suspense, useDeferredValue, useState } from "react";
import { type TaggedTopology, useTopology } from "../api/queries";
import type { TopologyCredential } from "../api/shapes";
import { adminUrl, Empty } from "../parts/empty";
import { Loaded, Page } from "../parts/page";
import { outline } from "./diagram";
import { DiagramView } from "./diagram-view";
import { EditContext } from "./edit-context";
import classes from "./load-balancing.module.css";
import { useStable } from "./stable";
import { Strip } from "./strip";

/** Forms come when they are asked for. */
const AddProvider = lazy(() => import("../providers/add-provider"));
const EditProvider = lazy(() => import("../providers/edit-provider"));

export default function LoadBalancingPage() {
  const [adding, setAdding] = useState(false);
  const [edited, setEdited] = useState<string | null>(null);
  const add = (
    <Button leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
      Add provider
    </Button>
  );
  return (
    <Page title="Load balancing" actions={add}>
      <EditContext value={setEdited}>
        <Contents add={() => setAdding(true)} />
      </EditContext>
      <Suspense>
        {adding && <AddProvider close={() => setAdding(false)} />}
        {edited && <EditProvider name={edited} close={() => setEdited(null)} />}
      </Suspense>
    </Page>
  );
}

const isEmpty = (it: TaggedTopology) => it.providers.length === 0;

function Contents({ add }: { add: () => void }) {
  const empty = useTopology(isEmpty);
  return (
    <Loaded query={empty} rows={8}>
      {(empty) => (empty ? <NoProvider add={add} /> : <Board />)}
    </Loaded>
  );
}

function Board() {
  const [filter, setFilter] = useState("");
  const [troubled, setTroubled] = useState(false);
  const wanted = useDeferredValue(filter);
  const shape = useTopology(
    useStable((it) => outline(troubled ? onlyTroubled(it) : it, wanted), [wanted, troubled]),
  ).data;
  const isWhole = wanted.trim() === "" && !troubled;
  return (
    <>
      <Strip />
      <div className={classes.tools}>
        <TextInput
          className={classes.filter}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
          leftSection={<Search size={14} aria-hidden />}
          placeholder="Filter providers"
          aria-label="Filter providers"
        />
        <Switch
          label="Only with trouble"
          checked={troubled}
          onChange={(event) => setTroubled(event.currentTarget.checked)}
        />
        <p className={classes.hint}>
          Drag a card, or focus its handle and press ↑ or ↓: the order is in force for the next request.
        </p>
      </div>
      {shape && shape.providers.length === 0 && (
        <Empty title={troubled ? "No provider is in trouble" : `No provider's name holds “${wanted}”`} />
      )}
      {shape && shape.providers.length > 0 && <DiagramView outline={shape} sortable={isWhole} />}
    </>
  );
}

const isTroubled = ({ state, model_states }: TopologyCredential) =>
  !["normal", "disabled"].includes(state) || model_states.length > 0;

/** Providers that do not serve as they should: themselves, or by one of their keys. */
function onlyTroubled(topology: TaggedTopology): TaggedTopology {
  const providers = topology.providers.filter(
    ({ status, credentials }) => status === "abnormal" || credentials.some(isTroubled),
  );
  return { ...topology, providers };
}

function NoProvider({ add }: { add: () => void }) {
  const curl = `curl ${adminUrl()}/providers -d name=openai -d kind=openai\ncurl ${adminUrl()}/providers/openai/credentials -d name=main -d secret=env:OPENAI_API_KEY`;
  return (
    <Empty title="No provider yet" action={<Button onClick={add}>Add provider</Button>} curl={curl}>
      A provider is a vendor with its keys. Add two and one serves while the other can not; the first in the order is
      asked first.
    </Empty>
  );
}
