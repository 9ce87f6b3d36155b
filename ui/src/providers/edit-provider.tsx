// The edit popup of a card: default model, rank by number, endpoints, on or off.
import "../mantine-more.css";
import { Autocomplete, Modal, NumberInput, Stack, Switch } from "@mantine/core";
import { at } from "../api/client";
import { useModels, useProvider, useProviders } from "../api/queries";
import type { Provider } from "../api/shapes";
import { tellDone } from "../api/writes";
import { FormEnd, useEntityForm } from "../parts/entity-form";
import { Loaded } from "../parts/page";
import { Unsaved } from "../parts/unsaved";
import { type EndpointDraft, EndpointsInput, written } from "./endpoints-input";
import { ApiVersionInput, AZURE } from "./kind";

export default function EditProvider({ name, close }: { name: string; close: () => void }) {
  const provider = useProvider(name);
  return (
    <Modal opened onClose={close} title={`Edit ${name}`} size="lg">
      <Loaded query={provider}>{(it) => <EditProviderForm provider={it} close={close} />}</Loaded>
    </Modal>
  );
}

interface EditProviderFormProps {
  provider: Provider;
  /** Of the popup; where it stands on a page there is nothing to close, and Cancel takes the edits back. */
  close?: () => void;
}

export function EditProviderForm({ provider, close }: EditProviderFormProps) {
  const models = useModels(provider.name).data ?? [];
  const count = useProviders().data?.length;
  const { form, submit, general, pending } = useEntityForm({
    initial: {
      default_model: provider.default_model ?? "",
      rank: provider.rank as number | string,
      api_version: provider.api_version ?? "",
      enabled: provider.enabled,
      endpoints: provider.endpoints as EndpointDraft[],
    },
    write: ({ default_model, rank, api_version, enabled, endpoints }, isTouched) => ({
      method: "PATCH",
      path: at("providers", provider.name),
      body: {
        default_model: default_model.trim() || null,
        enabled,
        endpoints: written(endpoints),
        ...(provider.kind === AZURE && { api_version: api_version.trim() || null }),
        ...(isTouched("rank") && { rank }),
      },
    }),
    done: (answer: Provider) => {
      tellDone(`${answer.name} is changed; it is in force for the next request`);
      close?.();
    },
  });
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <NumberInput
          label="Rank"
          description={`Load priority: 1 is asked first${count ? `, ${count} last` : ""}. The others make room.`}
          min={1}
          max={count}
          allowDecimal={false}
          {...form.getInputProps("rank")}
          data-autofocus
        />
        <Autocomplete
          size="sm"
          label="Default model"
          description="Asked for when a request leaves it open, or comes over from another provider; empty: the kind's own"
          data={models.map((it) => it.id)}
          limit={50}
          {...form.getInputProps("default_model")}
        />
        <EndpointsInput
          value={form.values.endpoints}
          change={(it) => {
            // Rows may have moved under their messages.
            form.clearErrors();
            form.setFieldValue("endpoints", it);
          }}
          errors={form.errors}
        />
        {provider.kind === AZURE && <ApiVersionInput {...form.getInputProps("api_version")} />}
        <Switch
          label="Enabled"
          description="Off: it serves nothing, and its keys rest"
          {...form.getInputProps("enabled", { type: "checkbox" })}
        />
        <Unsaved when={form.isDirty() && !pending} what={provider.name} />
        <FormEnd
          general={general}
          pending={pending}
          submit="Save"
          cancel={close ?? (form.isDirty() ? form.reset : undefined)}
        />
      </Stack>
    </form>
  );
}
