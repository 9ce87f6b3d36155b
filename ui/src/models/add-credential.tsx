// Adds a key to the pool: one that exists, or a new one. One that is in it already counts once more.
import { Button, Menu } from "@mantine/core";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import type { Credential } from "../api/shapes";
import { KeyForm } from "../providers/key-form";

interface AddCredentialProps {
  provider: string;
  credentials: Credential[];
  add: (name: string) => void;
}

export function AddCredential({ provider, credentials, add }: AddCredentialProps) {
  const [creating, setCreating] = useState(false);
  return (
    <div>
      <Menu position="bottom-start">
        <Menu.Target>
          <Button variant="default" leftSection={<Plus size={14} />}>
            Add credential
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
          {credentials.length > 0 ? (
            <Menu.Label>Add it again to make it count more</Menu.Label>
          ) : (
            <Menu.Label>{provider} has no key yet</Menu.Label>
          )}
          {credentials.map((it) => (
            <Menu.Item key={it.id} leftSection={<KeyRound size={14} />} onClick={() => add(it.name)}>
              {it.name}
              {it.default && " (default)"}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<Plus size={14} />} onClick={() => setCreating(true)}>
            New key of {provider}…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {creating && (
        <KeyForm provider={provider} credential={null} close={() => setCreating(false)} added={(it) => add(it.name)} />
      )}
    </div>
  );
}
