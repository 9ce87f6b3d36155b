// Makes a client key and shows it once: nobody can read it again, not even here.
import { Alert, Button, Group, Modal, MultiSelect, Select, Stack, TagsInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { at } from "../api/client";
import { useRoutes } from "../api/queries";
import type { ClientKey } from "../api/shapes";
import { FormEnd, useEntityForm } from "../parts/entity-form";
import { Snippet } from "../parts/snippet";

export function GiveKey({ consumer, close }: { consumer: string; close: () => void }) {
  const [given, setGiven] = useState<ClientKey | null>(null);
  if (given) return <Shown given={given} close={close} />;
  return (
    <Modal opened onClose={close} title={`Give ${consumer} a key`}>
      <GiveForm consumer={consumer} close={close} done={setGiven} />
    </Modal>
  );
}

function GiveForm({ consumer, close, done }: { consumer: string; close: () => void; done: (key: ClientKey) => void }) {
  const routes = useRoutes().data ?? [];
  const { form, submit, general, pending } = useEntityForm({
    initial: {
      name: "",
      environment: "production" as string,
      routes: [] as string[],
      models: [] as string[],
      expires_at: "",
    },
    write: ({ name, environment, routes, models, expires_at }) => ({
      method: "POST",
      path: at("consumers", consumer, "keys"),
      body: {
        name: name.trim(),
        environment,
        ...(routes.length > 0 && { routes }),
        ...(models.length > 0 && { models }),
        ...(expires_at.trim() && { expires_at: expires_at.trim() }),
      },
    }),
    done,
  });
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <TextInput
          label="Name"
          description="What logs call it"
          required
          {...form.getInputProps("name")}
          data-autofocus
        />
        <Select
          label="Environment"
          description="Of every request that bears it"
          data={["production", "sandbox"]}
          allowDeselect={false}
          {...form.getInputProps("environment")}
        />
        <MultiSelect
          size="sm"
          label="Routes"
          description="The routes that it opens; none: all"
          data={routes.map((it) => it.name ?? it.id)}
          nothingFoundMessage="No route yet"
          {...form.getInputProps("routes")}
        />
        <TagsInput
          size="sm"
          label="Models"
          description="The models that it may ask for; none: all"
          {...form.getInputProps("models")}
        />
        <TextInput
          label="Expires"
          description="Such as 2027-01-31T00:00:00Z; empty: never"
          {...form.getInputProps("expires_at")}
        />
        <FormEnd general={general} pending={pending} submit="Make the key" cancel={close} />
      </Stack>
    </form>
  );
}

function Shown({ given, close }: { given: ClientKey; close: () => void }) {
  return (
    <Modal opened onClose={close} title={`${given.name}: copy it now`}>
      <Stack gap="sm">
        <Snippet label="client key" text={given.key ?? ""} wrap />
        <Alert color="yellow">It is shown this once. If it is lost, remove it and make another.</Alert>
        {given.warnings?.map((it) => (
          <Alert key={it} color="yellow">
            {it}
          </Alert>
        ))}
        <Group justify="flex-end">
          <Button onClick={close} data-autofocus>
            I have it
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
