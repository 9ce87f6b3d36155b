// Removing something says first what it will break. What is in use answers 409 naming its users; then the same dialog
// offers to remove those uses, too.
import { Alert, Button, Group, Modal, Text } from "@mantine/core";
import { useState } from "react";
import { ApiError } from "../api/client";
import { tellDone, useWrite } from "../api/writes";

interface RemoveProps {
  /** What it is, such as `provider openai`. */
  what: string;
  path: string;
  /** What happens when it is gone. */
  consequence: string;
  /** The API can remove its uses, too (`?force=true`). */
  forcible?: boolean;
  close: () => void;
  removed?: () => void;
}

export function Remove({ what, path, consequence, forcible = false, close, removed }: RemoveProps) {
  const write = useWrite({ quiet: true });
  const [refusal, setRefusal] = useState<Error | null>(null);
  const inUse = forcible && refusal instanceof ApiError && refusal.status === 409;
  const remove = async () => {
    try {
      await write.mutateAsync({ method: "DELETE", path: inUse ? `${path}?force=true` : path });
      tellDone(`${what} is removed`);
      close();
      removed?.();
    } catch (error) {
      setRefusal(error as Error);
    }
  };
  return (
    <Modal opened onClose={close} title={`Remove ${what}?`}>
      <Text size="sm">{consequence}</Text>
      {refusal && (
        <Alert color={inUse ? "yellow" : "red"} mt="sm" role="alert" title={inUse ? "It is in use" : "Not removed"}>
          {refusal.message}
        </Alert>
      )}
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={close} data-autofocus>
          Keep it
        </Button>
        <Button color="red" loading={write.isPending} onClick={() => void remove()}>
          {inUse ? "Remove it and its uses" : "Remove"}
        </Button>
      </Group>
    </Modal>
  );
}
