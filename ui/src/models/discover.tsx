// Asks the vendor which models it has, and lists those that are chosen.
import { Button, Checkbox, Group, Loader, Modal, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { at, call } from "../api/client";
import type { Provider } from "../api/shapes";
import { tellDone, useWrite } from "../api/writes";
import { Failed } from "../parts/page";
import classes from "./models.module.css";

interface Discovered {
  data: { id: string; context_window?: number | null }[];
}

export function Discover({ provider, close }: { provider: Provider; close: () => void }) {
  const found = useQuery({
    queryKey: ["history", "discover", provider.name],
    queryFn: ({ signal }) =>
      call<Discovered>("POST", `${at("providers", provider.name, "models", "discover")}?dry_run=true`, { signal }),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  return (
    <Modal opened onClose={close} title={`Models that ${provider.name} has`} size="lg">
      {found.isFetching && (
        <output>
          <Loader size="sm" /> asking the vendor…
        </output>
      )}
      {found.error && !found.isFetching && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.data && !found.isFetching && <Choice provider={provider} found={found.data.data} close={close} />}
    </Modal>
  );
}

function Choice({ provider, found, close }: { provider: Provider; found: Discovered["data"]; close: () => void }) {
  const listed = new Set(provider.models?.map((it) => it.id));
  const fresh = found.filter((it) => !listed.has(it.id));
  const [chosen, setChosen] = useState<string[]>([]);
  const [filter, setFilter] = useState("");
  const write = useWrite();
  const shown = fresh.filter((it) => it.id.toLowerCase().includes(filter.toLowerCase()));
  const add = () => {
    const added = fresh
      .filter((it) => chosen.includes(it.id))
      .map(({ id, context_window }) => ({ id, ...(context_window && { context_window }) }));
    const body = { models: [...(provider.models ?? []), ...added] };
    write.mutate(
      { method: "PATCH", path: at("providers", provider.name), body },
      {
        onSuccess: () => {
          tellDone(added.length === 1 ? `${added[0]?.id} is listed` : `${added.length} models are listed`);
          close();
        },
      },
    );
  };
  if (fresh.length === 0) return <p>It has {found.length}, and all of them are listed.</p>;
  return (
    <Stack gap="sm">
      <TextInput
        placeholder="Filter"
        aria-label="Filter models"
        value={filter}
        onChange={(event) => setFilter(event.currentTarget.value)}
      />
      <Checkbox.Group value={chosen} onChange={setChosen} label={`${fresh.length} that are not listed yet`}>
        <div className={classes.found}>
          {shown.map((it) => (
            <Checkbox key={it.id} size="sm" value={it.id} label={it.id} />
          ))}
        </div>
      </Checkbox.Group>
      <Group justify="flex-end">
        <Button variant="default" onClick={() => setChosen(shown.map((it) => it.id))}>
          Choose all shown
        </Button>
        <Button disabled={chosen.length === 0} loading={write.isPending} onClick={add}>
          List {chosen.length || ""}
        </Button>
      </Group>
    </Stack>
  );
}
