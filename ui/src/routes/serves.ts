import type { Route } from "../api/shapes";

/** Who serves a route, in one line. */
export function serves({ upstream, upstreams, provider, model }: Route): string {
  if (upstream) return upstream.name;
  if (provider) return model ? `${provider.name}, ${model}` : provider.name;
  const parts = [
    upstreams?.production && `production: ${upstreams.production.name}`,
    upstreams?.sandbox && `sandbox: ${upstreams.sandbox.name}`,
  ];
  return parts.filter(Boolean).join("; ") || "nobody yet";
}
