import { Modal, Stack, TextInput } from "@mantine/core";
import type { Consumer } from "../api/shapes";
import { tellDone } from "../api/writes";
import { FormEnd, useEntityForm } from "../parts/entity-form";

export function AddConsumer({ close }: { close: () => void }) {
  const { form, submit, general, pending } = useEntityForm({
    initial: { name: "" },
    write: ({ name }) => ({ method: "POST", path: "/consumers", body: { name: name.trim() } }),
    done: (answer: Consumer) => {
      tellDone(`${answer.name} is added; now give it a key`);
      close();
    },
  });
  return (
    <Modal opened onClose={close} title="Add consumer">
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <TextInput label="Name" required {...form.getInputProps("name")} data-autofocus />
          <FormEnd general={general} pending={pending} submit="Add consumer" cancel={close} />
        </Stack>
      </form>
    </Modal>
  );
}
