// Everything about one key, beside its block: name, state, cause, until, share of traffic, last error, what can be done.
import { Button, Group } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type CSSProperties, type RefObject, useCallback, useEffect, useRef } from "react";
import { at as pathOf } from "../api/client";
import { type TaggedTopology, useTopology } from "../api/queries";
import type { TopologyCredential } from "../api/shapes";
import { tellDone, useWrite } from "../api/writes";
import { StateMark } from "../parts/state";
import { Countdown, clock } from "../parts/time";
import { scroller } from "./box";
import { type Shown, useKeyFocus, useShownKey } from "./key-focus";
import classes from "./load-balancing.module.css";

export function KeyDetails() {
  const { shown } = useShownKey();
  return shown && <Details key={shown.at.id} shown={shown} />;
}

function Details({ shown }: { shown: Shown }) {
  const { close } = useShownKey();
  const { show, hide } = useKeyFocus();
  const ref = useRef<HTMLElement>(null);
  usePinned(ref, shown, close);
  useFresh();
  const { provider, id } = shown.at;
  const select = useCallback(
    (it: TaggedTopology) =>
      it.providers.find(({ name }) => name === provider)?.credentials.find((key) => key.id === id),
    [provider, id],
  );
  const credential = useTopology(select).data;
  if (!credential) return null;
  return (
    <section
      ref={ref}
      className={classes.details}
      style={besides(shown.element)}
      role={shown.pinned ? "dialog" : "tooltip"}
      aria-label={`Key ${credential.name}`}
      onPointerEnter={() => show(shown.at, shown.element)}
      onPointerLeave={hide}
    >
      <Facts credential={credential} />
      {shown.pinned ? (
        <Acts provider={provider} credential={credential} done={close} />
      ) : (
        <p className={classes.minor}>Click it, or press Enter, to act on it.</p>
      )}
    </section>
  );
}

const WIDTH = 290;
/** Enough for most; a longer one is cut off by nothing but the screen. */
const HEIGHT = 230;
const SPACE = 6;

/** Below the block, or above it where the screen ends. */
function besides(element: HTMLElement): CSSProperties {
  const { left, top, bottom } = element.getBoundingClientRect();
  const x = Math.max(SPACE, Math.min(left - 20, window.innerWidth - WIDTH - SPACE));
  const fits = bottom + HEIGHT < window.innerHeight;
  return { left: x, width: WIDTH, ...(fits ? { top: bottom + SPACE } : { bottom: window.innerHeight - top + SPACE }) };
}

/** Events tell states; shares and last errors are of the last reading, which is made again if it is old. */
function useFresh() {
  const { refetch, dataUpdatedAt } = useTopology(nothing);
  const age_ms = useRef(Date.now() - dataUpdatedAt);
  useEffect(() => {
    if (age_ms.current > FRESH_MS) void refetch();
  }, [refetch]);
}

const FRESH_MS = 5000;
const nothing = () => null;

/** While it is pinned: it has the focus, Escape gives that back to the block. A click elsewhere closes it, and so does
 * scrolling, which takes the block away from it. */
function usePinned(ref: RefObject<HTMLElement | null>, { pinned, element }: Shown, close: () => void) {
  useEffect(() => {
    if (!pinned) return;
    ref.current?.querySelector("button")?.focus();
    const press = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      close();
      element.focus();
    };
    const point = (event: PointerEvent) => {
      if (event.target instanceof Node && !ref.current?.contains(event.target)) close();
    };
    document.addEventListener("keydown", press);
    document.addEventListener("pointerdown", point);
    scroller()?.addEventListener("scroll", close, { passive: true });
    return () => {
      document.removeEventListener("keydown", press);
      document.removeEventListener("pointerdown", point);
      scroller()?.removeEventListener("scroll", close);
    };
  }, [ref, pinned, element, close]);
}

function Facts({ credential }: { credential: TopologyCredential }) {
  const { name, state, cause, until, share, last_error, last_error_at, model_states } = credential;
  return (
    <>
      <header>
        <strong>{name}</strong>
        <StateMark state={state} />
      </header>
      <dl>
        {credential.default && <Fact name="default">the provider's default key</Fact>}
        {cause && <Fact name="cause">{cause}</Fact>}
        {until && (
          <Fact name="until">
            {clock(until)} (<Countdown until={until} />)
          </Fact>
        )}
        {model_states.map((it) => (
          <Fact key={it.model} name={it.model ?? "other models"}>
            {it.state}
            {it.cause && `, ${it.cause}`}
            {it.until && (
              <>
                {" "}
                (<Countdown until={it.until} />)
              </>
            )}
          </Fact>
        ))}
        {share != null && <Fact name="share of traffic">{Math.round(share * 100)} %</Fact>}
        {last_error && (
          <Fact name="last error">
            {last_error}
            {last_error_at && <span className={classes.minor}> {clock(last_error_at)}</span>}
          </Fact>
        )}
      </dl>
    </>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Acts({ provider, credential, done }: { provider: string; credential: TopologyCredential; done: () => void }) {
  const write = useWrite();
  const path = pathOf("providers", provider, "credentials", credential.name);
  const enable = (enabled: boolean, told: string) =>
    write.mutate(
      { method: "PATCH", path, body: { enabled } },
      {
        onSuccess: () => {
          tellDone(told);
          done();
        },
      },
    );
  const isOut = credential.state !== "normal" || credential.model_states.length > 0;
  return (
    <Group gap={6} mt="sm">
      {isOut && credential.state !== "disabled" && (
        <Button loading={write.isPending} onClick={() => enable(true, `${credential.name} is clear`)} data-autofocus>
          Clear now
        </Button>
      )}
      {credential.state === "disabled" ? (
        <Button loading={write.isPending} onClick={() => enable(true, `${credential.name} is enabled`)} data-autofocus>
          Enable
        </Button>
      ) : (
        <Button
          variant="default"
          loading={write.isPending}
          onClick={() => enable(false, `${credential.name} is disabled`)}
        >
          Disable
        </Button>
      )}
      <Button
        variant="subtle"
        renderRoot={(props) => (
          <Link to="/providers/$provider" params={{ provider }} search={{ tab: "keys" }} {...props} />
        )}
      >
        Key pool
      </Button>
    </Group>
  );
}
