// Lists a model, and goes on to its load balancing in the same step if that is wanted.
import { Checkbox, Modal, NumberInput, Stack, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { at } from "../api/client";
import type { Provider } from "../api/shapes";
import { tellDone } from "../api/writes";
import { FormEnd, useEntityForm } from "../parts/entity-form";

export function AddModel({ provider, close }: { provider: Provider; close: () => void }) {
  const navigate = useNavigate();
  const { form, submit, general, pending } = useEntityForm({
    initial: { id: "", context_window: "" as number | string, balance: false },
    write: ({ id, context_window }) => ({
      method: "PATCH",
      path: at("providers", provider.name),
      body: { models: [...(provider.models ?? []), { id: id.trim(), ...(context_window && { context_window }) }] },
    }),
    done: (_, { id, balance }) => {
      tellDone(`${id} is listed`);
      close();
      if (balance)
        void navigate({ to: "/models/$provider/$model", params: { provider: provider.name, model: id.trim() } });
    },
  });
  return (
    <Modal opened onClose={close} title={`Add a model of ${provider.name}`}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <TextInput
            label="Model"
            description="As the vendor spells it"
            required
            {...form.getInputProps("id")}
            data-autofocus
          />
          <NumberInput
            label="Context window"
            description="Tokens it can take; empty: not known"
            min={1}
            {...form.getInputProps("context_window")}
          />
          <Checkbox
            size="sm"
            label="Then configure its load balancing"
            {...form.getInputProps("balance", { type: "checkbox" })}
          />
          <FormEnd general={general} pending={pending} submit="Add model" cancel={close} />
        </Stack>
      </form>
    </Modal>
  );
}
