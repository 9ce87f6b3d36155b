// Which kinds of providers there are is the schema's to say.
import { Autocomplete, type AutocompleteProps } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { call } from "../api/client";

/** What to write where a key is asked for. */
export const KEY_HINT = "Kept encrypted and never shown again; or where it is: env:NAME, file:PATH";
export const KEY_HINTS: Record<string, string> = {
  bedrock: `A Bedrock API key, or ACCESS_KEY_ID:SECRET_ACCESS_KEY, with :SESSION_TOKEN for a temporary one. ${KEY_HINT}`,
};
/** Where a kind is that has no place of its own. */
export const URL_HINTS: Record<string, string> = {
  bedrock: "https://bedrock-runtime.eu-central-1.amazonaws.com",
};

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
