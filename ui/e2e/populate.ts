// A gateway with something to show on every page.
import { secret, until, type World } from "./world";

export async function populate(world: World) {
  await world.provider("alpha", 0, ["main", "spare", "third"]);
  await world.provider("beta", 1, ["main", "spare"]);
  await world.provider("gamma", 2);
  await world.call("POST", "/services", { name: "assistants" });
  await world.call("POST", "/upstreams", { name: "assistants-production", algorithm: "round-robin" });
  const targets = "/upstreams/assistants-production/targets";
  await world.call("POST", targets, { provider: "alpha", model: "alpha-model", weight: 200 });
  await world.call("POST", targets, { provider: "beta", model: "beta-model" });
  await world.call("POST", targets, { target: "127.0.0.1:1", scheme: "http", model: "spare-model", backup: true });
  const production = { production: "assistants-production" };
  await world.call("POST", "/routes", {
    name: "chat",
    service: "assistants",
    paths: ["/assistants"],
    methods: ["POST"],
    upstreams: production,
  });
  await world.call("POST", "/routes", {
    name: "summaries",
    service: "assistants",
    paths: ["/summaries"],
    provider: "alpha",
  });
  await world.call("PUT", "/providers/alpha/models/alpha-model/load-balancing", {
    enabled: true,
    entries: [{ credential: null }, { credential: "spare" }, { credential: "spare" }, { credential: "third" }],
  });
  await world.script(0, [{ error: { class: "rate_limit", retry_after: "600" } }], { key: secret("alpha", "spare") });
  await world.script(2, [{ error: { class: "auth" } }]);
  for (let count = 0; count < 12; count += 1)
    await world.chat({ model: ["assistants-production", "alpha-model", "gamma/gamma-model"][count % 3] });
  // Last, because from then on the AI API wants a key.
  await world.call("POST", "/consumers", { name: "web" });
  await world.call("POST", "/consumers/web/keys", { name: "web-production" });
  await until(
    "the requests are told",
    async () => (await world.call<{ data: unknown[] }>("GET", "/requests")).data.length >= 12,
  );
}
