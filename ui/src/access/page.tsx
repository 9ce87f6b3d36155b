// Who may use the AI API: consumers, and the keys they were given.
import "../mantine-more.css";
import { Alert, Button } from "@mantine/core";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useConsumers, useKeysWanted } from "../api/queries";
import type { Consumer } from "../api/shapes";
import { adminUrl, Empty } from "../parts/empty";
import { Loaded, Page } from "../parts/page";
import { AddConsumer } from "./add-consumer";
import { ConsumerPanel } from "./consumer-panel";

export default function AccessPage() {
  const consumers = useConsumers();
  const [adding, setAdding] = useState(false);
  const add = (
    <Button leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
      Add consumer
    </Button>
  );
  return (
    <Page
      title="Access"
      about="A consumer is an application, a team or a person. As soon as one client key exists, the AI API wants one from everybody."
      actions={add}
    >
      {useKeysWanted() === false && (
        <Alert color="yellow" title="Whoever can reach the AI API may use it">
          There is no client key yet. The first one closes the door for everybody without one.
        </Alert>
      )}
      <Loaded query={consumers}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty
              title="No consumer yet"
              action={add}
              curl={`curl ${adminUrl()}/consumers -d name=web\ncurl ${adminUrl()}/consumers/web/keys -d name=web-production`}
            />
          ) : (
            <List consumers={rows} />
          )
        }
      </Loaded>
      {adding && <AddConsumer close={() => setAdding(false)} />}
    </Page>
  );
}

function List({ consumers }: { consumers: Consumer[] }) {
  return consumers.map((it) => <ConsumerPanel key={it.id} consumer={it} />);
}
