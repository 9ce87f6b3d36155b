// How clients are pointed at the gateway, with this gateway's URL, your key and your model filled in.
import "../mantine-more.css";
import { Tabs, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useKeysWanted, useRoot, useTopology } from "../api/queries";
import { Loaded, Page, Panel } from "../parts/page";
import { Snippet } from "../parts/snippet";
import { proxyUrl } from "./proxy-url";
import classes from "./setup.module.css";
import { clients } from "./snippets";

/** Stands where a client key is wanted and none was given. */
const YOUR_KEY = "YOUR_CLIENT_KEY";

export default function SetupPage() {
  const root = useRoot();
  const first = useTopology().data?.providers[0];
  const keysWanted = useKeysWanted();
  const [key, setKey] = useState("");
  const [model, setModel] = useState("");
  const known = first?.default_model ?? "default";
  return (
    <Page
      title="Client set-up"
      about={
        keysWanted ? (
          <>
            An SDK needs a new base URL and a client key: paste yours, or <Link to="/access">make one</Link>. It stays
            in this page.
          </>
        ) : (
          <>
            An SDK needs a new base URL, nothing else. As long as there are no client keys any key will do;{" "}
            <Link to="/access">make one</Link> to let only its bearers in.
          </>
        )
      }
    >
      <Loaded query={root}>
        {(it) => (
          <>
            <div className={classes.given}>
              <TextInput label="Base URL" value={`${proxyUrl(it.proxy_url)}/v1`} readOnly />
              <TextInput
                label="Client key"
                placeholder="sw-…"
                value={key}
                onChange={(event) => setKey(event.currentTarget.value)}
                autoComplete="off"
              />
              <TextInput
                label="Model"
                placeholder={known}
                value={model}
                onChange={(event) => setModel(event.currentTarget.value)}
              />
            </div>
            <Panel>
              <Clients
                base={proxyUrl(it.proxy_url)}
                keyText={key.trim() || (keysWanted ? YOUR_KEY : "none")}
                model={model.trim() || known}
              />
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Clients({ base, keyText, model }: { base: string; keyText: string; model: string }) {
  const all = clients({ base, key: keyText, model });
  return (
    <Tabs defaultValue={all[0]?.name ?? null} className={classes.clients} keepMounted={false}>
      <Tabs.List>
        {all.map(({ name }) => (
          <Tabs.Tab key={name} value={name}>
            {name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {all.map(({ name, about, text }) => (
        <Tabs.Panel key={name} value={name} pt="md">
          <p className={classes.about}>{about}</p>
          <Snippet label={`set-up for ${name}`} text={text} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
