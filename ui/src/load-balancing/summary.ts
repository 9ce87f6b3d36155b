// The one sentence of the home page: is anyone refused, who is out, why, until when, who serves instead.
import type { Topology, TopologyCredential, TopologyProvider } from "../api/shapes";
import type { Tone } from "../parts/state";

export interface Summary {
  tone: Tone;
  title: string;
  /** Providers that do not serve, the highest ranks first. */
  out: TopologyProvider[];
  requests_per_second: number;
  errors_per_second: number;
  in_flight: number;
  keys: Usability;
}

export interface Usability {
  usable: number;
  /** Of these; what is switched off counts for nothing. */
  all: number;
  /** What some of the usable ones are out for; null: nothing. */
  except: string | null;
}

export function summary({ providers }: Topology): Summary {
  const sum = (of: (it: TopologyProvider) => number) => providers.reduce((all, it) => all + of(it), 0);
  const out = providers.filter((it) => it.status === "abnormal").sort((a, b) => a.rank - b.rank);
  const serving = providers.filter((it) => it.status === "enabled").length;
  return {
    ...verdict(serving, out, providers.length),
    out,
    requests_per_second: sum((it) => it.traffic.requests_per_second),
    errors_per_second: sum((it) => it.traffic.errors_per_second),
    in_flight: sum((it) => it.traffic.in_flight),
    keys: usability(providers.flatMap((it) => it.credentials)),
  };
}

function verdict(serving: number, out: TopologyProvider[], all: number): Pick<Summary, "tone" | "title"> {
  const first = out[0];
  if (all === 0) return { tone: "off", title: "No provider yet" };
  if (serving === 0) return { tone: "bad", title: "No provider serves: requests are refused" };
  if (!first)
    return { tone: "ok", title: serving === 1 ? "The provider serves" : `All ${serving} enabled providers serve` };
  const others = out.length > 1 ? ` and ${out.length - 1} more` : "";
  return { tone: "wait", title: `${first.name}${others} can not serve` };
}

/** The soonest return among some keys, for all models or for one, if one is known. */
export function soonestReturn(credentials: TopologyCredential[]): string | null {
  const times = credentials.flatMap((it) => [it, ...it.model_states].flatMap(({ until }) => until ?? []));
  return times.sort()[0] ?? null;
}

/** How many keys may be used, and for what not. */
export function usability(credentials: TopologyCredential[]): Usability {
  const on = credentials.filter((it) => it.state !== "disabled");
  const usable = on.filter((it) => it.state === "normal");
  const partly = usable.filter((it) => it.model_states.length > 0);
  const models = [...new Set(partly.flatMap((it) => it.model_states.map(({ model }) => model ?? "other models")))];
  const which = models.length === 1 ? models[0] : `${models.length} models`;
  const howMany = partly.length === usable.length ? "" : `${partly.length} `;
  return {
    usable: usable.length,
    all: on.length,
    except: partly.length > 0 ? `${howMany}not for ${which}` : null,
  };
}
