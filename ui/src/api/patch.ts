// What an event changes in the topology. Pure, and frugal: what an event does not concern stays the very same object,
// so that only the card it concerns is drawn anew.
import { replaceEqualDeep } from "@tanstack/react-query";
import type {
  CredentialEvent,
  ProviderEvent,
  StateEvent,
  Topology,
  TopologyProvider,
  Traffic,
  TrafficEvent,
} from "./shapes";

/** The topology after a state change; the same one if it shows nothing of it. */
export function patchState(topology: Topology, event: StateEvent): Topology {
  switch (event.scope) {
    case "credential":
      return patchProviders(topology, (it) => (it.name === event.provider ? patchCredential(it, event) : it));
    case "provider":
      return patchProviders(topology, (it) => (it.id === event.id ? patchProvider(it, event) : it));
    default:
      // Pairs and addresses are an upstream's: what they mean for a provider comes as an event of its own.
      return topology;
  }
}

/** The topology with the traffic of the last second. */
export function patchTraffic(topology: Topology, event: TrafficEvent): Topology {
  const told = new Map<string, Traffic>();
  for (const it of event.providers) told.set(it.name, it);
  return patchProviders(topology, (provider) => {
    const traffic = told.get(provider.name) ?? IDLE;
    if (sameTraffic(provider.traffic, traffic)) return provider;
    const { requests_per_second, errors_per_second, in_flight } = traffic;
    return { ...provider, traffic: { requests_per_second, errors_per_second, in_flight } };
  });
}

const IDLE: Traffic = { requests_per_second: 0, errors_per_second: 0, in_flight: 0 };

function patchCredential(provider: TopologyProvider, event: CredentialEvent): TopologyProvider {
  const index = provider.credentials.findIndex((it) => it.id === event.id);
  const credential = provider.credentials[index];
  if (!credential) return provider;
  const { state, cause, since, until, ttl, model_states } = event;
  const changed = replaceEqualDeep(credential, { ...credential, state, cause, since, until, ttl, model_states });
  if (changed === credential) return provider;
  return { ...provider, credentials: provider.credentials.with(index, changed) };
}

function patchProvider(provider: TopologyProvider, { state, cause, served_by }: ProviderEvent): TopologyProvider {
  return replaceEqualDeep(provider, { ...provider, status: state, reason: cause, served_by });
}

function patchProviders(topology: Topology, patch: (it: TopologyProvider) => TopologyProvider): Topology {
  let changed = false;
  const providers = topology.providers.map((it) => {
    const patched = patch(it);
    changed ||= patched !== it;
    return patched;
  });
  return changed ? { ...topology, providers } : topology;
}

function sameTraffic(a: Traffic, b: Traffic): boolean {
  return (
    a.requests_per_second === b.requests_per_second &&
    a.errors_per_second === b.errors_per_second &&
    a.in_flight === b.in_flight
  );
}
