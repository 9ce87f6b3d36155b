//! The table of vendors: one row each, no vendor named anywhere else without need.
//!
//! A row says where the vendor lives, how it takes its key and which habits the classifier must know. Adding an
//! OpenAI-compatible vendor is a row and an error fixture.

use crate::{Dialect, Wire};

/// Sent to Anthropic kinds when the client sent no version of its own.
pub const ANTHROPIC_VERSION: &str = "2023-06-01";

/// A vendor, or a way of speaking that several share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// OpenAI itself.
    OpenAi,
    /// Anthropic, and what speaks its messages API.
    Anthropic,
    /// Anything that speaks OpenAI's API at a URL of its own.
    OpenAiCompatible,
    /// Azure's `/openai/v1` surface, or its deployments where the version is a date.
    AzureOpenAi,
    /// Google Gemini by its OpenAI-compatible endpoint.
    Gemini,
    /// Mistral.
    Mistral,
    /// Groq.
    Groq,
    /// DeepSeek.
    DeepSeek,
    /// OpenRouter.
    OpenRouter,
    /// xAI.
    XAi,
    /// Together.
    Together,
    /// Fireworks.
    Fireworks,
    /// Cerebras.
    Cerebras,
    /// Moonshot (Kimi).
    Moonshot,
    /// NVIDIA's hosted models.
    Nvidia,
    /// Ollama on this or another machine.
    Ollama,
    /// A vLLM server.
    Vllm,
    /// Alibaba's Model Studio (Qwen).
    Alibaba,
    /// Cohere by its OpenAI-compatible endpoint.
    Cohere,
    /// Hugging Face's router to several vendors.
    HuggingFace,
    /// A llama.cpp server.
    LlamaCpp,
    /// Novita.
    Novita,
    /// SiliconFlow.
    SiliconFlow,
    /// Z.AI (GLM).
    Zai,
    /// Amazon Bedrock by its Converse API, whoever made the model.
    Bedrock,
    /// Google Cloud's Vertex AI: Gemini, Claude and others by their publishers.
    Vertex,
}

/// How a vendor takes its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `authorization: Bearer KEY`
    Bearer,
    /// `x-api-key: KEY`, with [`ANTHROPIC_VERSION`] if the client sent no `anthropic-version`.
    XApiKey,
    /// `api-key: KEY`
    ApiKey,
    /// `Bearer` where it speaks OpenAI's dialect, `x-goog-api-key: KEY` where it speaks its own.
    Google,
    /// `Bearer` for a Bedrock API key, and a signature of each request for an access key with its secret.
    Aws,
    /// `Bearer` with a token that a Google account's key file is exchanged for; a plain API key as `x-goog-api-key`.
    GoogleCloud,
    /// No key is wanted; a credential that exists all the same goes as `Bearer`.
    None,
}

/// A vendor's list of models, which costs nothing and wants a valid key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Of what it can be asked for.
    Served,
    /// Of what could be set up there: it tells of the key and of nothing else.
    Unserved,
    /// At another place than the base URL.
    Elsewhere,
}

/// What there is to know about a vendor.
#[derive(Debug)]
pub struct Row {
    /// Which one.
    pub kind: Kind,
    /// Its name in the configuration: `openai-compatible`.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Whose endpoints it has; `None`: only its own, on which it is asked chats in translation.
    pub dialect: Option<Dialect>,
    /// What the vendor's SDK takes as base URL; `None` where only the operator can know.
    pub base_url: Option<&'static str>,
    /// What a base URL of it looks like, where only the operator can know it.
    pub base_url_form: Option<&'static str>,
    /// How it takes its key.
    pub auth: Auth,
    /// Environment variables that hold its key, first match wins.
    pub env: &'static [&'static str],
    /// Whether 403 speaks of the key. Elsewhere it speaks of a permission or of content, and is relayed.
    pub key_status_403: bool,
    /// Whether a bad key is answered with 400; only an error that says so in its code or first words counts.
    pub key_status_400: bool,
    /// The model to ask for when a request leaves it to us. Models live about a year: these were on their vendors'
    /// lists in autumn 2026 or are the vendor's own moving names; none where no such name is known to last.
    pub default_model: Option<&'static str>,
    /// Its list of models.
    pub list: List,
    /// The wires it speaks, the first where a request has to be translated into one of them.
    pub wires: &'static [Wire],
    /// What it calls the longest answer in a chat. OpenAI's newer models refuse the old name, others' servers do not
    /// know the new one.
    pub limit_field: &'static str,
    /// Whether in a chat it wants its earlier thoughts back (`reasoning_content`); others refuse the field.
    pub wants_thoughts: bool,
}

impl Row {
    /// The wire to ask this vendor on for a caller on `from`: the caller's own where the vendor speaks it, so that bytes
    /// pass untouched.
    pub fn wire_for(&self, from: Wire) -> Wire {
        if self.wires.contains(&from) { from } else { self.wires.first().copied().unwrap_or(Wire::Chat) }
    }

    /// Whether it has the endpoints of a dialect: its own, and Google's where it speaks that one, too.
    pub fn speaks(&self, dialect: Dialect) -> bool {
        self.dialect == Some(dialect) || dialect == Dialect::Google && self.wires.contains(&Wire::Gemini)
    }
}

/// Most vendors: OpenAI's dialect, Bearer, 401 for keys.
const USUAL: Row = Row {
    kind: Kind::OpenAiCompatible,
    name: "openai-compatible",
    title: "OpenAI-compatible",
    dialect: Some(Dialect::OpenAi),
    base_url: None,
    base_url_form: None,
    auth: Auth::Bearer,
    env: &[],
    key_status_403: false,
    key_status_400: false,
    default_model: None,
    list: List::Served,
    wires: &[Wire::Chat, Wire::Responses],
    limit_field: "max_tokens",
    wants_thoughts: false,
};

/// Their names in the configuration, in the order of [`Kind`].
pub static KIND_NAMES: [&str; TABLE.len()] = {
    let mut names = [""; TABLE.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = TABLE[index].name;
        index += 1;
    }
    names
};

/// In the order of [`Kind`], so that a kind finds its row by its own number.
static TABLE: [Row; 26] = [
    Row {
        kind: Kind::OpenAi,
        name: "openai",
        title: "OpenAI",
        base_url: Some("https://api.openai.com/v1"),
        env: &["OPENAI_API_KEY"],
        default_model: Some("gpt-6-luna"),
        limit_field: "max_completion_tokens",
        ..USUAL
    },
    Row {
        kind: Kind::Anthropic,
        name: "anthropic",
        title: "Anthropic",
        dialect: Some(Dialect::Anthropic),
        base_url: Some("https://api.anthropic.com"),
        auth: Auth::XApiKey,
        env: &["ANTHROPIC_API_KEY"],
        default_model: Some("claude-sonnet-5"),
        wires: &[Wire::Messages],
        ..USUAL
    },
    USUAL,
    Row {
        kind: Kind::AzureOpenAi,
        name: "azure-openai",
        title: "Azure OpenAI",
        base_url_form: Some("https://RESOURCE.openai.azure.com"),
        auth: Auth::ApiKey,
        // What is deployed only the control plane tells, and not to a key.
        list: List::Unserved,
        env: &["AZURE_OPENAI_API_KEY"],
        limit_field: "max_completion_tokens",
        ..USUAL
    },
    Row {
        kind: Kind::Gemini,
        name: "gemini",
        title: "Google Gemini",
        base_url: Some("https://generativelanguage.googleapis.com/v1beta/openai"),
        auth: Auth::Google,
        env: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        // PERMISSION_DENIED: a leaked, restricted or foreign key. An invalid one is 400 with API_KEY_INVALID.
        key_status_403: true,
        key_status_400: true,
        default_model: Some("gemini-flash-latest"),
        wires: &[Wire::Gemini, Wire::Chat],
        ..USUAL
    },
    Row {
        kind: Kind::Mistral,
        name: "mistral",
        title: "Mistral",
        base_url: Some("https://api.mistral.ai/v1"),
        env: &["MISTRAL_API_KEY"],
        default_model: Some("mistral-small-latest"),
        wires: &[Wire::Chat],
        ..USUAL
    },
    Row {
        kind: Kind::Groq,
        name: "groq",
        title: "Groq",
        base_url: Some("https://api.groq.com/openai/v1"),
        env: &["GROQ_API_KEY"],
        default_model: Some("openai/gpt-oss-120b"),
        limit_field: "max_completion_tokens",
        ..USUAL
    },
    Row {
        kind: Kind::DeepSeek,
        name: "deepseek",
        title: "DeepSeek",
        base_url: Some("https://api.deepseek.com/v1"),
        env: &["DEEPSEEK_API_KEY"],
        default_model: Some("deepseek-flash"),
        wires: &[Wire::Chat],
        wants_thoughts: true,
        ..USUAL
    },
    Row {
        kind: Kind::OpenRouter,
        name: "openrouter",
        title: "OpenRouter",
        base_url: Some("https://openrouter.ai/api/v1"),
        env: &["OPENROUTER_API_KEY"],
        default_model: Some("openrouter/auto"),
        wants_thoughts: true,
        ..USUAL
    },
    Row {
        kind: Kind::XAi,
        name: "xai",
        title: "xAI",
        base_url: Some("https://api.x.ai/v1"),
        env: &["XAI_API_KEY"],
        // 403 is a key or team that is blocked or lacks the permission; a wrong key is 400 "Incorrect API key".
        key_status_403: true,
        key_status_400: true,
        default_model: Some("grok-4.5"),
        limit_field: "max_completion_tokens",
        ..USUAL
    },
    Row {
        kind: Kind::Together,
        name: "together",
        title: "Together",
        base_url: Some("https://api.together.xyz/v1"),
        env: &["TOGETHER_API_KEY"],
        wires: &[Wire::Chat],
        ..USUAL
    },
    Row {
        kind: Kind::Fireworks,
        name: "fireworks",
        title: "Fireworks",
        base_url: Some("https://api.fireworks.ai/inference/v1"),
        env: &["FIREWORKS_API_KEY"],
        ..USUAL
    },
    Row {
        kind: Kind::Cerebras,
        name: "cerebras",
        title: "Cerebras",
        base_url: Some("https://api.cerebras.ai/v1"),
        env: &["CEREBRAS_API_KEY"],
        default_model: Some("gpt-oss-120b"),
        wires: &[Wire::Chat],
        limit_field: "max_completion_tokens",
        ..USUAL
    },
    Row {
        kind: Kind::Moonshot,
        name: "moonshot",
        title: "Moonshot",
        base_url: Some("https://api.moonshot.ai/v1"),
        env: &["MOONSHOT_API_KEY"],
        wires: &[Wire::Chat],
        wants_thoughts: true,
        ..USUAL
    },
    Row {
        kind: Kind::Nvidia,
        name: "nvidia",
        title: "NVIDIA",
        base_url: Some("https://integrate.api.nvidia.com/v1"),
        env: &["NVIDIA_API_KEY"],
        wires: &[Wire::Chat],
        ..USUAL
    },
    Row {
        kind: Kind::Ollama,
        name: "ollama",
        title: "Ollama",
        base_url: Some("http://127.0.0.1:11434/v1"),
        auth: Auth::None,
        ..USUAL
    },
    Row { kind: Kind::Vllm, name: "vllm", title: "vLLM", env: &["VLLM_API_KEY"], ..USUAL },
    Row {
        kind: Kind::Alibaba,
        name: "alibaba",
        title: "Alibaba Model Studio",
        base_url: Some("https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        env: &["DASHSCOPE_API_KEY"],
        ..USUAL
    },
    Row {
        kind: Kind::Cohere,
        name: "cohere",
        title: "Cohere",
        base_url: Some("https://api.cohere.ai/compatibility/v1"),
        env: &["COHERE_API_KEY", "CO_API_KEY"],
        wires: &[Wire::Chat],
        ..USUAL
    },
    Row {
        kind: Kind::HuggingFace,
        name: "huggingface",
        title: "Hugging Face",
        base_url: Some("https://router.huggingface.co/v1"),
        // Not HF_TOKEN: that one is set wherever models are downloaded, and asks for no provider.
        env: &["HUGGINGFACE_API_KEY"],
        ..USUAL
    },
    Row {
        kind: Kind::LlamaCpp,
        name: "llama-cpp",
        title: "llama.cpp",
        base_url: Some("http://127.0.0.1:8080/v1"),
        auth: Auth::None,
        wires: &[Wire::Chat],
        ..USUAL
    },
    Row {
        kind: Kind::Novita,
        name: "novita",
        title: "Novita",
        base_url: Some("https://api.novita.ai/openai/v1"),
        env: &["NOVITA_API_KEY"],
        wires: &[Wire::Chat],
        ..USUAL
    },
    Row {
        kind: Kind::SiliconFlow,
        name: "siliconflow",
        title: "SiliconFlow",
        base_url: Some("https://api.siliconflow.com/v1"),
        env: &["SILICONFLOW_API_KEY"],
        wires: &[Wire::Chat],
        ..USUAL
    },
    Row {
        kind: Kind::Zai,
        name: "zai",
        title: "Z.AI",
        base_url: Some("https://api.z.ai/api/paas/v4"),
        env: &["ZAI_API_KEY"],
        wires: &[Wire::Chat],
        ..USUAL
    },
    Row {
        kind: Kind::Bedrock,
        name: "bedrock",
        title: "Amazon Bedrock",
        dialect: None,
        base_url_form: Some("https://bedrock-runtime.eu-central-1.amazonaws.com"),
        auth: Auth::Aws,
        // Not AWS_ACCESS_KEY_ID: that one is set for other reasons wherever anything of Amazon's is used.
        env: &["AWS_BEARER_TOKEN_BEDROCK"],
        key_status_403: true,
        key_status_400: true,
        list: List::Elsewhere,
        wires: &[Wire::Converse],
        ..USUAL
    },
    Row {
        kind: Kind::Vertex,
        name: "vertex",
        title: "Google Vertex AI",
        dialect: None,
        base_url_form: Some(
            "https://LOCATION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/LOCATION (of an API key: \
             https://aiplatform.googleapis.com/v1)",
        ),
        auth: Auth::GoogleCloud,
        // Not GOOGLE_APPLICATION_CREDENTIALS: that one is set wherever anything of Google's is used.
        env: &["VERTEX_API_KEY"],
        // PERMISSION_DENIED: the account may not use the project. A model that is not there is 404.
        key_status_403: true,
        key_status_400: true,
        // Which of them a model is asked on is its publisher's to say.
        wires: &[Wire::Gemini, Wire::Messages, Wire::Chat],
        ..USUAL
    },
];

/// Every vendor.
pub fn table() -> &'static [Row] {
    &TABLE
}

impl Kind {
    /// Every kind, in the order of the table.
    pub const ALL: [Kind; 26] = [
        Kind::OpenAi,
        Kind::Anthropic,
        Kind::OpenAiCompatible,
        Kind::AzureOpenAi,
        Kind::Gemini,
        Kind::Mistral,
        Kind::Groq,
        Kind::DeepSeek,
        Kind::OpenRouter,
        Kind::XAi,
        Kind::Together,
        Kind::Fireworks,
        Kind::Cerebras,
        Kind::Moonshot,
        Kind::Nvidia,
        Kind::Ollama,
        Kind::Vllm,
        Kind::Alibaba,
        Kind::Cohere,
        Kind::HuggingFace,
        Kind::LlamaCpp,
        Kind::Novita,
        Kind::SiliconFlow,
        Kind::Zai,
        Kind::Bedrock,
        Kind::Vertex,
    ];

    /// What there is to know about it.
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The kind of that name in the configuration.
    pub fn from_name(name: &str) -> Option<Kind> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.kind)
    }
}
