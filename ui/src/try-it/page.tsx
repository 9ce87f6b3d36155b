// Try it: a chat through the real request path, and who answered it and why.
import "../mantine-more.css";
import { Button, PasswordInput, Select, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Send, Square } from "lucide-react";
import { type FormEvent, useState } from "react";
import { authorized, reach, refusal } from "../api/client";
import { useKeysWanted, useRoot } from "../api/queries";
import { Page, Panel } from "../parts/page";
import { proxyUrl } from "../setup/proxy-url";
import { Answered } from "./answered";
import { Copies } from "./copies";
import classes from "./try-it.module.css";
import { useTry } from "./use-try";

export default function TryPage() {
  const { model: given } = useSearch({ strict: false }) as { model?: string };
  const [typed, setKey] = useState("");
  const key = typed.trim();
  const [environment, setEnvironment] = useState("production");
  const [model, setModel] = useState(given ?? "");
  const [prompt, setPrompt] = useState("Say hello, and which model you are.");
  const root = useRoot().data;
  const keysWanted = useKeysWanted();
  const byKey = key !== "";
  const [asking] = useDebouncedValue(key, TYPING_MS);
  const models = useTryModels(asking, asking !== "" || keysWanted === false);
  const trying = useTry();
  const wanted = model.trim() || models.data?.[0] || "default";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void trying.send({ key, environment, model: wanted, prompt });
  };
  return (
    <Page
      title="Try it"
      about="A streamed chat through the gateway, as a client would send it: it is routed, counted and recorded like any other."
    >
      <div className={classes.columns}>
        <Panel title="Ask">
          <form className={classes.form} onSubmit={submit}>
            <PasswordInput
              label="Client key"
              description={
                <>
                  {keysWanted ? "The AI API wants one." : "Only where the AI API wants one."}{" "}
                  <Link to="/access">Make one</Link>
                </>
              }
              placeholder="sw-…"
              autoComplete="off"
              error={key !== "" && models.error?.message}
              value={typed}
              onChange={(event) => setKey(event.currentTarget.value)}
            />
            <Select
              label="Environment"
              description={byKey ? "A client key has its own" : "Without client keys a request may name it"}
              placeholder="the client key's"
              data={["production", "sandbox"]}
              allowDeselect={false}
              disabled={byKey}
              value={byKey ? null : environment}
              onChange={(it) => setEnvironment(it ?? "production")}
            />
            <TextInput
              label="Model"
              description="An upstream's name, provider/model, a model, or default"
              placeholder={wanted}
              list="models-to-try"
              value={model}
              onChange={(event) => setModel(event.currentTarget.value)}
            />
            <datalist id="models-to-try">
              {models.data?.map((it) => (
                <option key={it} value={it} />
              ))}
            </datalist>
            <Textarea
              label="Message"
              autosize
              minRows={4}
              maxRows={12}
              required
              value={prompt}
              onChange={(event) => setPrompt(event.currentTarget.value)}
            />
            <div className={classes.send}>
              {trying.running && (
                <Button variant="default" leftSection={<Square size={13} />} onClick={trying.stop}>
                  Stop
                </Button>
              )}
              <Button
                type="submit"
                leftSection={<Send size={14} />}
                loading={trying.running}
                disabled={prompt.trim() === ""}
              >
                Send
              </Button>
            </div>
          </form>
        </Panel>
        <Panel title="Answer">
          <Answered trying={trying.state} />
        </Panel>
      </div>
      {root && (
        <Panel title="The same from elsewhere">
          <Copies
            base={proxyUrl(root.proxy_url)}
            keyGiven={byKey || keysWanted === true}
            environment={environment}
            model={wanted}
            prompt={prompt}
          />
        </Panel>
      )}
    </Page>
  );
}

/** A key is asked with when it is there, not at each of its letters. */
const TYPING_MS = 400;

/** What `GET /v1/models` offers this key. Where one is wanted and none is given, there is nothing to ask. */
function useTryModels(key: string, enabled: boolean) {
  return useQuery({
    enabled,
    queryKey: ["config", "models-to-try", key],
    queryFn: async ({ signal }) => {
      const headers = { ...authorized(), ...(key && { "x-spillway-client-key": key }) };
      const response = await reach("/try/v1/models", { headers, signal });
      const text = await response.text();
      if (!response.ok) throw refusal(response.status, openAiMessage(text));
      return (JSON.parse(text) as { data: { id: string }[] }).data.map((it) => it.id);
    },
    retry: false,
    // The key is part of its name, and is kept no longer than the page.
    gcTime: 0,
  });
}

/** The AI API's errors have an envelope of their own; what is in it is shown. */
function openAiMessage(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } };
    return JSON.stringify({ message: error?.message ?? text });
  } catch {
    return text;
  }
}
