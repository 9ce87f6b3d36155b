// Adds or edits what a route matches, and who serves it.
import { Modal, SegmentedControl, Select, Stack, Switch, TagsInput, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { at } from "../api/client";
import { useProviders, useServices, useUpstreams } from "../api/queries";
import type { Route } from "../api/shapes";
import { tellDone } from "../api/writes";
import { FormEnd, useEntityForm } from "../parts/entity-form";

/** The three ways in which a route is served. */
const WAYS = [
  { value: "upstreams", label: "A policy per environment" },
  { value: "upstream", label: "One upstream" },
  { value: "provider", label: "A provider first" },
];

export function RouteForm({ route, close }: { route: Route | null; close: () => void }) {
  const services = useServices().data ?? [];
  const upstreams = useUpstreams().data ?? [];
  const providers = useProviders().data ?? [];
  const navigate = useNavigate();
  const { form, submit, general, pending } = useEntityForm({
    initial: initial(route),
    write: (values) => ({
      method: route ? "PATCH" : "POST",
      path: route ? at("routes", route.id) : "/routes",
      body: written(values, route),
    }),
    done: (answer: Route) => {
      tellDone(`${answer.name ?? "the route"} is ${route ? "changed" : "added"}`);
      close();
      // Its page bears its name, which may be another one now.
      if (answer.name !== route?.name)
        void navigate({ to: "/routes/$route", params: { route: answer.name ?? answer.id }, replace: route !== null });
    },
    shownAs: { "upstreams.production": "production", "upstreams.sandbox": "sandbox" },
  });
  const { way } = form.values;
  return (
    <Modal opened onClose={close} title={route ? `Edit route ${route.name ?? ""}` : "Add route"} size="lg">
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <TextInput label="Name" required {...form.getInputProps("name")} data-autofocus />
          <Select
            label="Service"
            description="The group it belongs to in the diagram"
            data={services.map((it) => it.name)}
            clearable
            nothingFoundMessage="No service yet"
            {...form.getInputProps("service")}
          />
          <TagsInput
            size="sm"
            label="Paths"
            description="Prefixes, such as /chat/v1/chat/completions; ~ starts a regular expression"
            {...form.getInputProps("paths")}
          />
          <TagsInput
            size="sm"
            label="Methods"
            description="None: any"
            data={["POST", "GET"]}
            {...form.getInputProps("methods")}
          />
          <TagsInput
            size="sm"
            label="Models"
            description="Names that clients ask for; none: any"
            {...form.getInputProps("models")}
          />
          <SegmentedControl data={WAYS} {...form.getInputProps("way")} aria-label="Served by" />
          {way === "upstream" && (
            <Select
              label="Upstream"
              required
              data={upstreams.map((it) => it.name)}
              searchable
              nothingFoundMessage="No upstream yet: add one under Upstreams"
              {...form.getInputProps("upstream")}
            />
          )}
          {way === "provider" && (
            <>
              <Select
                label="Provider"
                required
                data={providers.map((it) => it.name)}
                nothingFoundMessage="No provider yet: add one under Providers"
                {...form.getInputProps("provider")}
              />
              <TextInput label="Model" description="Empty keeps the client's" {...form.getInputProps("model")} />
            </>
          )}
          {way === "upstreams" && (
            <>
              <Select
                label="Production upstream"
                data={upstreams.map((it) => it.name)}
                searchable
                clearable
                nothingFoundMessage="No upstream yet"
                {...form.getInputProps("production")}
              />
              <Select
                label="Sandbox upstream"
                description="Either may wait: its page makes them"
                data={upstreams.map((it) => it.name)}
                searchable
                clearable
                nothingFoundMessage="No upstream yet"
                {...form.getInputProps("sandbox")}
              />
            </>
          )}
          <Switch label="Enabled" {...form.getInputProps("enabled", { type: "checkbox" })} />
          <FormEnd general={general} pending={pending} submit={route ? "Save" : "Add route"} cancel={close} />
        </Stack>
      </form>
    </Modal>
  );
}

function initial(route: Route | null) {
  return {
    name: route?.name ?? "",
    service: route?.service?.name ?? null,
    paths: route?.paths ?? [],
    methods: route?.methods ?? [],
    models: route?.models ?? [],
    way: route?.upstream ? "upstream" : route?.provider ? "provider" : "upstreams",
    upstream: route?.upstream?.name ?? null,
    provider: route?.provider?.name ?? null,
    model: route?.model ?? "",
    production: route?.upstreams?.production?.name ?? null,
    sandbox: route?.upstreams?.sandbox?.name ?? null,
    enabled: route?.enabled ?? true,
  };
}

function written(
  { way, upstream, provider, model, production, sandbox, ...rest }: ReturnType<typeof initial>,
  route: Route | null,
) {
  // Exactly one way is set; when there was another, it is taken back in the same write.
  const none = route ? { upstream: null, upstreams: null, provider: null, model: null } : {};
  if (way === "upstream") return { ...rest, ...none, upstream };
  if (way === "provider") return { ...rest, ...none, provider, model: model.trim() || null };
  return { ...rest, ...none, upstreams: { production, sandbox } };
}
