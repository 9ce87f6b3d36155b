// One cheap real call with a key, and what came back.
import { Loader, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { call } from "../api/client";
import { Failed } from "../parts/page";
import { StateMark } from "../parts/state";
import { duration } from "../parts/time";
import classes from "./providers.module.css";

interface Tested {
  ok: boolean;
  status: number | null;
  outcome: string;
  message: string | null;
  latency_ms: number | null;
  url: string | null;
}

export function TestKey({ name, path, close }: { name: string; path: string; close: () => void }) {
  const test = useQuery({
    queryKey: ["history", "test", path],
    queryFn: ({ signal }) => call<Tested>("POST", path, { signal }),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  return (
    <Modal opened onClose={close} title={`Test of ${name}`}>
      {test.isFetching && (
        <output>
          <Loader size="sm" /> asking the vendor…
        </output>
      )}
      {test.error && !test.isFetching && <Failed error={test.error} retry={() => void test.refetch()} />}
      {test.data && !test.isFetching && <Result tested={test.data} />}
    </Modal>
  );
}

function Result({ tested }: { tested: Tested }) {
  const { ok, status, outcome, message, latency_ms, url } = tested;
  const rows = [
    ["outcome", outcome],
    ["status", status],
    ["message", message],
    ["took", latency_ms === null ? null : duration(latency_ms)],
    ["asked", url],
  ] as const;
  return (
    <>
      <p>
        <StateMark state={ok ? "normal" : "error"} />{" "}
        {ok ? "the vendor takes this key" : "the vendor does not take this key"}
      </p>
      <dl className={classes.tested}>
        {rows
          .filter(([, value]) => value !== null)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </>
  );
}
