// What each client wants to be told. Pure: the URL, the key's name and the model are given.
export interface Client {
  name: string;
  about: string;
  text: string;
}

export interface Given {
  /** Where the AI API is, without `/v1`. */
  base: string;
  key: string;
  model: string;
}

export function clients({ base, key, model }: Given): Client[] {
  const json = (value: unknown) => JSON.stringify(value, null, 2);
  return [
    {
      name: "curl",
      about: "No library at all.",
      text: `curl ${base}/v1/chat/completions \\
  -H 'content-type: application/json' \\
  -H 'authorization: Bearer ${key}' \\
  -d '${JSON.stringify({ model, messages: [{ role: "user", content: "Hello!" }] })}'`,
    },
    {
      name: "OpenAI SDKs",
      about: "Python, Node and others read the variables; no code changes.",
      text: `export OPENAI_BASE_URL=${base}/v1\nexport OPENAI_API_KEY=${key}`,
    },
    {
      name: "Python",
      about: "The OpenAI SDK, told in code.",
      text: `from openai import OpenAI\n\nclient = OpenAI(base_url="${base}/v1", api_key="${key}")\nanswer = client.chat.completions.create(\n    model="${model}",\n    messages=[{"role": "user", "content": "Hello!"}],\n)\nprint(answer.choices[0].message.content)`,
    },
    {
      name: "TypeScript",
      about: "The OpenAI SDK, told in code.",
      text: `import OpenAI from "openai";\n\nconst client = new OpenAI({ baseURL: "${base}/v1", apiKey: "${key}" });\nconst answer = await client.chat.completions.create({\n  model: "${model}",\n  messages: [{ role: "user", content: "Hello!" }],\n});\nconsole.log(answer.choices[0].message.content);`,
    },
    {
      name: "Anthropic SDKs",
      about: "Base URL without /v1; the SDK adds it.",
      text: `export ANTHROPIC_BASE_URL=${base}\nexport ANTHROPIC_API_KEY=${key}`,
    },
    {
      name: "Google SDKs",
      about: "google-genai and @google/genai; base URL without a version.",
      text: `export GOOGLE_GEMINI_BASE_URL=${base}\nexport GEMINI_API_KEY=${key}`,
    },
    {
      name: "LangChain",
      about: "langchain-openai.",
      text: `from langchain_openai import ChatOpenAI\n\nmodel = ChatOpenAI(model="${model}", base_url="${base}/v1", api_key="${key}")\nprint(model.invoke("Hello!").content)`,
    },
    {
      name: "AI SDK",
      about: "@ai-sdk/openai-compatible.",
      text: `import { createOpenAICompatible } from "@ai-sdk/openai-compatible";\nimport { generateText } from "ai";\n\nconst spillway = createOpenAICompatible({ name: "spillway", baseURL: "${base}/v1", apiKey: "${key}" });\nconst { text } = await generateText({ model: spillway("${model}"), prompt: "Hello!" });`,
    },
    {
      name: "Claude Code",
      about: "Speaks Anthropic's API; the gateway must have a provider that does, too.",
      text: `export ANTHROPIC_BASE_URL=${base}\nexport ANTHROPIC_AUTH_TOKEN=${key}\nclaude`,
    },
    {
      name: "Codex",
      about: "In ~/.codex/config.toml.",
      text: `model = "${model}"\nmodel_provider = "spillway"\n\n[model_providers.spillway]\nname = "Spillway"\nbase_url = "${base}/v1"\nenv_key = "SPILLWAY_KEY"   # export SPILLWAY_KEY=${key}\nwire_api = "responses"`,
    },
    {
      name: "opencode",
      about: "In opencode.json.",
      text: json({
        $schema: "https://opencode.ai/config.json",
        provider: {
          spillway: {
            npm: "@ai-sdk/openai-compatible",
            name: "Spillway",
            options: { baseURL: `${base}/v1`, apiKey: key },
            models: { [model]: {} },
          },
        },
        model: `spillway/${model}`,
      }),
    },
  ];
}
