// Adds or edits a key. A secret is written and never read: the mask that is shown keeps what is there.
import { Group, Modal, NumberInput, PasswordInput, Select, Stack, TagsInput, TextInput } from "@mantine/core";
import { at } from "../api/client";
import { useModels, useProvider } from "../api/queries";
import type { Credential } from "../api/shapes";
import { tellDone } from "../api/writes";
import { FormEnd, useEntityForm } from "../parts/entity-form";
import { ENVIRONMENTS } from "./endpoints-input";
import { secretHint } from "./kind";

interface KeyFormProps {
  provider: string;
  /** Null: a new one. */
  credential: Credential | null;
  close: () => void;
  added?: (credential: Credential) => void;
}

export function KeyForm({ provider, credential, close, added }: KeyFormProps) {
  const models = useModels(provider).data ?? [];
  const kind = useProvider(provider).data?.kind ?? "";
  const collection = at("providers", provider, "credentials");
  const { form, submit, general, pending } = useEntityForm({
    initial: {
      name: credential?.name ?? "",
      secret: "",
      weight: (credential?.weight ?? 100) as number | string,
      environment: credential?.environment ?? "any",
      models: credential?.models ?? [],
      expires_at: credential?.expires_at ?? "",
      limits: {
        rpm: (credential?.limits?.rpm ?? "") as number | string,
        tpm: (credential?.limits?.tpm ?? "") as number | string,
        max_concurrent: (credential?.limits?.max_concurrent ?? "") as number | string,
      },
    },
    write: ({ secret, models, expires_at, limits, ...rest }) => ({
      method: credential ? "PATCH" : "POST",
      path: credential ? `${collection}/${encodeURIComponent(credential.name)}` : collection,
      body: {
        ...rest,
        models: models.length > 0 ? models : null,
        expires_at: expires_at.trim() || null,
        limits: { rpm: limits.rpm || null, tpm: limits.tpm || null, max_concurrent: limits.max_concurrent || null },
        ...(secret && { secret }),
      },
    }),
    done: (answer: Credential) => {
      tellDone(`${answer.name} is ${credential ? "changed" : "added"}`);
      added?.(answer);
      close();
    },
  });
  return (
    <Modal opened onClose={close} title={credential ? `Edit key ${credential.name}` : `Add a key of ${provider}`}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <TextInput
            label="Name"
            description="Answers name it, so it tells no secret"
            required
            {...form.getInputProps("name")}
            data-autofocus
          />
          <PasswordInput
            label="API key"
            description={credential ? `Empty keeps ${credential.secret}` : secretHint(kind)}
            required={!credential}
            autoComplete="off"
            {...form.getInputProps("secret")}
          />
          <Group grow align="flex-start">
            <NumberInput
              label="Weight"
              description="Its share where several take turns"
              min={0}
              max={65535}
              {...form.getInputProps("weight")}
            />
            <Select
              label="Environment"
              description="Which requests it may serve"
              data={ENVIRONMENTS}
              allowDeselect={false}
              {...form.getInputProps("environment")}
            />
          </Group>
          <TagsInput
            size="sm"
            label="Models"
            description="The models it may be used for; none: all"
            data={models.map((it) => it.id)}
            {...form.getInputProps("models")}
          />
          <TextInput
            label="Expires"
            description="Out from then on, such as 2027-01-31T00:00:00Z; empty: never"
            {...form.getInputProps("expires_at")}
          />
          <Group grow align="flex-start">
            <NumberInput
              label="Requests a minute"
              description="Empty: no limit of ours"
              min={1}
              allowDecimal={false}
              {...form.getInputProps("limits.rpm")}
            />
            <NumberInput
              label="Tokens a minute"
              description="As answers tell them"
              min={1}
              allowDecimal={false}
              {...form.getInputProps("limits.tpm")}
            />
            <NumberInput
              label="At once"
              description="Streams until they end"
              min={1}
              allowDecimal={false}
              {...form.getInputProps("limits.max_concurrent")}
            />
          </Group>
          <FormEnd general={general} pending={pending} submit={credential ? "Save" : "Add key"} cancel={close} />
        </Stack>
      </form>
    </Modal>
  );
}
