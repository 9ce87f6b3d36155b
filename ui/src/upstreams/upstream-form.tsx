// The settings of an upstream that one changes often; every field there is stands in the Admin API's reference.
import { Fieldset, Group, Modal, NumberInput, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { at } from "../api/client";
import type { Upstream } from "../api/shapes";
import { tellDone } from "../api/writes";
import { FormEnd, useEntityForm } from "../parts/entity-form";
import { useWords } from "./words";

type Num = number | string;

export function UpstreamForm({ upstream, close }: { upstream: Upstream | null; close: () => void }) {
  const words = useWords();
  const navigate = useNavigate();
  const { form, submit, general, pending } = useEntityForm({
    initial: initial(upstream),
    write: (values) => ({
      method: upstream ? "PATCH" : "POST",
      path: upstream ? at("upstreams", upstream.name) : "/upstreams",
      body: written(values),
    }),
    done: (answer: Upstream) => {
      tellDone(`${answer.name} is ${upstream ? "changed" : "added"}; it is in force for the next request`);
      close();
      if (!upstream) void navigate({ to: "/upstreams/$upstream", params: { upstream: answer.name } });
    },
    shownAs: {
      "healthchecks.active.http_path": "http_path",
      "healthchecks.active.healthy.interval": "interval",
      "healthchecks.active.unhealthy.interval": "interval",
      "healthchecks.passive.unhealthy.http_failures": "http_failures",
      "healthchecks.passive.unhealthy.tcp_failures": "tcp_failures",
      "healthchecks.passive.unhealthy.timeouts": "timeouts",
    },
  });
  const { algorithm, hash_on } = form.values;
  return (
    <Modal opened onClose={close} title={upstream ? `Edit ${upstream.name}` : "Add upstream"} size="lg">
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          {!upstream && (
            <TextInput
              label="Name"
              description="Clients may say it, as /NAME/v1 or as the model"
              required
              {...form.getInputProps("name")}
              data-autofocus
            />
          )}
          <Group grow align="flex-start">
            <Select
              label="Algorithm"
              data={words.algorithm}
              allowDeselect={false}
              {...form.getInputProps("algorithm")}
            />
            <Select
              label="When it has no target for an environment"
              data={words.on_empty}
              allowDeselect={false}
              {...form.getInputProps("on_empty")}
            />
          </Group>
          {algorithm === "consistent-hashing" && (
            <Group grow align="flex-start">
              <Select label="Hash on" data={words.hash_on} allowDeselect={false} {...form.getInputProps("hash_on")} />
              {hash_on === "header" && <TextInput label="Header" {...form.getInputProps("hash_on_header")} />}
            </Group>
          )}
          <NumberInput
            label="Suspend duration"
            description={`Seconds that a failed key, pair or connection sits out, whatever the failure. Empty: ${upstream ? "as it is" : "a duration of its own for each"}`}
            min={0}
            {...form.getInputProps("suspend_duration")}
          />
          <Fieldset legend="Active health check">
            <Group grow align="flex-start">
              <TextInput label="Path" description="Of each address" {...form.getInputProps("http_path")} />
              <NumberInput label="Every (seconds)" description="0: off" min={0} {...form.getInputProps("interval")} />
            </Group>
          </Fieldset>
          <Fieldset legend="Ejected by traffic after">
            <Group grow align="flex-start">
              <NumberInput label="HTTP failures" min={0} max={255} {...form.getInputProps("http_failures")} />
              <NumberInput label="TCP failures" min={0} max={255} {...form.getInputProps("tcp_failures")} />
              <NumberInput label="Timeouts" min={0} max={255} {...form.getInputProps("timeouts")} />
            </Group>
          </Fieldset>
          <Switch
            label="Enabled"
            description="Off: the first target's provider serves with its default key alone; the targets are kept"
            {...form.getInputProps("enabled", { type: "checkbox" })}
          />
          <FormEnd general={general} pending={pending} submit={upstream ? "Save" : "Add upstream"} cancel={close} />
        </Stack>
      </form>
    </Modal>
  );
}

function initial(upstream: Upstream | null) {
  const { active, passive } = upstream?.healthchecks ?? {};
  return {
    name: upstream?.name ?? "",
    algorithm: upstream?.algorithm ?? "round-robin",
    on_empty: (upstream?.on_empty ?? "reject") as string,
    hash_on: upstream?.hash_on ?? "none",
    hash_on_header: upstream?.hash_on_header ?? "",
    suspend_duration: (upstream?.suspend_duration ?? "") as Num,
    http_path: active?.http_path ?? "/",
    interval: (active?.healthy.interval ?? 0) as Num,
    http_failures: (passive?.unhealthy.http_failures ?? 3) as Num,
    tcp_failures: (passive?.unhealthy.tcp_failures ?? 3) as Num,
    timeouts: (passive?.unhealthy.timeouts ?? 3) as Num,
    enabled: upstream?.enabled ?? true,
  };
}

function written({
  name,
  algorithm,
  hash_on,
  hash_on_header,
  suspend_duration,
  http_path,
  interval,
  http_failures,
  tcp_failures,
  timeouts,
  ...rest
}: ReturnType<typeof initial>) {
  const hashed =
    algorithm === "consistent-hashing"
      ? { hash_on, hash_on_header: hash_on === "header" ? hash_on_header || null : null }
      : { hash_on: "none" };
  return {
    ...(name && { name }),
    ...rest,
    algorithm,
    ...hashed,
    ...(suspend_duration !== "" && { suspend_duration }),
    healthchecks: {
      active: { http_path, healthy: { interval }, unhealthy: { interval } },
      passive: { unhealthy: { http_failures, tcp_failures, timeouts } },
    },
  };
}
