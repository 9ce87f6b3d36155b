// Where a provider is, per environment.
import { ActionIcon, Button, Group, Input, Select, Stack, TextInput } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import type { Endpoint, Environment } from "../api/shapes";

export type EndpointDraft = Endpoint;
export const ENVIRONMENTS: Environment[] = ["any", "production", "sandbox"];

/** Rows without a URL were begun and left. */
export const written = (endpoints: EndpointDraft[]) => endpoints.filter((it) => it.url.trim() !== "");

interface EndpointsInputProps {
  value: EndpointDraft[];
  change: (value: EndpointDraft[]) => void;
  /** By the API's paths, which count from 1 what was written. */
  errors: Record<string, ReactNode>;
}

export function EndpointsInput({ value, change, errors }: EndpointsInputProps) {
  const errorOf = (index: number, field: keyof Endpoint) => {
    const upToIt = written(value.slice(0, index + 1));
    return upToIt.at(-1) === value[index] ? errors[`endpoints.${upToIt.length}.${field}`] : undefined;
  };
  const set = (index: number, part: Partial<EndpointDraft>) =>
    change(value.map((it, at) => (at === index ? { ...it, ...part } : it)));
  const add = () =>
    change([
      ...value,
      { name: value.length === 0 ? "default" : `endpoint-${value.length + 1}`, url: "", environment: "any" },
    ]);
  return (
    <Input.Wrapper
      label="Endpoints"
      description="None: the kind's own place"
      error={errors.endpoints}
      labelElement="div"
    >
      <Stack gap={6} mt={6}>
        {value.map((it, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row has no identity but its place while it is written
          <Group key={index} gap={6} align="flex-start">
            <TextInput
              w={110}
              value={it.name}
              onChange={(event) => set(index, { name: event.currentTarget.value })}
              aria-label={`Name of endpoint ${index + 1}`}
              error={errorOf(index, "name")}
            />
            <TextInput
              flex="1 1 240px"
              value={it.url}
              placeholder="https://…/v1"
              onChange={(event) => set(index, { url: event.currentTarget.value })}
              aria-label={`URL of endpoint ${index + 1}`}
              error={errorOf(index, "url")}
            />
            <Select
              w={125}
              data={ENVIRONMENTS}
              value={it.environment}
              allowDeselect={false}
              onChange={(chosen) => set(index, { environment: (chosen ?? "any") as Environment })}
              aria-label={`Environment of endpoint ${index + 1}`}
              error={errorOf(index, "environment")}
            />
            <ActionIcon
              mt={4}
              onClick={() => change(value.filter((_, at) => at !== index))}
              aria-label={`Remove endpoint ${index + 1}`}
            >
              <Trash2 size={15} />
            </ActionIcon>
          </Group>
        ))}
        <Group>
          <Button variant="default" leftSection={<Plus size={13} />} onClick={add}>
            Add endpoint
          </Button>
        </Group>
      </Stack>
    </Input.Wrapper>
  );
}
