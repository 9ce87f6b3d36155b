// Adds or edits a target: a provider with a model and a key, or a raw host.
import { Anchor, Group, Modal, NumberInput, SegmentedControl, Select, Stack, Switch, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { at } from "../api/client";
import { useCredentials, useKeysWanted, useModels, useProviders } from "../api/queries";
import type { Target } from "../api/shapes";
import { tellDone } from "../api/writes";
import { FormEnd, useEntityForm } from "../parts/entity-form";
import { ENVIRONMENTS } from "../providers/endpoints-input";

interface TargetFormProps {
  upstream: string;
  target: Target | null;
  close: () => void;
}

/** In the form: the default key is chosen by nothing else. */
const DEFAULT_CONFIG = "";

export function TargetForm({ upstream, target, close }: TargetFormProps) {
  const collection = at("upstreams", upstream, "targets");
  const { form, submit, general, pending } = useEntityForm({
    initial: {
      of: target?.target ? "host" : "provider",
      target: target?.target ?? "",
      provider: target?.provider?.name ?? null,
      model: target?.model ?? "",
      credential:
        typeof target?.credential === "object"
          ? (target?.credential?.name ?? DEFAULT_CONFIG)
          : (target?.credential ?? DEFAULT_CONFIG),
      weight: (target?.weight ?? 100) as number | string,
      tier: (target?.tier ?? 0) as number | string,
      backup: target?.backup ?? false,
      environment: (target?.environment ?? "any") as string,
      enabled: target?.enabled ?? true,
    },
    write: ({ of, target: host, provider, model, credential, tier, ...rest }) => ({
      method: target ? "PATCH" : "POST",
      path: target ? `${collection}/${target.id}` : collection,
      body: {
        ...rest,
        ...(of === "host" ? { target: host } : { provider, credential: credential || null }),
        model: model.trim() || null,
        ...(!rest.backup && { tier }),
      },
    }),
    done: () => {
      tellDone(`${upstream} has ${target ? "its target changed" : "one more target"}`);
      close();
    },
  });
  const keysWanted = useKeysWanted();
  const { of, provider, backup } = form.values;
  return (
    <Modal
      opened
      onClose={close}
      title={target ? `Edit a target of ${upstream}` : `Add a target to ${upstream}`}
      size="lg"
    >
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          {!target && (
            <SegmentedControl
              data={[
                { value: "provider", label: "A provider's model" },
                { value: "host", label: "A raw host" },
              ]}
              {...form.getInputProps("of")}
            />
          )}
          {of === "host" ? (
            <TextInput
              label="Host and port"
              description={`Without a port: 443. It gets ${keysWanted ? "no client key: those are never passed on" : "the caller's own Authorization"}`}
              placeholder="10.0.0.5:8080"
              required
              {...form.getInputProps("target")}
              data-autofocus
            />
          ) : (
            <ProviderFields
              provider={provider}
              provided={form.getInputProps("provider")}
              credential={form.getInputProps("credential")}
            />
          )}
          <ModelInput provider={of === "provider" ? provider : null} {...form.getInputProps("model")} />
          <Group grow align="flex-start">
            <NumberInput
              label="Weight"
              description="Its share; 0 drains it"
              min={0}
              max={65535}
              {...form.getInputProps("weight")}
            />
            <NumberInput
              label="Tier"
              description="Lower first"
              min={0}
              disabled={backup}
              {...form.getInputProps("tier")}
            />
            <Select
              label="Environment"
              description="Which requests"
              data={ENVIRONMENTS}
              allowDeselect={false}
              {...form.getInputProps("environment")}
            />
          </Group>
          <Switch
            label="Backup"
            description="Only asked when nobody else is available"
            {...form.getInputProps("backup", { type: "checkbox" })}
          />
          <Switch label="Enabled" {...form.getInputProps("enabled", { type: "checkbox" })} />
          <FormEnd general={general} pending={pending} submit={target ? "Save" : "Add target"} cancel={close} />
        </Stack>
      </form>
    </Modal>
  );
}

function ProviderFields({
  provider,
  provided,
  credential,
}: {
  provider: string | null;
  provided: object;
  credential: object;
}) {
  const providers = useProviders().data ?? [];
  const credentials = useCredentials(provider).data ?? [];
  return (
    <Group grow align="flex-start">
      <Select
        label="Provider"
        description={providers.length === 0 ? <Missing what="provider" to="/providers" /> : "Whose endpoint and keys"}
        data={providers.map((it) => it.name)}
        required
        allowDeselect={false}
        {...provided}
        data-autofocus
      />
      <Select
        label="Paid with"
        description={
          provider && credentials.length === 0 ? (
            <Missing what={`key of ${provider}`} to={`/providers/${provider}`} />
          ) : (
            "Its key"
          )
        }
        data={[
          { value: DEFAULT_CONFIG, label: "Default Config" },
          { value: "*", label: "Every usable key" },
          ...credentials.map((it) => it.name),
        ]}
        allowDeselect={false}
        {...credential}
      />
    </Group>
  );
}

/** An empty list says what is missing, and leads there. */
function Missing({ what, to }: { what: string; to: string }) {
  return (
    <>
      There is no {what} yet.{" "}
      <Anchor size="xs" renderRoot={(props) => <Link to={to} {...props} />}>
        Add one
      </Anchor>
    </>
  );
}

function ModelInput({ provider, ...props }: { provider: string | null } & Record<string, unknown>) {
  const models = useModels(provider).data ?? [];
  const id = "models-of-target";
  return (
    <>
      <TextInput
        label="Model"
        description="What it is asked for; empty keeps the client's, @default is the provider's current default"
        list={id}
        {...props}
      />
      <datalist id={id}>
        <option value="@default" />
        {models.map((it) => (
          <option key={it.id} value={it.id} />
        ))}
      </datalist>
    </>
  );
}
