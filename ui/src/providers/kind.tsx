// Which kinds of providers there are is the schema's to say.
import { Autocomplete, type AutocompleteProps } from "@mantine/core";
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
