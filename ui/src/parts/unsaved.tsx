// Leaving a page asks first while something on it is not saved: by a link, by going back, by closing the tab.
import { Button, Group, Modal, Text } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";

export function Unsaved({ when, what }: { when: boolean; what: string }) {
  const leaving = useBlocker({
    shouldBlockFn: () => when,
    enableBeforeUnload: () => when,
    withResolver: true,
  });
  if (leaving.status !== "blocked") return null;
  return (
    <Modal opened onClose={leaving.reset} title="Leave without saving?">
      <Text size="sm">What you changed in {what} is not saved, and is lost when you leave.</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={leaving.proceed}>
          Leave
        </Button>
        <Button onClick={leaving.reset} data-autofocus>
          Stay
        </Button>
      </Group>
    </Modal>
  );
}
