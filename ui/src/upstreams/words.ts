// The words that a field may hold are the schema's.
import { useQuery } from "@tanstack/react-query";
import { call } from "../api/client";

interface Schema {
  properties: Record<string, { enum?: string[] }>;
}

/** Choices of an upstream's fields, by field; empty until they are here. */
export function useWords(): Record<string, string[]> {
  const schema = useQuery({
    queryKey: ["config", "schema", "upstream"],
    queryFn: ({ signal }) => call<Schema>("GET", "/schemas/upstream", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const words: Record<string, string[]> = {};
  for (const [field, { enum: choices }] of Object.entries(schema.data?.properties ?? {})) {
    if (choices) words[field] = choices;
  }
  return words;
}
