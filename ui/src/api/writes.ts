// Writes: one hook. When a write's answer arrives it is in force, so everything of the configuration is read again.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { tell } from "../parts/toasts";
import { ApiError, call, type Options } from "./client";

export interface Write extends Options {
  method: "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
}

/** Performs a write. What it refuses is thrown to the caller if `quiet`, and told otherwise. */
export function useWrite<T = unknown>({ quiet = false } = {}) {
  const client = useQueryClient();
  return useMutation<T, Error, Write>({
    mutationFn: ({ method, path, ...options }) => call<T>(method, path, options),
    onError: (error) => {
      if (!quiet) tellError(error);
    },
    onSettled: (_data, _error, { method }) => {
      const isRead = client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "history" });
      // The page of what is gone would only be told that it is: it is left first.
      return method === "DELETE" ? undefined : isRead;
    },
    // A body may hold a secret, and an answer the one showing of a key: neither is kept once its form is closed.
    gcTime: 0,
  });
}

export function tellError(error: unknown) {
  const message = error instanceof Error ? error.message : String(error);
  tell({ tone: "bad", title: "Not done", message });
}

export function tellDone(message: string) {
  tell({ tone: "ok", message });
}

/** Messages of an error by dotted path of the field; what belongs to no field is under "". */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return { "": String(error instanceof Error ? error.message : error) };
  const found: Record<string, string> = {};
  flatten(error.body.fields ?? {}, "", found);
  // A unique constraint violation says which values are taken, not what is wrong with them.
  if (error.body.code === 5) for (const path of Object.keys(found)) found[path] = `"${found[path]}" is taken already`;
  if (Object.keys(found).length === 0) found[""] = error.message;
  return found;
}

function flatten(fields: object, prefix: string, found: Record<string, string>) {
  for (const [name, value] of Object.entries(fields)) {
    const path = name === "@entity" ? prefix : prefix ? `${prefix}.${name}` : name;
    if (typeof value === "string") found[path] = value;
    else if (Array.isArray(value) && value.every((it) => typeof it === "string")) found[path] = value.join("; ");
    else if (value && typeof value === "object") flatten(value, path, found);
  }
}
