// A provider and its first key in one step: two entities, but nobody wants a provider without a key.
import "../mantine-more.css";
import { Modal, PasswordInput, Stack, TextInput } from "@mantine/core";
import { at } from "../api/client";
import type { Provider } from "../api/shapes";
import { tellDone, tellError, useWrite } from "../api/writes";
import { FormEnd, useEntityForm } from "../parts/entity-form";
import { ApiVersionInput, AZURE, KindInput, secretHint, urlForm } from "./kind";

export default function AddProvider({ close }: { close: () => void }) {
  const addKey = useFirstKey();
  const { form, submit, general, pending } = useEntityForm({
    initial: { name: "", kind: "openai", url: "", api_version: "", default_model: "", secret: "" },
    write: ({ name, kind, url, api_version, default_model }) => ({
      method: "POST",
      path: "/providers",
      body: {
        name: name.trim() || kind,
        kind,
        ...(url.trim() && { endpoints: [{ url: url.trim() }] }),
        ...(kind === AZURE && api_version.trim() && { api_version: api_version.trim() }),
        ...(default_model.trim() && { default_model: default_model.trim() }),
      },
    }),
    done: async (provider: Provider, { secret }) => {
      if (secret) await addKey(provider, secret);
      else tellDone(`${provider.name} is added as rank ${provider.rank}`);
      close();
    },
    shownAs: { endpoints: "url" },
  });
  return (
    <Modal opened onClose={close} title="Add provider">
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <KindInput {...form.getInputProps("kind")} data-autofocus />
          <TextInput
            label="Name"
            description="Clients may say it, as in NAME/model"
            placeholder={form.values.kind}
            {...form.getInputProps("name")}
          />
          <PasswordInput
            label="API key"
            description={secretHint(form.values.kind)}
            autoComplete="off"
            {...form.getInputProps("secret")}
          />
          <TextInput
            label="Base URL"
            description="As the vendor's SDK takes it; empty: the kind's own"
            placeholder={urlForm(form.values.kind)}
            {...form.getInputProps("url")}
          />
          {form.values.kind === AZURE && <ApiVersionInput {...form.getInputProps("api_version")} />}
          <TextInput
            label="Default model"
            description="Asked for when a request leaves it open, or comes over from another provider"
            {...form.getInputProps("default_model")}
          />
          <FormEnd general={general} pending={pending} submit="Add provider" cancel={close} />
        </Stack>
      </form>
    </Modal>
  );
}

/** The provider is there whether or not its key is taken, so a refused key is told apart from it. */
function useFirstKey() {
  const write = useWrite({ quiet: true });
  return async ({ name, rank }: Provider, secret: string) => {
    const path = at("providers", name, "credentials");
    try {
      await write.mutateAsync({ method: "POST", path, body: { name: "main", secret } });
      tellDone(`${name} is added as rank ${rank}, with its key "main"`);
    } catch (error) {
      const why = error instanceof Error ? error.message : error;
      tellError(new Error(`${name} is added, but its key is not: ${why}. Add it in its key pool.`));
    }
  };
}
