// The load-balancing policy of a route in one environment: its strategy, its models with endpoint and weight, and how
// long a failed one is suspended. It is an upstream of its own; every part is written when it is changed.
import { Button, NumberInput, Select } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { at } from "../api/client";
import { useUpstream } from "../api/queries";
import type { Route, Upstream } from "../api/shapes";
import { tellDone, useWrite } from "../api/writes";
import { Loaded } from "../parts/page";
import { Targets } from "../upstreams/targets";
import { useWords } from "../upstreams/words";
import classes from "./routes.module.css";

type Place = "production" | "sandbox";

export function Policy({ route, environment }: { route: Route; environment: Place }) {
  const upstream = route.upstreams?.[environment];
  if (!upstream) return <NoPolicy route={route} environment={environment} />;
  return <Existing name={upstream.name} />;
}

function Existing({ name }: { name: string }) {
  const upstream = useUpstream(name);
  return (
    <Loaded query={upstream} rows={3}>
      {(it) => (
        <>
          <Strategy key={String(it.suspend_duration)} upstream={it} />
          <Targets upstream={it} title="Models" />
        </>
      )}
    </Loaded>
  );
}

function Strategy({ upstream }: { upstream: Upstream }) {
  const words = useWords();
  const write = useWrite();
  const [duration, setDuration] = useState<number | string>(upstream.suspend_duration ?? "");
  const patch = (body: object, told: string) =>
    write.mutate({ method: "PATCH", path: at("upstreams", upstream.name), body }, { onSuccess: () => tellDone(told) });
  return (
    <div className={classes.policy}>
      <Select
        label="Strategy"
        data={words.algorithm ?? [upstream.algorithm]}
        value={upstream.algorithm}
        allowDeselect={false}
        onChange={(it) => it && patch({ algorithm: it }, `${upstream.name} is balanced by ${it}`)}
      />
      <NumberInput
        label="Suspend duration"
        description="seconds; empty: a duration of its own for each kind of failure"
        min={0}
        value={duration}
        onChange={setDuration}
        onBlur={() => {
          // Nothing is written by emptying it, so it says again what is in force.
          if (duration === "") setDuration(upstream.suspend_duration ?? "");
          else if (duration !== upstream.suspend_duration)
            patch({ suspend_duration: duration }, `a failed model sits out ${duration} s`);
        }}
      />
      <Link to="/upstreams/$upstream" params={{ upstream: upstream.name }}>
        All of {upstream.name}
      </Link>
    </div>
  );
}

function NoPolicy({ route, environment }: { route: Route; environment: Place }) {
  const create = useWrite<Upstream>();
  const bind = useWrite();
  const add = async () => {
    const name = `${route.name ?? route.id}-${environment}`;
    try {
      const upstream = await create.mutateAsync({
        method: "POST",
        path: "/upstreams",
        body: { name, algorithm: "round-robin" },
      });
      const upstreams = {
        production: route.upstreams?.production?.name ?? null,
        sandbox: route.upstreams?.sandbox?.name ?? null,
        [environment]: upstream.name,
      };
      await bind.mutateAsync({ method: "PATCH", path: at("routes", route.id), body: { upstreams } });
      tellDone(`${route.name} has a policy for ${environment}; now add its models`);
    } catch {
      // Told by the write itself.
    }
  };
  return (
    <div className={classes.none}>
      Requests of this environment are refused: there is no policy for it.
      <Button variant="default" loading={create.isPending || bind.isPending} onClick={() => void add()}>
        Add a policy
      </Button>
    </div>
  );
}
