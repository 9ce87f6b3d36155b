// Which kinds of providers there are is the schema's to say.
import { Autocomplete, type AutocompleteProps, TextInput, type TextInputProps } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { call } from "../api/client";

interface Schema {
  properties: Record<string, { enum?: string[]; examples?: string[] }>;
}

function useKinds(): string[] {
  const schema = useQuery({
    queryKey: ["config", "schema", "provider"],
    queryFn: ({ signal }) => call<Schema>("GET", "/schemas/provider", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const kind = schema.data?.properties.kind;
  return kind?.enum ?? kind?.examples ?? [];
}

export function KindInput(props: AutocompleteProps) {
  return (
    <Autocomplete
      size="sm"
      label="Kind"
      description="How it talks; openai-compatible for any server with that API"
      data={useKinds()}
      required
      {...props}
    />
  );
}

/** The one kind whose paths have a version of their own. */
export const AZURE = "azure-openai";

export function ApiVersionInput(props: TextInputProps) {
  return (
    <TextInput
      label="API version"
      description="A date asks Azure's deployments, each by its name as the model; empty: /openai/v1"
      placeholder="2024-10-21"
      {...props}
    />
  );
}

const FORMS: Record<string, string> = {
  [AZURE]: "https://RESOURCE.openai.azure.com",
  bedrock: "https://bedrock-runtime.eu-central-1.amazonaws.com",
  vertex: "https://LOCATION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/LOCATION",
};

/** What a base URL of a kind looks like. */
export const urlForm = (kind: string) => FORMS[kind] ?? "https://…/v1";

const KEYS: Record<string, string> = {
  bedrock: "A Bedrock API key, or ACCESS_KEY_ID:SECRET_ACCESS_KEY, with :SESSION_TOKEN for a temporary one. ",
  vertex: "The text of a service account's key file (JSON), or an API key. ",
};

/** What is written as a key of a kind. */
export function secretHint(kind: string): string {
  return `${KEYS[kind] ?? ""}Kept encrypted and never shown again; or where it is: env:NAME, file:PATH`;
}
