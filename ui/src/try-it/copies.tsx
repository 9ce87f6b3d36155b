// The same request as curl, Python and TypeScript.
import { Tabs } from "@mantine/core";
import { Snippet } from "../parts/snippet";
import classes from "./try-it.module.css";

interface CopiesProps {
  base: string;
  keyGiven: boolean;
  environment: string;
  model: string;
  prompt: string;
}

export function Copies(props: CopiesProps) {
  const texts = { curl: curl(props), Python: python(props), TypeScript: typescript(props) };
  return (
    <Tabs defaultValue="curl" className={classes.copies}>
      <Tabs.List>
        {Object.keys(texts).map((it) => (
          <Tabs.Tab key={it} value={it}>
            {it}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {Object.entries(texts).map(([name, text]) => (
        <Tabs.Panel key={name} value={name} pt="sm">
          <Snippet label={name} text={text} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

/** The key itself is never written into a text to copy. */
const KEY = "$SPILLWAY_KEY";

/** A text within single quotes of a shell. */
const shell = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

export function curl({ base, keyGiven, environment, model, prompt }: CopiesProps): string {
  const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: prompt }] });
  const lines = [`curl -N ${base}/v1/chat/completions`, "-H 'content-type: application/json'"];
  if (keyGiven) lines.push(`-H "authorization: Bearer ${KEY}"`);
  else if (environment === "sandbox") lines.push("-H 'x-spillway-environment: sandbox'");
  lines.push(`-d ${shell(body)}`);
  return lines.join(" \\\n  ");
}

export function python({ base, keyGiven, environment, model, prompt }: CopiesProps): string {
  const key = keyGiven ? 'os.environ["SPILLWAY_KEY"]' : '"none"';
  const header =
    !keyGiven && environment === "sandbox" ? ', default_headers={"x-spillway-environment": "sandbox"}' : "";
  return `${keyGiven ? "import os\n" : ""}from openai import OpenAI

client = OpenAI(base_url="${base}/v1", api_key=${key}${header})
stream = client.chat.completions.create(
    model=${JSON.stringify(model)},
    messages=[{"role": "user", "content": ${JSON.stringify(prompt)}}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="")`;
}

export function typescript({ base, keyGiven, environment, model, prompt }: CopiesProps): string {
  const key = keyGiven ? "process.env.SPILLWAY_KEY" : '"none"';
  const header =
    !keyGiven && environment === "sandbox" ? ', defaultHeaders: { "x-spillway-environment": "sandbox" }' : "";
  return `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${base}/v1", apiKey: ${key}${header} });
const stream = await client.chat.completions.create({
  model: ${JSON.stringify(model)},
  messages: [{ role: "user", content: ${JSON.stringify(prompt)} }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");`;
}
