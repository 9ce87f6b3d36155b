// Asks for the admin token, and tries it before it is kept.
import "../mantine-more.css";
import { Button, Checkbox, PasswordInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { keepToken } from "../api/token";
import classes from "./shell.module.css";

export default function TokenPrompt({ given }: { given: () => void }) {
  const [token, setToken] = useState("");
  const [forLong, setForLong] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [trying, setTrying] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTrying(true);
    setProblem(await tryToken(token.trim()));
    setTrying(false);
  };

  const tryToken = async (token: string): Promise<string | null> => {
    try {
      const { ok, status } = await fetch("/providers?size=1", { headers: { authorization: `Bearer ${token}` } });
      if (status === 401) return "this is not the token that Spillway was started with";
      if (!ok) return `the Admin API answered ${status}`;
      keepToken(token, forLong);
      given();
      return null;
    } catch {
      return "the Admin API does not answer, or this is no token";
    }
  };

  return (
    <main className={classes.prompt}>
      <form className={classes.promptCard} onSubmit={(event) => void submit(event)}>
        <img src="/ui/favicon.svg" alt="" width={40} height={40} />
        <h1>Admin token</h1>
        <p>
          This Admin API wants the token it was started with (<code>SPILLWAY_ADMIN_TOKEN</code>). It stays in this
          browser.
        </p>
        <PasswordInput
          label="Token"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={problem}
          data-autofocus
          autoFocus
          autoComplete="current-password"
        />
        <Checkbox
          mt="sm"
          size="sm"
          label="Keep it in this browser, not only in this tab"
          checked={forLong}
          onChange={(event) => setForLong(event.currentTarget.checked)}
        />
        <Button type="submit" mt="md" size="sm" fullWidth loading={trying} disabled={token.trim() === ""}>
          Open the dashboard
        </Button>
      </form>
    </main>
  );
}
