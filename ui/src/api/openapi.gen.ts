// Made by `make ui-types` from the binary's OpenAPI document.
export interface paths {
    "/upstreams/{upstream}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
            };
            cookie?: never;
        };
        /** Reads a upstream. */
        get: operations["read_upstream"];
        /** Creates or replaces a upstream. */
        put: operations["put_upstream"];
        post?: never;
        /** Deletes a upstream; one that is not there is deleted already. */
        delete: operations["delete_upstream"];
        options?: never;
        head?: never;
        /** Changes what the body says of a upstream. */
        patch: operations["patch_upstream"];
        trace?: never;
    };
    "/upstreams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists upstreams. */
        get: operations["list_upstreams"];
        put?: never;
        /** Creates a upstream. A load-balancing pool: named targets, one algorithm, and the rules of who is available. */
        post: operations["create_upstream"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/upstreams/{upstream}/targets/{target}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
                /** @description host:port or id of the target. */
                target: string;
            };
            cookie?: never;
        };
        /** Reads a target. */
        get: operations["read_target"];
        /** Creates or replaces a target. */
        put: operations["put_target"];
        post?: never;
        /** Deletes a target; one that is not there is deleted already. */
        delete: operations["delete_target"];
        options?: never;
        head?: never;
        /** Changes what the body says of a target. */
        patch: operations["patch_target"];
        trace?: never;
    };
    "/upstreams/{upstream}/targets": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
            };
            cookie?: never;
        };
        /** Lists targets. */
        get: operations["list_targets"];
        put?: never;
        /** Creates a target. A member of an upstream: a raw host, or a provider. */
        post: operations["create_target"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/services/{service}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the service. */
                service: string;
            };
            cookie?: never;
        };
        /** Reads a service. */
        get: operations["read_service"];
        /** Creates or replaces a service. */
        put: operations["put_service"];
        post?: never;
        /** Deletes a service; one that is not there is deleted already. */
        delete: operations["delete_service"];
        options?: never;
        head?: never;
        /** Changes what the body says of a service. */
        patch: operations["patch_service"];
        trace?: never;
    };
    "/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists services. */
        get: operations["list_services"];
        put?: never;
        /** Creates a service. A named group of routes. */
        post: operations["create_service"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/routes/{route}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the route. */
                route: string;
            };
            cookie?: never;
        };
        /** Reads a route. */
        get: operations["read_route"];
        /** Creates or replaces a route. */
        put: operations["put_route"];
        post?: never;
        /** Deletes a route; one that is not there is deleted already. */
        delete: operations["delete_route"];
        options?: never;
        head?: never;
        /** Changes what the body says of a route. */
        patch: operations["patch_route"];
        trace?: never;
    };
    "/routes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists routes. */
        get: operations["list_routes"];
        put?: never;
        /** Creates a route. What matches, and which upstream serves it in which environment. */
        post: operations["create_route"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/providers/{provider}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
            };
            cookie?: never;
        };
        /** Reads a provider. */
        get: operations["read_provider"];
        /** Creates or replaces a provider. */
        put: operations["put_provider"];
        post?: never;
        /** Deletes a provider; one that is not there is deleted already. */
        delete: operations["delete_provider"];
        options?: never;
        head?: never;
        /** Changes what the body says of a provider. */
        patch: operations["patch_provider"];
        trace?: never;
    };
    "/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists providers. */
        get: operations["list_providers"];
        put?: never;
        /** Creates a provider. A vendor, or whatever speaks like one. */
        post: operations["create_provider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/credentials/{credential}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the credential. */
                credential: string;
            };
            cookie?: never;
        };
        /** Reads a credential. */
        get: operations["read_credential"];
        /** Creates or replaces a credential. */
        put: operations["put_credential"];
        post?: never;
        /** Deletes a credential; one that is not there is deleted already. */
        delete: operations["delete_credential"];
        options?: never;
        head?: never;
        /** Changes what the body says of a credential. */
        patch: operations["patch_credential"];
        trace?: never;
    };
    "/credentials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists credentials. */
        get: operations["list_credentials"];
        put?: never;
        /** Creates a credential. An API key of a provider. */
        post: operations["create_credential"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/providers/{provider}/credentials/{credential}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
                /** @description Name or id of the credential. */
                credential: string;
            };
            cookie?: never;
        };
        /** Reads a credential. */
        get: operations["read_credential_of_provider"];
        /** Creates or replaces a credential. */
        put: operations["put_credential_of_provider"];
        post?: never;
        /** Deletes a credential; one that is not there is deleted already. */
        delete: operations["delete_credential_of_provider"];
        options?: never;
        head?: never;
        /** Changes what the body says of a credential. */
        patch: operations["patch_credential_of_provider"];
        trace?: never;
    };
    "/providers/{provider}/credentials": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
            };
            cookie?: never;
        };
        /** Lists credentials. */
        get: operations["list_credentials_of_provider"];
        put?: never;
        /** Creates a credential. An API key of a provider. */
        post: operations["create_credential_of_provider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/consumers/{consumer}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the consumer. */
                consumer: string;
            };
            cookie?: never;
        };
        /** Reads a consumer. */
        get: operations["read_consumer"];
        /** Creates or replaces a consumer. */
        put: operations["put_consumer"];
        post?: never;
        /** Deletes a consumer; one that is not there is deleted already. */
        delete: operations["delete_consumer"];
        options?: never;
        head?: never;
        /** Changes what the body says of a consumer. */
        patch: operations["patch_consumer"];
        trace?: never;
    };
    "/consumers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists consumers. */
        get: operations["list_consumers"];
        put?: never;
        /** Creates a consumer. Somebody whom client keys are given out to: an application, a team, a person. */
        post: operations["create_consumer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/consumers/{consumer}/keys/{client_key}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the consumer. */
                consumer: string;
                /** @description Name or id of the client_key. */
                client_key: string;
            };
            cookie?: never;
        };
        /** Reads a client_key. */
        get: operations["read_client_key"];
        /** Creates or replaces a client_key. */
        put: operations["put_client_key"];
        post?: never;
        /** Deletes a client_key; one that is not there is deleted already. */
        delete: operations["delete_client_key"];
        options?: never;
        head?: never;
        /** Changes what the body says of a client_key. */
        patch: operations["patch_client_key"];
        trace?: never;
    };
    "/consumers/{consumer}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the consumer. */
                consumer: string;
            };
            cookie?: never;
        };
        /** Lists keys. */
        get: operations["list_keys"];
        put?: never;
        /** Creates a client_key. A key of a consumer, which clients send instead of a vendor's. As soon as one exists the proxy wants one. */
        post: operations["create_client_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where things are; a browser is sent to the dashboard. */
        get: operations["root"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics. */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process runs. */
        get: operations["livez"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether it takes requests. */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schemas/{entity}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Which kind, as in paths. */
                entity: "providers" | "credentials" | "upstreams" | "targets" | "services" | "routes" | "consumers" | "keys";
            };
            cookie?: never;
        };
        /** The JSON Schema of an entity. */
        get: operations["schema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/try/{path}": {
        parameters: {
            query?: never;
            header?: {
                /** @description The client key to call with, where the AI API wants one. */
                "x-spillway-client-key"?: string;
            };
            path: {
                /** @description A path of the AI API, such as `v1/chat/completions`. */
                path: string;
            };
            cookie?: never;
        };
        /** Asks the AI API, for pages that may call no other origin. */
        get: operations["try_read"];
        put?: never;
        /** Asks the AI API, for pages that may call no other origin. */
        post: operations["try"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/upstreams/{upstream}/health": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
            };
            cookie?: never;
        };
        /** Who is available, who is not, why and until when. */
        get: operations["read_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/providers/{provider}/models/{model}/load-balancing": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
                /** @description As the vendor spells it, percent-encoded. */
                model: string;
            };
            cookie?: never;
        };
        /** Which credentials take turns at a model. */
        get: operations["read_load_balancing"];
        /** Sets which credentials take turns at a model, at once; 422 where fewer than two distinct ones would. */
        put: operations["put_load_balancing"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/upstreams/{upstream}/targets/{target}/healthy": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
                /** @description host:port or id of the target. */
                target: string;
            };
            cookie?: never;
        };
        get?: never;
        /** Takes the target's address back, whatever its counters say. */
        put: operations["put_healthy"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/upstreams/{upstream}/targets/{target}/unhealthy": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
                /** @description host:port or id of the target. */
                target: string;
            };
            cookie?: never;
        };
        get?: never;
        /** Takes the target's address out until somebody says otherwise. */
        put: operations["put_unhealthy"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/upstreams/{upstream}/targets/{target}/exclusion": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
                /** @description host:port or id of the target. */
                target: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Clears what excludes the target's credential and pair. */
        delete: operations["delete_exclusion"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/providers/order": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The order in which providers are tried. */
        get: operations["read_order"];
        /** Sets the whole order at once: every provider, once each. */
        put: operations["put_order"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/providers/{provider}/models": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
            };
            cookie?: never;
        };
        /** The models that the provider lists. */
        get: operations["list_models"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/providers/{provider}/models/discover": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks the vendor for its models, and adds them to what the provider lists. */
        post: operations["discover_models"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/providers/{provider}/credentials/{credential}/test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
                /** @description Name or id of the credential. */
                credential: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** One cheap real call with the key, and what came back. A key that is accepted is rejected no more. */
        post: operations["test_credential"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/topology": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The whole diagram: services, providers by rank, keys. */
        get: operations["read_topology"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What changes, as server-sent events: `state` (#/components/schemas/event_state), `config` (event_config), `traffic` (event_traffic) each second, and `reset` (event_reset) to a reader that has missed some. */
        get: operations["read_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The last requests of this process (at most 10000), newest first, each with who was tried and why. */
        get: operations["list_requests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/requests/{request_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `x-request-id` of the answer. */
                request_id: string;
            };
            cookie?: never;
        };
        /** One request, by its `x-request-id`. */
        get: operations["read_request"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Counts over time: by the hour for 90 days, by the minute for three hours. */
        get: operations["read_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who has done what through this API, newest first, without any value that was written. */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * provider
         * @description A vendor, or whatever speaks like one.
         */
        provider: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Unique. Clients may say it as `{name}/{model}`. */
            name?: string;
            /**
             * @description How it talks: openai, anthropic, …, or openai-compatible with an endpoint of its own.
             * @enum {string}
             */
            kind?: "openai" | "anthropic" | "openai-compatible" | "azure-openai" | "gemini" | "mistral" | "groq" | "deepseek" | "openrouter" | "xai" | "together" | "fireworks" | "cerebras" | "moonshot" | "nvidia" | "ollama" | "vllm" | "alibaba" | "cohere" | "huggingface" | "llama-cpp" | "novita" | "siliconflow" | "zai" | "bedrock" | "vertex";
            /**
             * @description Where it is; none: the kind's own place.
             * @default []
             */
            endpoints: {
                /**
                 * @description Unique within the provider.
                 * @default default
                 */
                name: string;
                /** @description What the vendor's SDK takes as base URL, or `env:NAME`. */
                url: string;
                /**
                 * @description bedrock: Amazon's region to sign requests for; null: the URL says it, as `bedrock-runtime.REGION.amazonaws.com` does.
                 * @default null
                 */
                region: string | null;
                /**
                 * @description Which requests it may serve.
                 * @default any
                 * @enum {string}
                 */
                environment: "any" | "production" | "sandbox";
            }[];
            /**
             * @description Azure only: the version by its date (`2024-10-21`), which asks `/openai/deployments/{model}/…`, each model by its deployment's name. Null: `/openai/v1`, which needs no version.
             * @default null
             */
            api_version: string | null;
            /**
             * @description What it serves. Null: nobody has listed them, and any name is passed on.
             * @default null
             */
            models: ({
                /** @description As the vendor spells it. */
                id: string;
                /**
                 * @description Tokens it can take; null: nothing is known. A longer request goes elsewhere.
                 * @default null
                 */
                context_window: number | null;
                /**
                 * @description What it can. A list is taken at its word: what it does not name of `tools`, `vision` and `json_schema` the model cannot, and it is no candidate for requests that need it. Null: nothing is known, and it is tried.
                 * @default null
                 */
                capabilities: string[] | null;
                /**
                 * @description The credential of this model's targets that name none; null: the provider's.
                 * @default null
                 */
                default_credential: (string | {
                    /** Format: uuid */
                    id?: string;
                    name?: string | null;
                }) | null;
            } | string)[] | null;
            /**
             * @description What `@default` stands for; null: the kind's own.
             * @default null
             */
            default_model: string | null;
            /**
             * @description Load priority, 1 first. Setting it inserts there and shifts the others; nobody says: the last place.
             * @default null
             */
            rank: number | null;
            /**
             * @description False: serves nothing.
             * @default true
             */
            enabled: boolean;
            /**
             * @description The credential of targets that name none: the first that was made, until another is named; null: the first by rank.
             * @default null
             */
            default_credential: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null;
            /**
             * @description How one of several credentials is chosen.
             * @default priority
             * @enum {string}
             */
            credential_algorithm: "priority" | "round-robin";
            /** @description Whom its endpoints must prove themselves to. */
            tls?: {
                /**
                 * @description Certificates to trust besides the platform's, in a PEM file.
                 * @default null
                 */
                ca_file: string | null;
                /**
                 * @description False: any certificate will do. Only for tests.
                 * @default true
                 */
                verify: boolean;
                /**
                 * @description The name to expect instead of the host.
                 * @default null
                 */
                server_name: string | null;
            };
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * provider
         * @description A vendor, or whatever speaks like one.
         */
        provider_new: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Unique. Clients may say it as `{name}/{model}`. */
            name: string;
            /**
             * @description How it talks: openai, anthropic, …, or openai-compatible with an endpoint of its own.
             * @enum {string}
             */
            kind: "openai" | "anthropic" | "openai-compatible" | "azure-openai" | "gemini" | "mistral" | "groq" | "deepseek" | "openrouter" | "xai" | "together" | "fireworks" | "cerebras" | "moonshot" | "nvidia" | "ollama" | "vllm" | "alibaba" | "cohere" | "huggingface" | "llama-cpp" | "novita" | "siliconflow" | "zai" | "bedrock" | "vertex";
            /**
             * @description Where it is; none: the kind's own place.
             * @default []
             */
            endpoints: {
                /**
                 * @description Unique within the provider.
                 * @default default
                 */
                name: string;
                /** @description What the vendor's SDK takes as base URL, or `env:NAME`. */
                url: string;
                /**
                 * @description bedrock: Amazon's region to sign requests for; null: the URL says it, as `bedrock-runtime.REGION.amazonaws.com` does.
                 * @default null
                 */
                region: string | null;
                /**
                 * @description Which requests it may serve.
                 * @default any
                 * @enum {string}
                 */
                environment: "any" | "production" | "sandbox";
            }[];
            /**
             * @description Azure only: the version by its date (`2024-10-21`), which asks `/openai/deployments/{model}/…`, each model by its deployment's name. Null: `/openai/v1`, which needs no version.
             * @default null
             */
            api_version: string | null;
            /**
             * @description What it serves. Null: nobody has listed them, and any name is passed on.
             * @default null
             */
            models: ({
                /** @description As the vendor spells it. */
                id: string;
                /**
                 * @description Tokens it can take; null: nothing is known. A longer request goes elsewhere.
                 * @default null
                 */
                context_window: number | null;
                /**
                 * @description What it can. A list is taken at its word: what it does not name of `tools`, `vision` and `json_schema` the model cannot, and it is no candidate for requests that need it. Null: nothing is known, and it is tried.
                 * @default null
                 */
                capabilities: string[] | null;
                /**
                 * @description The credential of this model's targets that name none; null: the provider's.
                 * @default null
                 */
                default_credential: (string | {
                    /** Format: uuid */
                    id?: string;
                    name?: string | null;
                }) | null;
            } | string)[] | null;
            /**
             * @description What `@default` stands for; null: the kind's own.
             * @default null
             */
            default_model: string | null;
            /**
             * @description Load priority, 1 first. Setting it inserts there and shifts the others; nobody says: the last place.
             * @default null
             */
            rank: number | null;
            /**
             * @description False: serves nothing.
             * @default true
             */
            enabled: boolean;
            /**
             * @description The credential of targets that name none: the first that was made, until another is named; null: the first by rank.
             * @default null
             */
            default_credential: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null;
            /**
             * @description How one of several credentials is chosen.
             * @default priority
             * @enum {string}
             */
            credential_algorithm: "priority" | "round-robin";
            /** @description Whom its endpoints must prove themselves to. */
            tls?: {
                /**
                 * @description Certificates to trust besides the platform's, in a PEM file.
                 * @default null
                 */
                ca_file: string | null;
                /**
                 * @description False: any certificate will do. Only for tests.
                 * @default true
                 */
                verify: boolean;
                /**
                 * @description The name to expect instead of the host.
                 * @default null
                 */
                server_name: string | null;
            };
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        };
        /**
         * provider
         * @description A vendor, or whatever speaks like one.
         */
        provider_patch: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Unique. Clients may say it as `{name}/{model}`. */
            name?: string;
            kind?: ("openai" | "anthropic" | "openai-compatible" | "azure-openai" | "gemini" | "mistral" | "groq" | "deepseek" | "openrouter" | "xai" | "together" | "fireworks" | "cerebras" | "moonshot" | "nvidia" | "ollama" | "vllm" | "alibaba" | "cohere" | "huggingface" | "llama-cpp" | "novita" | "siliconflow" | "zai" | "bedrock" | "vertex") | null;
            endpoints?: {
                /**
                 * @description Unique within the provider.
                 * @default default
                 */
                name: string;
                /** @description What the vendor's SDK takes as base URL, or `env:NAME`. */
                url: string;
                /**
                 * @description bedrock: Amazon's region to sign requests for; null: the URL says it, as `bedrock-runtime.REGION.amazonaws.com` does.
                 * @default null
                 */
                region: string | null;
                /**
                 * @description Which requests it may serve.
                 * @default any
                 * @enum {string}
                 */
                environment: "any" | "production" | "sandbox";
            }[] | null;
            api_version?: (string | null) | null;
            models?: (({
                /** @description As the vendor spells it. */
                id: string;
                /**
                 * @description Tokens it can take; null: nothing is known. A longer request goes elsewhere.
                 * @default null
                 */
                context_window: number | null;
                /**
                 * @description What it can. A list is taken at its word: what it does not name of `tools`, `vision` and `json_schema` the model cannot, and it is no candidate for requests that need it. Null: nothing is known, and it is tried.
                 * @default null
                 */
                capabilities: string[] | null;
                /**
                 * @description The credential of this model's targets that name none; null: the provider's.
                 * @default null
                 */
                default_credential: (string | {
                    /** Format: uuid */
                    id?: string;
                    name?: string | null;
                }) | null;
            } | string)[] | null) | null;
            default_model?: (string | null) | null;
            rank?: (number | null) | null;
            enabled?: boolean | null;
            default_credential?: ((string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null) | null;
            credential_algorithm?: ("priority" | "round-robin") | null;
            tls?: {
                /**
                 * @description Certificates to trust besides the platform's, in a PEM file.
                 * @default null
                 */
                ca_file: string | null;
                /**
                 * @description False: any certificate will do. Only for tests.
                 * @default true
                 */
                verify: boolean;
                /**
                 * @description The name to expect instead of the host.
                 * @default null
                 */
                server_name: string | null;
            } | null;
            tags?: (string[] | null) | null;
        };
        provider_list: {
            data: components["schemas"]["provider"][];
            /** @description Path of the next page. */
            next: string | null;
            /** @description Its token. */
            offset?: string | null;
        };
        /**
         * credential
         * @description An API key of a provider.
         */
        credential: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Whose; the path says it. */
            provider?: string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            };
            /** @description Unique within the provider. */
            name?: string;
            /** @description The key itself, encrypted at rest and read back as a mask; or where it is: `env:NAME`, `file:PATH`. Of vertex also a Google account's key file, its text; of bedrock a Bedrock API key, or `ACCESS_KEY_ID:SECRET_ACCESS_KEY`, with `:SESSION_TOKEN` behind it for a temporary key; `env:` takes the parts from variables of their own, `env:AWS_ACCESS_KEY_ID:AWS_SECRET_ACCESS_KEY`. */
            secret?: string;
            /**
             * @description False: out, everywhere. Saying true also ends what keeps it out for a rejection or a quota.
             * @default true
             */
            enabled: boolean;
            /**
             * @description Its place among its provider's, 1 first. Setting it inserts there and shifts the others; nobody says: the last place.
             * @default null
             */
            rank: number | null;
            /**
             * @description Its share where several take turns.
             * @default 100
             */
            weight: number;
            /**
             * @description The models it may be used for; null: all.
             * @default null
             */
            models: string[] | null;
            /**
             * @description Which requests it may serve.
             * @default any
             * @enum {string}
             */
            environment: "any" | "production" | "sandbox";
            /**
             * @description Out from then on.
             * @default null
             */
            expires_at: string | null;
            /** @description How much of it may be used, everywhere together. At a limit it cools (`own_limit`), and others serve. */
            limits?: {
                /**
                 * @description Requests: never more within any 60 seconds, and all of them at once if they come at once. Every try counts, whatever comes of it. Null: no limit of ours.
                 * @default null
                 */
                rpm: number | null;
                /**
                 * @description Tokens within 60 seconds, input and output, as the vendor's answers tell them; what they do not tell is not counted. Known only afterwards, so requests under way may exceed it; then the key is out until it fits again. Null: no limit of ours.
                 * @default null
                 */
                tpm: number | null;
                /**
                 * @description Requests at once, streams until they end. Null: no limit of ours.
                 * @default null
                 */
                max_concurrent: number | null;
            };
            /** @description What is sent with this key and no other. */
            overrides?: {
                /**
                 * @description Added to every request, in the place of the client's. Kept and shown as they are: no secrets.
                 * @default {}
                 */
                headers: {
                    [key: string]: string[] | string;
                };
                /**
                 * @description `openai-organization`: which account of several the key speaks for.
                 * @default null
                 */
                organization: string | null;
            };
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * credential
         * @description An API key of a provider.
         */
        credential_new: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Whose; the path says it. */
            provider?: string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            };
            /** @description Unique within the provider. */
            name: string;
            /** @description The key itself, encrypted at rest and read back as a mask; or where it is: `env:NAME`, `file:PATH`. Of vertex also a Google account's key file, its text; of bedrock a Bedrock API key, or `ACCESS_KEY_ID:SECRET_ACCESS_KEY`, with `:SESSION_TOKEN` behind it for a temporary key; `env:` takes the parts from variables of their own, `env:AWS_ACCESS_KEY_ID:AWS_SECRET_ACCESS_KEY`. */
            secret: string;
            /**
             * @description False: out, everywhere. Saying true also ends what keeps it out for a rejection or a quota.
             * @default true
             */
            enabled: boolean;
            /**
             * @description Its place among its provider's, 1 first. Setting it inserts there and shifts the others; nobody says: the last place.
             * @default null
             */
            rank: number | null;
            /**
             * @description Its share where several take turns.
             * @default 100
             */
            weight: number;
            /**
             * @description The models it may be used for; null: all.
             * @default null
             */
            models: string[] | null;
            /**
             * @description Which requests it may serve.
             * @default any
             * @enum {string}
             */
            environment: "any" | "production" | "sandbox";
            /**
             * @description Out from then on.
             * @default null
             */
            expires_at: string | null;
            /** @description How much of it may be used, everywhere together. At a limit it cools (`own_limit`), and others serve. */
            limits?: {
                /**
                 * @description Requests: never more within any 60 seconds, and all of them at once if they come at once. Every try counts, whatever comes of it. Null: no limit of ours.
                 * @default null
                 */
                rpm: number | null;
                /**
                 * @description Tokens within 60 seconds, input and output, as the vendor's answers tell them; what they do not tell is not counted. Known only afterwards, so requests under way may exceed it; then the key is out until it fits again. Null: no limit of ours.
                 * @default null
                 */
                tpm: number | null;
                /**
                 * @description Requests at once, streams until they end. Null: no limit of ours.
                 * @default null
                 */
                max_concurrent: number | null;
            };
            /** @description What is sent with this key and no other. */
            overrides?: {
                /**
                 * @description Added to every request, in the place of the client's. Kept and shown as they are: no secrets.
                 * @default {}
                 */
                headers: {
                    [key: string]: string[] | string;
                };
                /**
                 * @description `openai-organization`: which account of several the key speaks for.
                 * @default null
                 */
                organization: string | null;
            };
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        };
        /**
         * credential
         * @description An API key of a provider.
         */
        credential_patch: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            provider?: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null;
            /** @description Unique within the provider. */
            name?: string;
            secret?: string | null;
            enabled?: boolean | null;
            rank?: (number | null) | null;
            weight?: number | null;
            models?: (string[] | null) | null;
            environment?: ("any" | "production" | "sandbox") | null;
            /**
             * @description Out from then on.
             * @default null
             */
            expires_at: string | null;
            limits?: {
                /**
                 * @description Requests: never more within any 60 seconds, and all of them at once if they come at once. Every try counts, whatever comes of it. Null: no limit of ours.
                 * @default null
                 */
                rpm: number | null;
                /**
                 * @description Tokens within 60 seconds, input and output, as the vendor's answers tell them; what they do not tell is not counted. Known only afterwards, so requests under way may exceed it; then the key is out until it fits again. Null: no limit of ours.
                 * @default null
                 */
                tpm: number | null;
                /**
                 * @description Requests at once, streams until they end. Null: no limit of ours.
                 * @default null
                 */
                max_concurrent: number | null;
            } | null;
            overrides?: {
                /**
                 * @description Added to every request, in the place of the client's. Kept and shown as they are: no secrets.
                 * @default {}
                 */
                headers: {
                    [key: string]: string[] | string;
                };
                /**
                 * @description `openai-organization`: which account of several the key speaks for.
                 * @default null
                 */
                organization: string | null;
            } | null;
            tags?: (string[] | null) | null;
        };
        credential_list: {
            data: components["schemas"]["credential"][];
            /** @description Path of the next page. */
            next: string | null;
            /** @description Its token. */
            offset?: string | null;
        };
        /**
         * upstream
         * @description A load-balancing pool: named targets, one algorithm, and the rules of who is available.
         */
        upstream: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Unique. Clients may say it as `/{name}/v1/…` or as the model. `{provider}/{model}` is a pool of the load-balancing view, which alone makes such names. */
            name?: string;
            /**
             * @description False keeps the targets for later: the first one's provider serves with its default credential alone.
             * @default true
             */
            enabled: boolean;
            /**
             * @description How available targets are put in order. Smooth weighted turns serve most pools best, so they are the default. `weighted-round-robin` is another name for it.
             * @default round-robin
             * @enum {string}
             */
            algorithm: "round-robin" | "weighted-round-robin" | "weighted-random" | "least-connections" | "consistent-hashing" | "latency" | "priority";
            /**
             * @description Where the key of consistent hashing comes from. Anything but none means consistent hashing, unless the same body names another algorithm.
             * @default none
             * @enum {string}
             */
            hash_on: "none" | "consumer" | "ip" | "header" | "cookie" | "path" | "query_arg";
            /**
             * @description The header, for `hash_on` header.
             * @default null
             */
            hash_on_header: string | null;
            /**
             * @description The cookie, for `hash_on` or `hash_fallback` cookie; it is set when it is missing.
             * @default null
             */
            hash_on_cookie: string | null;
            /**
             * @description The path of the cookie that is set.
             * @default /
             */
            hash_on_cookie_path: string;
            /**
             * @description The argument, for `hash_on` query_arg.
             * @default null
             */
            hash_on_query_arg: string | null;
            /**
             * @description Where the key comes from when `hash_on` gives nothing. None: such requests are spread.
             * @default none
             * @enum {string}
             */
            hash_fallback: "none" | "consumer" | "ip" | "header" | "cookie" | "path" | "query_arg";
            /**
             * @description The header, for `hash_fallback` header.
             * @default null
             */
            hash_fallback_header: string | null;
            /**
             * @description The argument, for `hash_fallback` query_arg.
             * @default null
             */
            hash_fallback_query_arg: string | null;
            /**
             * @description Points on the consistent-hashing ring. Ten thousand share hundreds of targets out evenly.
             * @default 10000
             */
            slots: number;
            /** @description Counters, probes and ejection of addresses. */
            healthchecks?: {
                /**
                 * @description While a smaller percentage of the targets' weight is at healthy addresses, the upstream as a whole is unhealthy and serves nobody (503); 0: never.
                 * @default 0
                 */
                threshold: number;
                /** @description Probes. */
                active?: {
                    /**
                     * @description What a probe does. `models` asks for /v1/models with a credential of the target.
                     * @default http
                     * @enum {string}
                     */
                    type: "http" | "https" | "tcp" | "models";
                    /**
                     * @description A probe is given up after this.
                     * @default 1
                     */
                    timeout: number;
                    /**
                     * @description Probes under way at once.
                     * @default 10
                     */
                    concurrency: number;
                    /**
                     * @description What is asked for.
                     * @default /
                     */
                    http_path: string;
                    /**
                     * @description Added to the request.
                     * @default {}
                     */
                    headers: {
                        [key: string]: string[] | string;
                    };
                    /**
                     * @description False: any certificate will do for the probe.
                     * @default true
                     */
                    https_verify_certificate: boolean;
                    /** @description What counts as good. */
                    healthy?: {
                        /**
                         * @description Between probes of a healthy address; 0: none.
                         * @default 0
                         */
                        interval: number;
                        /**
                         * @description Good statuses.
                         * @default [
                         *       200,
                         *       302
                         *     ]
                         */
                        http_statuses: number[];
                        /**
                         * @description In a row, to be healthy again; 0 disables.
                         * @default 2
                         */
                        successes: number;
                    };
                    /** @description What counts as bad. */
                    unhealthy?: {
                        /**
                         * @description Between probes of an unhealthy address; 0: none.
                         * @default 0
                         */
                        interval: number;
                        /**
                         * @description Bad statuses. Public AI APIs answer 404 on most paths: reachable is good enough.
                         * @default [
                         *       500,
                         *       501,
                         *       502,
                         *       503,
                         *       504,
                         *       505
                         *     ]
                         */
                        http_statuses: number[];
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        http_failures: number;
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        tcp_failures: number;
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        timeouts: number;
                    };
                };
                /** @description What traffic shows. */
                passive?: {
                    /** @description What counts as good. */
                    healthy?: {
                        /**
                         * @description Good statuses.
                         * @default [
                         *       200,
                         *       201,
                         *       202,
                         *       203,
                         *       204,
                         *       205,
                         *       206,
                         *       207,
                         *       208,
                         *       226,
                         *       300,
                         *       301,
                         *       302,
                         *       303,
                         *       304,
                         *       305,
                         *       306,
                         *       307,
                         *       308
                         *     ]
                         */
                        http_statuses: number[];
                        /**
                         * @description In a row, to be healthy again; 0 disables.
                         * @default 2
                         */
                        successes: number;
                    };
                    /** @description What counts as bad. */
                    unhealthy?: {
                        /**
                         * @description Bad statuses. 429 is a credential's affair unless it is listed here.
                         * @default [
                         *       500,
                         *       502,
                         *       503
                         *     ]
                         */
                        http_statuses: number[];
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        http_failures: number;
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        tcp_failures: number;
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        timeouts: number;
                        /**
                         * @description Until the first half-open trial, doubling to 300.
                         * @default 10
                         */
                        ejection_time: number;
                    };
                };
            };
            /** @description How often and how long one request tries. */
            retries?: {
                /**
                 * @description Tries that end with an address's or a pair's failure, the first included; 1 answers with the first.
                 * @default 3
                 */
                attempts: number;
                /**
                 * @description Tries that end with a credential's failure. Each takes its own key out, so a big pool of spent keys still answers.
                 * @default 32
                 */
                credential_attempts: number;
                /**
                 * @description No further try is started this long after the request began.
                 * @default null
                 */
                deadline: number | null;
                /** @description What retries may add to the traffic, so that they can not storm. */
                budget?: {
                    /**
                     * @description Retries per request.
                     * @default 0.2
                     */
                    ratio: number;
                    /**
                     * @description Retries per second that are always allowed.
                     * @default 10
                     */
                    min_per_second: number;
                    /**
                     * @description How far back it looks.
                     * @default 10
                     */
                    window: number;
                };
            };
            /** @description Time limits. */
            timeouts?: {
                /**
                 * @description TCP and TLS.
                 * @default 5
                 */
                connect: number;
                /**
                 * @description Streamed: sent to first content. Auto is five times the p95 that the pair has shown, within 10–600: a fixed number either kills slow reasoning models or never fires.
                 * @default auto
                 */
                first_token: number | "auto";
                /**
                 * @description Not streamed: sent to headers. Auto as above, within 60–600.
                 * @default auto
                 */
                response: number | "auto";
                /**
                 * @description Between chunks.
                 * @default 60
                 */
                idle: number;
                /**
                 * @description The whole request.
                 * @default null
                 */
                total: number | null;
            };
            /** @description How long each class of failure keeps its scope out, in seconds; null remembers nothing for that class. */
            suspension?: {
                /**
                 * @description 429 without a hint: credential and model.
                 * @default 60
                 */
                rate_limit: number | null;
                /**
                 * @description A rejected key, doubling to 600.
                 * @default 10
                 */
                auth: number | null;
                /**
                 * @description Connect, TLS, DNS, reset before bytes; a key whose token is not to be had.
                 * @default 10
                 */
                connect: number | null;
                /**
                 * @description No first byte in time.
                 * @default 10
                 */
                timeout: number | null;
                /**
                 * @description 529, 503 overloaded.
                 * @default 10
                 */
                overloaded: number | null;
                /**
                 * @description The vendor has no such model.
                 * @default 60
                 */
                not_found: number | null;
                /**
                 * @description Other 5xx; the address's counters count them anyway.
                 * @default null
                 */
                server_error: number | null;
                /**
                 * @description Out of quota or credit: until somebody enables the key again, or that long.
                 * @default until_enabled
                 */
                quota: number | "until_enabled";
                /**
                 * @description Whether a vendor's hint replaces the class's own duration.
                 * @default true
                 */
                honour_retry_after: boolean;
                /**
                 * @description Longest hint believed: a vendor that asks for a day must not park the pool.
                 * @default 900
                 */
                cap: number;
            };
            /** @description Writes every class of `suspension` but quota; part of the answer while all are equal. */
            suspend_duration?: number | null;
            /** @description Whether callers stick to the target that served them last. */
            affinity?: {
                /**
                 * @description none, session (the session headers of known clients, or else the client's key), prefix (same beginning of the prompt), header:NAME or body:FIELD.
                 * @default none
                 */
                key: string;
                /**
                 * @description After its last use a bond is forgotten; vendors keep a prompt cache about that long.
                 * @default 300
                 */
                ttl: number;
            };
            /**
             * @description What a request of an environment without targets gets: 503, or the provider's default credential and the client's own model.
             * @default reject
             * @enum {string}
             */
            on_empty: "reject" | "bypass";
            /**
             * @description So many distinct credentials must stay enabled once they are there: what would leave fewer is refused (422). 0: nobody counts. Pools of the load-balancing view have 2, since turns of one are none.
             * @default 0
             */
            min_enabled: number;
            /**
             * @description A plain answer up to this size is held until complete, so that one cut half-way fails over. Most answers are far smaller.
             * @default 262144
             */
            response_buffer_bytes: number;
            /**
             * @description What becomes of fields that cannot be carried into a vendor's dialect: the target is no candidate, or they are left out and listed in `x-spillway-dropped`.
             * @default refuse
             * @enum {string}
             */
            lossy: "refuse" | "drop";
            /**
             * @description `Host` for the targets, instead of each target's own.
             * @default null
             */
            host_header: string | null;
            /** @description Whom raw-host targets must prove themselves to. */
            tls?: {
                /**
                 * @description Certificates to trust besides the platform's, in a PEM file.
                 * @default null
                 */
                ca_file: string | null;
                /**
                 * @description False: any certificate will do. Only for tests.
                 * @default true
                 */
                verify: boolean;
                /**
                 * @description The name to expect instead of the host.
                 * @default null
                 */
                server_name: string | null;
            };
            /**
             * @description Only for the built-in upstream `default`: model names that nobody knows go there, too, instead of 404.
             * @default false
             */
            match_unknown_models: boolean;
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * upstream
         * @description A load-balancing pool: named targets, one algorithm, and the rules of who is available.
         */
        upstream_new: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Unique. Clients may say it as `/{name}/v1/…` or as the model. `{provider}/{model}` is a pool of the load-balancing view, which alone makes such names. */
            name: string;
            /**
             * @description False keeps the targets for later: the first one's provider serves with its default credential alone.
             * @default true
             */
            enabled: boolean;
            /**
             * @description How available targets are put in order. Smooth weighted turns serve most pools best, so they are the default. `weighted-round-robin` is another name for it.
             * @default round-robin
             * @enum {string}
             */
            algorithm: "round-robin" | "weighted-round-robin" | "weighted-random" | "least-connections" | "consistent-hashing" | "latency" | "priority";
            /**
             * @description Where the key of consistent hashing comes from. Anything but none means consistent hashing, unless the same body names another algorithm.
             * @default none
             * @enum {string}
             */
            hash_on: "none" | "consumer" | "ip" | "header" | "cookie" | "path" | "query_arg";
            /**
             * @description The header, for `hash_on` header.
             * @default null
             */
            hash_on_header: string | null;
            /**
             * @description The cookie, for `hash_on` or `hash_fallback` cookie; it is set when it is missing.
             * @default null
             */
            hash_on_cookie: string | null;
            /**
             * @description The path of the cookie that is set.
             * @default /
             */
            hash_on_cookie_path: string;
            /**
             * @description The argument, for `hash_on` query_arg.
             * @default null
             */
            hash_on_query_arg: string | null;
            /**
             * @description Where the key comes from when `hash_on` gives nothing. None: such requests are spread.
             * @default none
             * @enum {string}
             */
            hash_fallback: "none" | "consumer" | "ip" | "header" | "cookie" | "path" | "query_arg";
            /**
             * @description The header, for `hash_fallback` header.
             * @default null
             */
            hash_fallback_header: string | null;
            /**
             * @description The argument, for `hash_fallback` query_arg.
             * @default null
             */
            hash_fallback_query_arg: string | null;
            /**
             * @description Points on the consistent-hashing ring. Ten thousand share hundreds of targets out evenly.
             * @default 10000
             */
            slots: number;
            /** @description Counters, probes and ejection of addresses. */
            healthchecks?: {
                /**
                 * @description While a smaller percentage of the targets' weight is at healthy addresses, the upstream as a whole is unhealthy and serves nobody (503); 0: never.
                 * @default 0
                 */
                threshold: number;
                /** @description Probes. */
                active?: {
                    /**
                     * @description What a probe does. `models` asks for /v1/models with a credential of the target.
                     * @default http
                     * @enum {string}
                     */
                    type: "http" | "https" | "tcp" | "models";
                    /**
                     * @description A probe is given up after this.
                     * @default 1
                     */
                    timeout: number;
                    /**
                     * @description Probes under way at once.
                     * @default 10
                     */
                    concurrency: number;
                    /**
                     * @description What is asked for.
                     * @default /
                     */
                    http_path: string;
                    /**
                     * @description Added to the request.
                     * @default {}
                     */
                    headers: {
                        [key: string]: string[] | string;
                    };
                    /**
                     * @description False: any certificate will do for the probe.
                     * @default true
                     */
                    https_verify_certificate: boolean;
                    /** @description What counts as good. */
                    healthy?: {
                        /**
                         * @description Between probes of a healthy address; 0: none.
                         * @default 0
                         */
                        interval: number;
                        /**
                         * @description Good statuses.
                         * @default [
                         *       200,
                         *       302
                         *     ]
                         */
                        http_statuses: number[];
                        /**
                         * @description In a row, to be healthy again; 0 disables.
                         * @default 2
                         */
                        successes: number;
                    };
                    /** @description What counts as bad. */
                    unhealthy?: {
                        /**
                         * @description Between probes of an unhealthy address; 0: none.
                         * @default 0
                         */
                        interval: number;
                        /**
                         * @description Bad statuses. Public AI APIs answer 404 on most paths: reachable is good enough.
                         * @default [
                         *       500,
                         *       501,
                         *       502,
                         *       503,
                         *       504,
                         *       505
                         *     ]
                         */
                        http_statuses: number[];
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        http_failures: number;
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        tcp_failures: number;
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        timeouts: number;
                    };
                };
                /** @description What traffic shows. */
                passive?: {
                    /** @description What counts as good. */
                    healthy?: {
                        /**
                         * @description Good statuses.
                         * @default [
                         *       200,
                         *       201,
                         *       202,
                         *       203,
                         *       204,
                         *       205,
                         *       206,
                         *       207,
                         *       208,
                         *       226,
                         *       300,
                         *       301,
                         *       302,
                         *       303,
                         *       304,
                         *       305,
                         *       306,
                         *       307,
                         *       308
                         *     ]
                         */
                        http_statuses: number[];
                        /**
                         * @description In a row, to be healthy again; 0 disables.
                         * @default 2
                         */
                        successes: number;
                    };
                    /** @description What counts as bad. */
                    unhealthy?: {
                        /**
                         * @description Bad statuses. 429 is a credential's affair unless it is listed here.
                         * @default [
                         *       500,
                         *       502,
                         *       503
                         *     ]
                         */
                        http_statuses: number[];
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        http_failures: number;
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        tcp_failures: number;
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        timeouts: number;
                        /**
                         * @description Until the first half-open trial, doubling to 300.
                         * @default 10
                         */
                        ejection_time: number;
                    };
                };
            };
            /** @description How often and how long one request tries. */
            retries?: {
                /**
                 * @description Tries that end with an address's or a pair's failure, the first included; 1 answers with the first.
                 * @default 3
                 */
                attempts: number;
                /**
                 * @description Tries that end with a credential's failure. Each takes its own key out, so a big pool of spent keys still answers.
                 * @default 32
                 */
                credential_attempts: number;
                /**
                 * @description No further try is started this long after the request began.
                 * @default null
                 */
                deadline: number | null;
                /** @description What retries may add to the traffic, so that they can not storm. */
                budget?: {
                    /**
                     * @description Retries per request.
                     * @default 0.2
                     */
                    ratio: number;
                    /**
                     * @description Retries per second that are always allowed.
                     * @default 10
                     */
                    min_per_second: number;
                    /**
                     * @description How far back it looks.
                     * @default 10
                     */
                    window: number;
                };
            };
            /** @description Time limits. */
            timeouts?: {
                /**
                 * @description TCP and TLS.
                 * @default 5
                 */
                connect: number;
                /**
                 * @description Streamed: sent to first content. Auto is five times the p95 that the pair has shown, within 10–600: a fixed number either kills slow reasoning models or never fires.
                 * @default auto
                 */
                first_token: number | "auto";
                /**
                 * @description Not streamed: sent to headers. Auto as above, within 60–600.
                 * @default auto
                 */
                response: number | "auto";
                /**
                 * @description Between chunks.
                 * @default 60
                 */
                idle: number;
                /**
                 * @description The whole request.
                 * @default null
                 */
                total: number | null;
            };
            /** @description How long each class of failure keeps its scope out, in seconds; null remembers nothing for that class. */
            suspension?: {
                /**
                 * @description 429 without a hint: credential and model.
                 * @default 60
                 */
                rate_limit: number | null;
                /**
                 * @description A rejected key, doubling to 600.
                 * @default 10
                 */
                auth: number | null;
                /**
                 * @description Connect, TLS, DNS, reset before bytes; a key whose token is not to be had.
                 * @default 10
                 */
                connect: number | null;
                /**
                 * @description No first byte in time.
                 * @default 10
                 */
                timeout: number | null;
                /**
                 * @description 529, 503 overloaded.
                 * @default 10
                 */
                overloaded: number | null;
                /**
                 * @description The vendor has no such model.
                 * @default 60
                 */
                not_found: number | null;
                /**
                 * @description Other 5xx; the address's counters count them anyway.
                 * @default null
                 */
                server_error: number | null;
                /**
                 * @description Out of quota or credit: until somebody enables the key again, or that long.
                 * @default until_enabled
                 */
                quota: number | "until_enabled";
                /**
                 * @description Whether a vendor's hint replaces the class's own duration.
                 * @default true
                 */
                honour_retry_after: boolean;
                /**
                 * @description Longest hint believed: a vendor that asks for a day must not park the pool.
                 * @default 900
                 */
                cap: number;
            };
            /** @description Writes every class of `suspension` but quota; part of the answer while all are equal. */
            suspend_duration?: number | null;
            /** @description Whether callers stick to the target that served them last. */
            affinity?: {
                /**
                 * @description none, session (the session headers of known clients, or else the client's key), prefix (same beginning of the prompt), header:NAME or body:FIELD.
                 * @default none
                 */
                key: string;
                /**
                 * @description After its last use a bond is forgotten; vendors keep a prompt cache about that long.
                 * @default 300
                 */
                ttl: number;
            };
            /**
             * @description What a request of an environment without targets gets: 503, or the provider's default credential and the client's own model.
             * @default reject
             * @enum {string}
             */
            on_empty: "reject" | "bypass";
            /**
             * @description So many distinct credentials must stay enabled once they are there: what would leave fewer is refused (422). 0: nobody counts. Pools of the load-balancing view have 2, since turns of one are none.
             * @default 0
             */
            min_enabled: number;
            /**
             * @description A plain answer up to this size is held until complete, so that one cut half-way fails over. Most answers are far smaller.
             * @default 262144
             */
            response_buffer_bytes: number;
            /**
             * @description What becomes of fields that cannot be carried into a vendor's dialect: the target is no candidate, or they are left out and listed in `x-spillway-dropped`.
             * @default refuse
             * @enum {string}
             */
            lossy: "refuse" | "drop";
            /**
             * @description `Host` for the targets, instead of each target's own.
             * @default null
             */
            host_header: string | null;
            /** @description Whom raw-host targets must prove themselves to. */
            tls?: {
                /**
                 * @description Certificates to trust besides the platform's, in a PEM file.
                 * @default null
                 */
                ca_file: string | null;
                /**
                 * @description False: any certificate will do. Only for tests.
                 * @default true
                 */
                verify: boolean;
                /**
                 * @description The name to expect instead of the host.
                 * @default null
                 */
                server_name: string | null;
            };
            /**
             * @description Only for the built-in upstream `default`: model names that nobody knows go there, too, instead of 404.
             * @default false
             */
            match_unknown_models: boolean;
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        };
        /**
         * upstream
         * @description A load-balancing pool: named targets, one algorithm, and the rules of who is available.
         */
        upstream_patch: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Unique. Clients may say it as `/{name}/v1/…` or as the model. `{provider}/{model}` is a pool of the load-balancing view, which alone makes such names. */
            name?: string;
            enabled?: boolean | null;
            algorithm?: ("round-robin" | "weighted-round-robin" | "weighted-random" | "least-connections" | "consistent-hashing" | "latency" | "priority") | null;
            hash_on?: ("none" | "consumer" | "ip" | "header" | "cookie" | "path" | "query_arg") | null;
            hash_on_header?: (string | null) | null;
            hash_on_cookie?: (string | null) | null;
            hash_on_cookie_path?: string | null;
            hash_on_query_arg?: (string | null) | null;
            hash_fallback?: ("none" | "consumer" | "ip" | "header" | "cookie" | "path" | "query_arg") | null;
            hash_fallback_header?: (string | null) | null;
            hash_fallback_query_arg?: (string | null) | null;
            slots?: number | null;
            healthchecks?: {
                /**
                 * @description While a smaller percentage of the targets' weight is at healthy addresses, the upstream as a whole is unhealthy and serves nobody (503); 0: never.
                 * @default 0
                 */
                threshold: number;
                /** @description Probes. */
                active?: {
                    /**
                     * @description What a probe does. `models` asks for /v1/models with a credential of the target.
                     * @default http
                     * @enum {string}
                     */
                    type: "http" | "https" | "tcp" | "models";
                    /**
                     * @description A probe is given up after this.
                     * @default 1
                     */
                    timeout: number;
                    /**
                     * @description Probes under way at once.
                     * @default 10
                     */
                    concurrency: number;
                    /**
                     * @description What is asked for.
                     * @default /
                     */
                    http_path: string;
                    /**
                     * @description Added to the request.
                     * @default {}
                     */
                    headers: {
                        [key: string]: string[] | string;
                    };
                    /**
                     * @description False: any certificate will do for the probe.
                     * @default true
                     */
                    https_verify_certificate: boolean;
                    /** @description What counts as good. */
                    healthy?: {
                        /**
                         * @description Between probes of a healthy address; 0: none.
                         * @default 0
                         */
                        interval: number;
                        /**
                         * @description Good statuses.
                         * @default [
                         *       200,
                         *       302
                         *     ]
                         */
                        http_statuses: number[];
                        /**
                         * @description In a row, to be healthy again; 0 disables.
                         * @default 2
                         */
                        successes: number;
                    };
                    /** @description What counts as bad. */
                    unhealthy?: {
                        /**
                         * @description Between probes of an unhealthy address; 0: none.
                         * @default 0
                         */
                        interval: number;
                        /**
                         * @description Bad statuses. Public AI APIs answer 404 on most paths: reachable is good enough.
                         * @default [
                         *       500,
                         *       501,
                         *       502,
                         *       503,
                         *       504,
                         *       505
                         *     ]
                         */
                        http_statuses: number[];
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        http_failures: number;
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        tcp_failures: number;
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        timeouts: number;
                    };
                };
                /** @description What traffic shows. */
                passive?: {
                    /** @description What counts as good. */
                    healthy?: {
                        /**
                         * @description Good statuses.
                         * @default [
                         *       200,
                         *       201,
                         *       202,
                         *       203,
                         *       204,
                         *       205,
                         *       206,
                         *       207,
                         *       208,
                         *       226,
                         *       300,
                         *       301,
                         *       302,
                         *       303,
                         *       304,
                         *       305,
                         *       306,
                         *       307,
                         *       308
                         *     ]
                         */
                        http_statuses: number[];
                        /**
                         * @description In a row, to be healthy again; 0 disables.
                         * @default 2
                         */
                        successes: number;
                    };
                    /** @description What counts as bad. */
                    unhealthy?: {
                        /**
                         * @description Bad statuses. 429 is a credential's affair unless it is listed here.
                         * @default [
                         *       500,
                         *       502,
                         *       503
                         *     ]
                         */
                        http_statuses: number[];
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        http_failures: number;
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        tcp_failures: number;
                        /**
                         * @description In a row, to be ejected; 0 disables.
                         * @default 3
                         */
                        timeouts: number;
                        /**
                         * @description Until the first half-open trial, doubling to 300.
                         * @default 10
                         */
                        ejection_time: number;
                    };
                };
            } | null;
            retries?: {
                /**
                 * @description Tries that end with an address's or a pair's failure, the first included; 1 answers with the first.
                 * @default 3
                 */
                attempts: number;
                /**
                 * @description Tries that end with a credential's failure. Each takes its own key out, so a big pool of spent keys still answers.
                 * @default 32
                 */
                credential_attempts: number;
                /**
                 * @description No further try is started this long after the request began.
                 * @default null
                 */
                deadline: number | null;
                /** @description What retries may add to the traffic, so that they can not storm. */
                budget?: {
                    /**
                     * @description Retries per request.
                     * @default 0.2
                     */
                    ratio: number;
                    /**
                     * @description Retries per second that are always allowed.
                     * @default 10
                     */
                    min_per_second: number;
                    /**
                     * @description How far back it looks.
                     * @default 10
                     */
                    window: number;
                };
            } | null;
            timeouts?: {
                /**
                 * @description TCP and TLS.
                 * @default 5
                 */
                connect: number;
                /**
                 * @description Streamed: sent to first content. Auto is five times the p95 that the pair has shown, within 10–600: a fixed number either kills slow reasoning models or never fires.
                 * @default auto
                 */
                first_token: number | "auto";
                /**
                 * @description Not streamed: sent to headers. Auto as above, within 60–600.
                 * @default auto
                 */
                response: number | "auto";
                /**
                 * @description Between chunks.
                 * @default 60
                 */
                idle: number;
                /**
                 * @description The whole request.
                 * @default null
                 */
                total: number | null;
            } | null;
            suspension?: {
                /**
                 * @description 429 without a hint: credential and model.
                 * @default 60
                 */
                rate_limit: number | null;
                /**
                 * @description A rejected key, doubling to 600.
                 * @default 10
                 */
                auth: number | null;
                /**
                 * @description Connect, TLS, DNS, reset before bytes; a key whose token is not to be had.
                 * @default 10
                 */
                connect: number | null;
                /**
                 * @description No first byte in time.
                 * @default 10
                 */
                timeout: number | null;
                /**
                 * @description 529, 503 overloaded.
                 * @default 10
                 */
                overloaded: number | null;
                /**
                 * @description The vendor has no such model.
                 * @default 60
                 */
                not_found: number | null;
                /**
                 * @description Other 5xx; the address's counters count them anyway.
                 * @default null
                 */
                server_error: number | null;
                /**
                 * @description Out of quota or credit: until somebody enables the key again, or that long.
                 * @default until_enabled
                 */
                quota: number | "until_enabled";
                /**
                 * @description Whether a vendor's hint replaces the class's own duration.
                 * @default true
                 */
                honour_retry_after: boolean;
                /**
                 * @description Longest hint believed: a vendor that asks for a day must not park the pool.
                 * @default 900
                 */
                cap: number;
            } | null;
            suspend_duration?: (number | null) | null;
            affinity?: {
                /**
                 * @description none, session (the session headers of known clients, or else the client's key), prefix (same beginning of the prompt), header:NAME or body:FIELD.
                 * @default none
                 */
                key: string;
                /**
                 * @description After its last use a bond is forgotten; vendors keep a prompt cache about that long.
                 * @default 300
                 */
                ttl: number;
            } | null;
            on_empty?: ("reject" | "bypass") | null;
            min_enabled?: number | null;
            response_buffer_bytes?: number | null;
            lossy?: ("refuse" | "drop") | null;
            host_header?: (string | null) | null;
            tls?: {
                /**
                 * @description Certificates to trust besides the platform's, in a PEM file.
                 * @default null
                 */
                ca_file: string | null;
                /**
                 * @description False: any certificate will do. Only for tests.
                 * @default true
                 */
                verify: boolean;
                /**
                 * @description The name to expect instead of the host.
                 * @default null
                 */
                server_name: string | null;
            } | null;
            match_unknown_models?: boolean | null;
            tags?: (string[] | null) | null;
        };
        upstream_list: {
            data: components["schemas"]["upstream"][];
            /** @description Path of the next page. */
            next: string | null;
            /** @description Its token. */
            offset?: string | null;
        };
        /**
         * target
         * @description A member of an upstream: a raw host, or a provider.
         */
        target: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Whose member; the path says it. */
            upstream?: string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            };
            /**
             * @description `host:port`; without a port 443. Exactly one of `target` and `provider`.
             * @default null
             */
            target: string | null;
            /**
             * @description Whose endpoint and keys.
             * @default null
             */
            provider: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null;
            /**
             * @description Of a raw host; null follows the port: 443 is https.
             * @default null
             */
            scheme: ("http" | "https") | null;
            /**
             * @description The provider's endpoint by name; null: the first that fits the environment.
             * @default null
             */
            endpoint: string | null;
            /**
             * @description The model it is asked for; null keeps the client's, `@default` is the provider's current default.
             * @default null
             */
            model: string | null;
            /**
             * @description Where it wants to be told the model: body; path (in place of the segment behind `models`, `model` or `deployments`, or else right before the endpoint: `/MODEL/chat/completions`); header:NAME; query:NAME. Anywhere but in the body, a JSON body loses its `model`: some vendors refuse it there.
             * @default body
             */
            model_location: string;
            /**
             * @description What it is paid with: a credential, `*` for every usable one of the provider, null for the provider's default or, with a raw host, the client's own Authorization.
             * @default null
             */
            credential: ("*" | (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            })) | null;
            /**
             * @description Its share; 0 drains it.
             * @default 100
             */
            weight: number;
            /**
             * @description Lower first; a tier is left only when nobody in it is available. Null for a backup.
             * @default 0
             */
            tier: number | null;
            /**
             * @description One tier below every regular one.
             * @default false
             */
            backup: boolean;
            /**
             * @description Which requests it may serve.
             * @default any
             * @enum {string}
             */
            environment: "any" | "production" | "sandbox";
            /**
             * @description False: kept, but never picked.
             * @default true
             */
            enabled: boolean;
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * target
         * @description A member of an upstream: a raw host, or a provider.
         */
        target_new: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Whose member; the path says it. */
            upstream?: string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            };
            /**
             * @description `host:port`; without a port 443. Exactly one of `target` and `provider`.
             * @default null
             */
            target: string | null;
            /**
             * @description Whose endpoint and keys.
             * @default null
             */
            provider: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null;
            /**
             * @description Of a raw host; null follows the port: 443 is https.
             * @default null
             */
            scheme: ("http" | "https") | null;
            /**
             * @description The provider's endpoint by name; null: the first that fits the environment.
             * @default null
             */
            endpoint: string | null;
            /**
             * @description The model it is asked for; null keeps the client's, `@default` is the provider's current default.
             * @default null
             */
            model: string | null;
            /**
             * @description Where it wants to be told the model: body; path (in place of the segment behind `models`, `model` or `deployments`, or else right before the endpoint: `/MODEL/chat/completions`); header:NAME; query:NAME. Anywhere but in the body, a JSON body loses its `model`: some vendors refuse it there.
             * @default body
             */
            model_location: string;
            /**
             * @description What it is paid with: a credential, `*` for every usable one of the provider, null for the provider's default or, with a raw host, the client's own Authorization.
             * @default null
             */
            credential: ("*" | (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            })) | null;
            /**
             * @description Its share; 0 drains it.
             * @default 100
             */
            weight: number;
            /**
             * @description Lower first; a tier is left only when nobody in it is available. Null for a backup.
             * @default 0
             */
            tier: number | null;
            /**
             * @description One tier below every regular one.
             * @default false
             */
            backup: boolean;
            /**
             * @description Which requests it may serve.
             * @default any
             * @enum {string}
             */
            environment: "any" | "production" | "sandbox";
            /**
             * @description False: kept, but never picked.
             * @default true
             */
            enabled: boolean;
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        };
        /**
         * target
         * @description A member of an upstream: a raw host, or a provider.
         */
        target_patch: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            upstream?: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null;
            target?: (string | null) | null;
            provider?: ((string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null) | null;
            scheme?: (("http" | "https") | null) | null;
            endpoint?: (string | null) | null;
            model?: (string | null) | null;
            model_location?: string | null;
            credential?: (("*" | (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            })) | null) | null;
            weight?: number | null;
            tier?: (number | null) | null;
            backup?: boolean | null;
            environment?: ("any" | "production" | "sandbox") | null;
            enabled?: boolean | null;
            tags?: (string[] | null) | null;
        };
        target_list: {
            data: components["schemas"]["target"][];
            /** @description Path of the next page. */
            next: string | null;
            /** @description Its token. */
            offset?: string | null;
        };
        /**
         * service
         * @description A named group of routes.
         */
        service: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Unique. */
            name?: string;
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * service
         * @description A named group of routes.
         */
        service_new: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Unique. */
            name: string;
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        };
        /**
         * service
         * @description A named group of routes.
         */
        service_patch: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Unique. */
            name?: string;
            tags?: (string[] | null) | null;
        };
        service_list: {
            data: components["schemas"]["service"][];
            /** @description Path of the next page. */
            next: string | null;
            /** @description Its token. */
            offset?: string | null;
        };
        /**
         * route
         * @description What matches, and which upstream serves it in which environment.
         */
        route: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /**
             * @description Unique where set.
             * @default null
             */
            name: string | null;
            /**
             * @description The group it belongs to.
             * @default null
             */
            service: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null;
            /**
             * @description Prefixes at segment borders, the longest wins; `~` starts a regular expression.
             * @default []
             */
            paths: string[];
            /**
             * @description HTTP methods; none: any.
             * @default []
             */
            methods: string[];
            /**
             * @description Hosts, `*.example.com` and `example.*` included; none: any.
             * @default []
             */
            hosts: string[];
            /**
             * @description Model names that clients ask for (aliases); none: any.
             * @default []
             */
            models: string[];
            /**
             * @description Serves every environment. Exactly one of `upstream`, `upstreams` and `provider`.
             * @default null
             */
            upstream: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null;
            /** @description Serves one environment each. */
            upstreams?: {
                /**
                 * @description For production requests.
                 * @default null
                 */
                production: (string | {
                    /** Format: uuid */
                    id?: string;
                    name?: string | null;
                }) | null;
                /**
                 * @description For sandbox requests.
                 * @default null
                 */
                sandbox: (string | {
                    /** Format: uuid */
                    id?: string;
                    name?: string | null;
                }) | null;
            } | null;
            /**
             * @description Serves every environment, the others after it while the upstream `default` is enabled.
             * @default null
             */
            provider: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null;
            /**
             * @description The provider's model; null keeps the client's.
             * @default null
             */
            model: string | null;
            /**
             * @description Whether the matched prefix is taken off a path that is no known endpoint.
             * @default false
             */
            strip_path: boolean;
            /**
             * @description False: as if it were not there.
             * @default true
             */
            enabled: boolean;
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * route
         * @description What matches, and which upstream serves it in which environment.
         */
        route_new: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /**
             * @description Unique where set.
             * @default null
             */
            name: string | null;
            /**
             * @description The group it belongs to.
             * @default null
             */
            service: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null;
            /**
             * @description Prefixes at segment borders, the longest wins; `~` starts a regular expression.
             * @default []
             */
            paths: string[];
            /**
             * @description HTTP methods; none: any.
             * @default []
             */
            methods: string[];
            /**
             * @description Hosts, `*.example.com` and `example.*` included; none: any.
             * @default []
             */
            hosts: string[];
            /**
             * @description Model names that clients ask for (aliases); none: any.
             * @default []
             */
            models: string[];
            /**
             * @description Serves every environment. Exactly one of `upstream`, `upstreams` and `provider`.
             * @default null
             */
            upstream: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null;
            /** @description Serves one environment each. */
            upstreams?: {
                /**
                 * @description For production requests.
                 * @default null
                 */
                production: (string | {
                    /** Format: uuid */
                    id?: string;
                    name?: string | null;
                }) | null;
                /**
                 * @description For sandbox requests.
                 * @default null
                 */
                sandbox: (string | {
                    /** Format: uuid */
                    id?: string;
                    name?: string | null;
                }) | null;
            } | null;
            /**
             * @description Serves every environment, the others after it while the upstream `default` is enabled.
             * @default null
             */
            provider: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null;
            /**
             * @description The provider's model; null keeps the client's.
             * @default null
             */
            model: string | null;
            /**
             * @description Whether the matched prefix is taken off a path that is no known endpoint.
             * @default false
             */
            strip_path: boolean;
            /**
             * @description False: as if it were not there.
             * @default true
             */
            enabled: boolean;
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        };
        /**
         * route
         * @description What matches, and which upstream serves it in which environment.
         */
        route_patch: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /**
             * @description Unique where set.
             * @default null
             */
            name: string | null;
            service?: ((string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null) | null;
            paths?: string[] | null;
            methods?: string[] | null;
            hosts?: string[] | null;
            models?: string[] | null;
            upstream?: ((string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null) | null;
            upstreams?: ({
                /**
                 * @description For production requests.
                 * @default null
                 */
                production: (string | {
                    /** Format: uuid */
                    id?: string;
                    name?: string | null;
                }) | null;
                /**
                 * @description For sandbox requests.
                 * @default null
                 */
                sandbox: (string | {
                    /** Format: uuid */
                    id?: string;
                    name?: string | null;
                }) | null;
            } | null) | null;
            provider?: ((string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null) | null;
            model?: (string | null) | null;
            strip_path?: boolean | null;
            enabled?: boolean | null;
            tags?: (string[] | null) | null;
        };
        route_list: {
            data: components["schemas"]["route"][];
            /** @description Path of the next page. */
            next: string | null;
            /** @description Its token. */
            offset?: string | null;
        };
        /**
         * consumer
         * @description Somebody whom client keys are given out to: an application, a team, a person.
         */
        consumer: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Unique. */
            name?: string;
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * consumer
         * @description Somebody whom client keys are given out to: an application, a team, a person.
         */
        consumer_new: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Unique. */
            name: string;
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        };
        /**
         * consumer
         * @description Somebody whom client keys are given out to: an application, a team, a person.
         */
        consumer_patch: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Unique. */
            name?: string;
            tags?: (string[] | null) | null;
        };
        consumer_list: {
            data: components["schemas"]["consumer"][];
            /** @description Path of the next page. */
            next: string | null;
            /** @description Its token. */
            offset?: string | null;
        };
        /**
         * client_key
         * @description A key of a consumer, which clients send instead of a vendor's. As soon as one exists the proxy wants one.
         */
        client_key: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Whose; the path says it. */
            consumer?: string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            };
            /** @description Unique within the consumer; what logs call it. */
            name?: string;
            /**
             * @description The environment of every request that bears it.
             * @default production
             * @enum {string}
             */
            environment: "production" | "sandbox";
            /**
             * @description The routes that it opens, and nothing but them; null: every route, upstream and model.
             * @default null
             */
            routes: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            })[] | null;
            /**
             * @description The models that it may ask for, as clients write them (aliases and upstreams' names are models here; `default` stands for naming none); null: all.
             * @default null
             */
            models: string[] | null;
            /**
             * @description It opens nothing from then on.
             * @default null
             */
            expires_at: string | null;
            /**
             * @description False: it opens nothing, from the next request on.
             * @default true
             */
            enabled: boolean;
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * client_key
         * @description A key of a consumer, which clients send instead of a vendor's. As soon as one exists the proxy wants one.
         */
        client_key_new: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            /** @description Whose; the path says it. */
            consumer?: string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            };
            /** @description Unique within the consumer; what logs call it. */
            name: string;
            /**
             * @description The environment of every request that bears it.
             * @default production
             * @enum {string}
             */
            environment: "production" | "sandbox";
            /**
             * @description The routes that it opens, and nothing but them; null: every route, upstream and model.
             * @default null
             */
            routes: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            })[] | null;
            /**
             * @description The models that it may ask for, as clients write them (aliases and upstreams' names are models here; `default` stands for naming none); null: all.
             * @default null
             */
            models: string[] | null;
            /**
             * @description It opens nothing from then on.
             * @default null
             */
            expires_at: string | null;
            /**
             * @description False: it opens nothing, from the next request on.
             * @default true
             */
            enabled: boolean;
            /**
             * @description Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.
             * @default null
             */
            tags: string[] | null;
        };
        /**
         * client_key
         * @description A key of a consumer, which clients send instead of a vendor's. As soon as one exists the proxy wants one.
         */
        client_key_patch: {
            /**
             * Format: uuid
             * @description Identity, for ever.
             */
            id?: string;
            /** @description Unix seconds. */
            readonly created_at?: number;
            /** @description Unix seconds. */
            readonly updated_at?: number;
            consumer?: (string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            }) | null;
            /** @description Unique within the consumer; what logs call it. */
            name?: string;
            environment?: ("production" | "sandbox") | null;
            routes?: ((string | {
                /** Format: uuid */
                id?: string;
                name?: string | null;
            })[] | null) | null;
            models?: (string[] | null) | null;
            /**
             * @description It opens nothing from then on.
             * @default null
             */
            expires_at: string | null;
            enabled?: boolean | null;
            tags?: (string[] | null) | null;
        };
        client_key_list: {
            data: components["schemas"]["client_key"][];
            /** @description Path of the next page. */
            next: string | null;
            /** @description Its token. */
            offset?: string | null;
        };
        error: {
            /** @description 2 schema, 3 primary key, 4 foreign key, 5 unique constraint, 7 offset, 9 size. */
            code?: number;
            name?: string;
            /** @description Every violation in one line. */
            message: string;
            /** @description Messages nested as the body is; @entity for fields taken together. */
            fields?: Record<string, never>;
        };
        order: {
            providers: string[];
        };
        topology: {
            /** @description Of the configuration, and so of the order of providers. */
            revision: string;
            /** @description Routes without a service are at one without id and name. */
            services: components["schemas"]["topology_service"][];
            /** @description By rank. */
            providers: components["schemas"]["topology_provider"][];
        };
        topology_service: {
            id: string | null;
            name: string | null;
            routes: {
                id: string;
                name: string;
            }[];
            /** @description By the providers' rank. */
            edges: {
                /** @description Its name. */
                provider: string;
                /** @description Routes of this service that lead to it. */
                api_count: number;
                /** @description Routes of this service that have called it in the last 24 hours. */
                apis_called: number;
                /** @description Ids of the first. */
                routes: string[];
                /** @description Ids of the second. */
                routes_called: string[];
            }[];
        };
        topology_provider: {
            id: string;
            name: string;
            kind: string;
            /** @description From 1, lower first. */
            rank: number;
            /**
             * @description Abnormal: nothing of it is available.
             * @enum {unknown}
             */
            status: "enabled" | "disabled" | "abnormal";
            /** @description Why it is abnormal; of one that serves, what of it does not. */
            reason: string | null;
            default_model: string | null;
            /** @description Routes that lead to it. */
            api_count: number;
            /** @description Routes that have called it in the last 24 hours. */
            apis_called: number;
            key_count: number;
            /** @description Who serves where it does not. */
            served_by: components["schemas"]["served_by"] | null;
            traffic: components["schemas"]["flow"];
            /** @description By rank. */
            credentials: components["schemas"]["topology_credential"][];
        };
        topology_credential: {
            id: string;
            name: string;
            /** @description Of targets that name none. */
            default: boolean;
            /**
             * @description For every model.
             * @enum {string}
             */
            state: "normal" | "cooling" | "exceeded" | "error" | "expired" | "disabled";
            cause: string | null;
            /** Format: date-time */
            since: string | null;
            /**
             * Format: date-time
             * @description When it ends by itself.
             */
            until: string | null;
            /** @description Seconds left. */
            ttl: number | null;
            /** @description The models that it is out for while it is not out for all. */
            model_states: components["schemas"]["model_state"][];
            /** @description Of its provider's tries of the last hour, 0 to 1; null: there were none. */
            share: number | null;
            /** @description What the vendor last said against it, without keys. */
            last_error: string | null;
            /** Format: date-time */
            last_error_at: string | null;
        };
        model_state: {
            /** @description Null: every model that the configuration does not name. */
            model: string | null;
            /** @enum {string} */
            state: "normal" | "cooling" | "exceeded" | "error" | "expired" | "disabled";
            cause: string;
            /** Format: date-time */
            until: string | null;
            /** @description Seconds left. */
            ttl: number | null;
        };
        served_by: {
            /** @description Its name; a host that is no provider's. */
            provider: string;
            /** @description Null: the client's own. */
            model: string | null;
        };
        flow: {
            /** @description Of an upstream: requests; of a provider: tries. The mean of five seconds. */
            requests_per_second: number;
            /** @description Those that failed by somebody's fault. */
            errors_per_second: number;
            /** @description Open tries. */
            in_flight: number;
        };
        event_state: {
            /**
             * @description What it is about.
             * @enum {unknown}
             */
            scope: "credential" | "pair" | "address" | "provider";
            /** @description A credential's or a provider's id; of places, a name that is theirs alone. */
            id: string;
            name: string;
            /** @description Of a credential and of a provider: as in the diagram. A pair: `available`, `suspended`. An address: `available`, `unhealthy`, `half_open`. */
            state: string;
            /** @description A provider's: the diagram's `reason`. */
            cause: string | null;
            /** Format: date-time */
            until: string | null;
            provider?: string;
            /** Format: date-time */
            since?: string | null;
            ttl?: number | null;
            model_states?: components["schemas"]["model_state"][];
            upstream?: string;
            address?: string;
            model?: string | null;
            served_by?: components["schemas"]["served_by"] | null;
        };
        event_config: {
            /** @description Of `GET /topology`. */
            revision: string;
        };
        event_traffic: {
            /** @description Those with any, and once more those that have just stopped. */
            providers: ({
                name: string;
            } & components["schemas"]["flow"])[];
            upstreams: ({
                name: string;
            } & components["schemas"]["flow"])[];
        };
        event_reset: {
            /** @description Events, as far as it is known: read everything again. */
            missed: number | null;
        };
        request: {
            /** @description `x-request-id` of the answer. */
            request_id: string;
            /**
             * Format: date-time
             * @description When it came in.
             */
            time: string;
            /** @description The route that matched. */
            route: string | null;
            /** @description The upstream that served it. */
            upstream: string | null;
            /** @enum {unknown} */
            environment: "production" | "sandbox";
            /** @description The client key's name. */
            client_key: string | null;
            /** @description Whose key it is. */
            consumer: string | null;
            /** @description In the client's words, cut short. */
            model_requested: string | null;
            /** @description Whether a stream was asked for. */
            stream: boolean;
            /** @description What the client was answered; 499: it went away before. */
            status: number;
            /**
             * @description How it ended for the client.
             * @enum {unknown}
             */
            end: "complete" | "client_gone" | "broken";
            /** @description First byte in to last byte out. */
            duration_ms: number;
            /** @description First byte in to first delta or byte of a vendor's answer out. */
            ttft_ms: number | null;
            /** @description Time spent in the gateway itself. */
            overhead_us: number;
            /** @description As the vendor counted them. */
            tokens: {
                input: number;
                output: number;
                cached: number;
            } | null;
            /** @description Every try, in order. */
            attempts: components["schemas"]["request_attempt"][];
            /** @description Why the last one was tried. */
            decision: string | null;
        };
        request_attempt: {
            /** @description `host:port`, or `provider/model`. */
            target: string;
            provider: string | null;
            /** @description Its name. */
            credential: string | null;
            /** @description What was asked for, cut short. */
            model: string | null;
            /** @description `success`, or what went wrong. */
            outcome: string;
            /**
             * @description Whose fault.
             * @enum {unknown}
             */
            blame: "nobody" | "credential" | "pair" | "address";
            /** @description Why this one was tried. */
            reason: string;
            /** @description The beginning of what a failed try was told, without keys. */
            error: string | null;
            /** @description From the request's start. */
            started_ms: number;
            /** @description Until it had failed, or its answer had begun. */
            duration_ms: number;
            /** @description The vendor's status, if it answered. */
            status: number | null;
        };
        stats: {
            by: string | null;
            /**
             * Format: date-time
             * @description When the first span began.
             */
            since: string;
            /**
             * Format: date-time
             * @description Now.
             */
            until: string;
            /** @description Seconds. */
            step: number;
            /** @description The busiest first, a thousand at most. */
            series: {
                /** @description Oldest first; spans without anything are left out. */
                points: {
                    /**
                     * Format: date-time
                     * @description When its span began.
                     */
                    time: string;
                    /** @description Requests; of providers, models and credentials: tries. */
                    requests: number;
                    /** @description Answered 429 or 5xx, or broken off; tries: by somebody's fault. */
                    errors: number;
                    /** @description Tries after a request's first. */
                    retries: number;
                    /** @description Tries that met a rate limit or a quota. */
                    rate_limited: number;
                    /** @description Went well after an earlier try had failed. */
                    rescued: number;
                    /** @description Requests that met a limit of which their client has seen nothing. */
                    limits_avoided: number;
                    tokens: {
                        input: number;
                        output: number;
                        cached: number;
                    };
                    /** @description First byte in to last byte out; percentiles to a tenth of themselves. */
                    duration_ms: {
                        mean: number | null;
                        p50: number | null;
                        p95: number | null;
                        p99: number | null;
                    };
                    /** @description To the first delta or byte of the answer. */
                    ttft_ms: {
                        mean: number | null;
                        p50: number | null;
                        p95: number | null;
                        p99: number | null;
                    };
                }[];
                provider?: string | null;
                model?: string | null;
                credential?: string | null;
                route?: string | null;
            }[];
            /** @description Series beyond those. */
            left_out: number;
        };
        audit_entry: {
            id: number;
            /** Format: date-time */
            time: string;
            /**
             * @description Of what was refused the last thousand are kept.
             * @enum {string}
             */
            outcome: "done" | "refused";
            who: {
                /** @description Where the call came from. */
                address: string;
                /** @description Whether it bore the admin token. */
                token: boolean;
            };
            /** @description What was done. */
            act: string;
            /** @description What it was about. */
            kind: string;
            /** @description What that is called. */
            name: string;
            entity_id: string | null;
            /** @description Names of the fields that are different, dotted. */
            fields: string[];
            /** @description The configuration it made. */
            revision: number | null;
            /** @description Of the answer, where it was refused. */
            status: number | null;
        };
        load_balancing: {
            /** @description True needs two distinct enabled credentials. False keeps the entries; the default credential serves alone. */
            enabled?: boolean;
            /** @description Left out: as they were. Default Config stays, switched off, when it is not among them. */
            entries?: {
                /** @description Null: the default one (Default Config). To use one: its name, or `{"id"}`, or `{"name"}`. To add one along with its entry: the body of a credential, with its `secret`. */
                credential: {
                    id?: string;
                    name?: string;
                    secret?: string;
                } | string | null;
                /** @default true */
                enabled: boolean;
                /**
                 * @description Repetitions add weight; all of them share one state.
                 * @default 1
                 */
                repeat: number;
                readonly name?: string;
                /** @description Of the turns while everybody is available, 0 to 1. */
                readonly share?: number;
                /** @description normal, cooling, exceeded, error, expired, disabled; where the key is fine but its target is not: suspended, unhealthy, half_open. */
                readonly state?: string;
                readonly cause?: string | null;
                readonly until?: string | null;
                /** @description Seconds left. */
                readonly ttl?: number | null;
            }[];
            readonly provider?: Record<string, never>;
            readonly model?: string;
            available?: {
                /** @description Credentials that may be used now. */
                count: number;
                /** @description Credentials that are enabled. */
                of: number;
                /** @example 3/4 available */
                text: string;
            };
        };
    };
    responses: {
        /** @description The request is not what the schema asks for; every violation is named. */
        invalid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["error"];
            };
        };
        /** @description The admin token is missing or wrong. */
        unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["error"];
            };
        };
        /** @description There is no such entity. */
        not_found: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["error"];
            };
        };
        /** @description Not with this method: see Allow. */
        not_allowed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["error"];
            };
        };
        /** @description The name, the id or the matchers are taken, or something still uses it. */
        conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["error"];
            };
        };
        /** @description If-Match or If-None-Match does not hold. */
        precondition: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["error"];
            };
        };
        /** @description The body is too large. */
        too_large: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["error"];
            };
        };
        /** @description Fewer distinct enabled credentials would be left than there must be. */
        too_few: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["error"];
            };
        };
        /** @description Bodies are JSON, forms or multipart forms. */
        media_type: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["error"];
            };
        };
    };
    parameters: {
        /** @description Rows of a page. */
        size: number;
        /** @description Token of the page, from the one before. */
        offset: string;
        /** @description `a,b` has both, `a/b` has either. */
        tags: string;
        /** @description Also what uses it: its users let go of it or are deleted with it, and x-spillway-warning names them. */
        force: boolean;
        /** @description Only says what would be stored. */
        dry_run: boolean;
        /** @description Only if the entity still has this ETag. */
        if_match: string;
        /** @description `*`: only if there is none yet. */
        if_none_match: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    read_upstream: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["upstream"];
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    put_upstream: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["upstream_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["upstream_patch"];
                "multipart/form-data": components["schemas"]["upstream_patch"];
            };
        };
        responses: {
            /** @description Replaced. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["upstream"];
                };
            };
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["upstream"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    delete_upstream: {
        parameters: {
            query?: {
                /** @description Also what uses it: its users let go of it or are deleted with it, and x-spillway-warning names them. */
                force?: components["parameters"]["force"];
            };
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not there any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            422: components["responses"]["too_few"];
        };
    };
    patch_upstream: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["upstream_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["upstream_patch"];
                "multipart/form-data": components["schemas"]["upstream_patch"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["upstream"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    list_upstreams: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                size?: components["parameters"]["size"];
                /** @description Token of the page, from the one before. */
                offset?: components["parameters"]["offset"];
                /** @description `a,b` has both, `a/b` has either. */
                tags?: components["parameters"]["tags"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["upstream_list"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    create_upstream: {
        parameters: {
            query?: never;
            header?: {
                /** @description `*`: only if there is none yet. */
                "If-None-Match"?: components["parameters"]["if_none_match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["upstream_new"];
                "application/x-www-form-urlencoded": components["schemas"]["upstream_new"];
                "multipart/form-data": components["schemas"]["upstream_new"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["upstream"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    read_target: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
                /** @description host:port or id of the target. */
                target: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["target"];
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    put_target: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
                /** @description host:port or id of the target. */
                target: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["target_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["target_patch"];
                "multipart/form-data": components["schemas"]["target_patch"];
            };
        };
        responses: {
            /** @description Replaced. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["target"];
                };
            };
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["target"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    delete_target: {
        parameters: {
            query?: {
                /** @description Also what uses it: its users let go of it or are deleted with it, and x-spillway-warning names them. */
                force?: components["parameters"]["force"];
            };
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
                /** @description host:port or id of the target. */
                target: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not there any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            422: components["responses"]["too_few"];
        };
    };
    patch_target: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
                /** @description host:port or id of the target. */
                target: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["target_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["target_patch"];
                "multipart/form-data": components["schemas"]["target_patch"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["target"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    list_targets: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                size?: components["parameters"]["size"];
                /** @description Token of the page, from the one before. */
                offset?: components["parameters"]["offset"];
                /** @description `a,b` has both, `a/b` has either. */
                tags?: components["parameters"]["tags"];
            };
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["target_list"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    create_target: {
        parameters: {
            query?: never;
            header?: {
                /** @description `*`: only if there is none yet. */
                "If-None-Match"?: components["parameters"]["if_none_match"];
            };
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["target_new"];
                "application/x-www-form-urlencoded": components["schemas"]["target_new"];
                "multipart/form-data": components["schemas"]["target_new"];
            };
        };
        responses: {
            /** @description The host was a target already, and has been updated. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["target"];
                };
            };
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["target"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    read_service: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the service. */
                service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["service"];
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    put_service: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the service. */
                service: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["service_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["service_patch"];
                "multipart/form-data": components["schemas"]["service_patch"];
            };
        };
        responses: {
            /** @description Replaced. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["service"];
                };
            };
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["service"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    delete_service: {
        parameters: {
            query?: {
                /** @description Also what uses it: its users let go of it or are deleted with it, and x-spillway-warning names them. */
                force?: components["parameters"]["force"];
            };
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the service. */
                service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not there any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            422: components["responses"]["too_few"];
        };
    };
    patch_service: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the service. */
                service: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["service_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["service_patch"];
                "multipart/form-data": components["schemas"]["service_patch"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["service"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    list_services: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                size?: components["parameters"]["size"];
                /** @description Token of the page, from the one before. */
                offset?: components["parameters"]["offset"];
                /** @description `a,b` has both, `a/b` has either. */
                tags?: components["parameters"]["tags"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["service_list"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    create_service: {
        parameters: {
            query?: never;
            header?: {
                /** @description `*`: only if there is none yet. */
                "If-None-Match"?: components["parameters"]["if_none_match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["service_new"];
                "application/x-www-form-urlencoded": components["schemas"]["service_new"];
                "multipart/form-data": components["schemas"]["service_new"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["service"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    read_route: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the route. */
                route: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["route"];
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    put_route: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the route. */
                route: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["route_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["route_patch"];
                "multipart/form-data": components["schemas"]["route_patch"];
            };
        };
        responses: {
            /** @description Replaced. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["route"];
                };
            };
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["route"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    delete_route: {
        parameters: {
            query?: {
                /** @description Also what uses it: its users let go of it or are deleted with it, and x-spillway-warning names them. */
                force?: components["parameters"]["force"];
            };
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the route. */
                route: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not there any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            422: components["responses"]["too_few"];
        };
    };
    patch_route: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the route. */
                route: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["route_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["route_patch"];
                "multipart/form-data": components["schemas"]["route_patch"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["route"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    list_routes: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                size?: components["parameters"]["size"];
                /** @description Token of the page, from the one before. */
                offset?: components["parameters"]["offset"];
                /** @description `a,b` has both, `a/b` has either. */
                tags?: components["parameters"]["tags"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["route_list"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    create_route: {
        parameters: {
            query?: never;
            header?: {
                /** @description `*`: only if there is none yet. */
                "If-None-Match"?: components["parameters"]["if_none_match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["route_new"];
                "application/x-www-form-urlencoded": components["schemas"]["route_new"];
                "multipart/form-data": components["schemas"]["route_new"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["route"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    read_provider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["provider"];
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    put_provider: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the provider. */
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["provider_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["provider_patch"];
                "multipart/form-data": components["schemas"]["provider_patch"];
            };
        };
        responses: {
            /** @description Replaced. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["provider"];
                };
            };
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["provider"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    delete_provider: {
        parameters: {
            query?: {
                /** @description Also what uses it: its users let go of it or are deleted with it, and x-spillway-warning names them. */
                force?: components["parameters"]["force"];
            };
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the provider. */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not there any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            422: components["responses"]["too_few"];
        };
    };
    patch_provider: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the provider. */
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["provider_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["provider_patch"];
                "multipart/form-data": components["schemas"]["provider_patch"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["provider"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    list_providers: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                size?: components["parameters"]["size"];
                /** @description Token of the page, from the one before. */
                offset?: components["parameters"]["offset"];
                /** @description `a,b` has both, `a/b` has either. */
                tags?: components["parameters"]["tags"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["provider_list"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    create_provider: {
        parameters: {
            query?: never;
            header?: {
                /** @description `*`: only if there is none yet. */
                "If-None-Match"?: components["parameters"]["if_none_match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["provider_new"];
                "application/x-www-form-urlencoded": components["schemas"]["provider_new"];
                "multipart/form-data": components["schemas"]["provider_new"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["provider"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    read_credential: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the credential. */
                credential: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["credential"];
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    put_credential: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the credential. */
                credential: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["credential_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["credential_patch"];
                "multipart/form-data": components["schemas"]["credential_patch"];
            };
        };
        responses: {
            /** @description Replaced. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["credential"];
                };
            };
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["credential"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    delete_credential: {
        parameters: {
            query?: {
                /** @description Also what uses it: its users let go of it or are deleted with it, and x-spillway-warning names them. */
                force?: components["parameters"]["force"];
            };
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the credential. */
                credential: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not there any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            422: components["responses"]["too_few"];
        };
    };
    patch_credential: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the credential. */
                credential: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["credential_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["credential_patch"];
                "multipart/form-data": components["schemas"]["credential_patch"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["credential"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    list_credentials: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                size?: components["parameters"]["size"];
                /** @description Token of the page, from the one before. */
                offset?: components["parameters"]["offset"];
                /** @description `a,b` has both, `a/b` has either. */
                tags?: components["parameters"]["tags"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["credential_list"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    create_credential: {
        parameters: {
            query?: never;
            header?: {
                /** @description `*`: only if there is none yet. */
                "If-None-Match"?: components["parameters"]["if_none_match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["credential_new"];
                "application/x-www-form-urlencoded": components["schemas"]["credential_new"];
                "multipart/form-data": components["schemas"]["credential_new"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["credential"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    read_credential_of_provider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
                /** @description Name or id of the credential. */
                credential: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["credential"];
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    put_credential_of_provider: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the provider. */
                provider: string;
                /** @description Name or id of the credential. */
                credential: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["credential_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["credential_patch"];
                "multipart/form-data": components["schemas"]["credential_patch"];
            };
        };
        responses: {
            /** @description Replaced. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["credential"];
                };
            };
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["credential"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    delete_credential_of_provider: {
        parameters: {
            query?: {
                /** @description Also what uses it: its users let go of it or are deleted with it, and x-spillway-warning names them. */
                force?: components["parameters"]["force"];
            };
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the provider. */
                provider: string;
                /** @description Name or id of the credential. */
                credential: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not there any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            422: components["responses"]["too_few"];
        };
    };
    patch_credential_of_provider: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the provider. */
                provider: string;
                /** @description Name or id of the credential. */
                credential: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["credential_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["credential_patch"];
                "multipart/form-data": components["schemas"]["credential_patch"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["credential"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    list_credentials_of_provider: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                size?: components["parameters"]["size"];
                /** @description Token of the page, from the one before. */
                offset?: components["parameters"]["offset"];
                /** @description `a,b` has both, `a/b` has either. */
                tags?: components["parameters"]["tags"];
            };
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["credential_list"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    create_credential_of_provider: {
        parameters: {
            query?: never;
            header?: {
                /** @description `*`: only if there is none yet. */
                "If-None-Match"?: components["parameters"]["if_none_match"];
            };
            path: {
                /** @description Name or id of the provider. */
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["credential_new"];
                "application/x-www-form-urlencoded": components["schemas"]["credential_new"];
                "multipart/form-data": components["schemas"]["credential_new"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["credential"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    read_consumer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the consumer. */
                consumer: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["consumer"];
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    put_consumer: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the consumer. */
                consumer: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["consumer_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["consumer_patch"];
                "multipart/form-data": components["schemas"]["consumer_patch"];
            };
        };
        responses: {
            /** @description Replaced. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["consumer"];
                };
            };
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["consumer"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    delete_consumer: {
        parameters: {
            query?: {
                /** @description Also what uses it: its users let go of it or are deleted with it, and x-spillway-warning names them. */
                force?: components["parameters"]["force"];
            };
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the consumer. */
                consumer: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not there any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            422: components["responses"]["too_few"];
        };
    };
    patch_consumer: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the consumer. */
                consumer: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["consumer_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["consumer_patch"];
                "multipart/form-data": components["schemas"]["consumer_patch"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["consumer"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    list_consumers: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                size?: components["parameters"]["size"];
                /** @description Token of the page, from the one before. */
                offset?: components["parameters"]["offset"];
                /** @description `a,b` has both, `a/b` has either. */
                tags?: components["parameters"]["tags"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["consumer_list"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    create_consumer: {
        parameters: {
            query?: never;
            header?: {
                /** @description `*`: only if there is none yet. */
                "If-None-Match"?: components["parameters"]["if_none_match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["consumer_new"];
                "application/x-www-form-urlencoded": components["schemas"]["consumer_new"];
                "multipart/form-data": components["schemas"]["consumer_new"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["consumer"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    read_client_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the consumer. */
                consumer: string;
                /** @description Name or id of the client_key. */
                client_key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["client_key"];
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    put_client_key: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the consumer. */
                consumer: string;
                /** @description Name or id of the client_key. */
                client_key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["client_key_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["client_key_patch"];
                "multipart/form-data": components["schemas"]["client_key_patch"];
            };
        };
        responses: {
            /** @description Replaced. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["client_key"];
                };
            };
            /** @description Created. `key` is the secret, shown this once. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["client_key"] & {
                        key: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    delete_client_key: {
        parameters: {
            query?: {
                /** @description Also what uses it: its users let go of it or are deleted with it, and x-spillway-warning names them. */
                force?: components["parameters"]["force"];
            };
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the consumer. */
                consumer: string;
                /** @description Name or id of the client_key. */
                client_key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not there any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            422: components["responses"]["too_few"];
        };
    };
    patch_client_key: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the consumer. */
                consumer: string;
                /** @description Name or id of the client_key. */
                client_key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["client_key_patch"];
                "application/x-www-form-urlencoded": components["schemas"]["client_key_patch"];
                "multipart/form-data": components["schemas"]["client_key_patch"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["client_key"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    list_keys: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                size?: components["parameters"]["size"];
                /** @description Token of the page, from the one before. */
                offset?: components["parameters"]["offset"];
                /** @description `a,b` has both, `a/b` has either. */
                tags?: components["parameters"]["tags"];
            };
            header?: never;
            path: {
                /** @description Name or id of the consumer. */
                consumer: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["client_key_list"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    create_client_key: {
        parameters: {
            query?: never;
            header?: {
                /** @description `*`: only if there is none yet. */
                "If-None-Match"?: components["parameters"]["if_none_match"];
            };
            path: {
                /** @description Name or id of the consumer. */
                consumer: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["client_key_new"];
                "application/x-www-form-urlencoded": components["schemas"]["client_key_new"];
                "multipart/form-data": components["schemas"]["client_key_new"];
            };
        };
        responses: {
            /** @description Created. `key` is the secret, shown this once. */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["client_key"] & {
                        key: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            405: components["responses"]["not_allowed"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    root: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Name, version and paths. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description For browsers. */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            401: components["responses"]["unauthorized"];
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Prometheus text. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            401: components["responses"]["unauthorized"];
        };
    };
    livez: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            /** @description Not yet, or not any more. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    schema: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Which kind, as in paths. */
                entity: "providers" | "credentials" | "upstreams" | "targets" | "services" | "routes" | "consumers" | "keys";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description JSON Schema 2020-12. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    try_read: {
        parameters: {
            query?: never;
            header?: {
                /** @description The client key to call with, where the AI API wants one. */
                "x-spillway-client-key"?: string;
            };
            path: {
                /** @description A path of the AI API, such as `v1/chat/completions`. */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the AI API answers, `x-spillway-*` headers included. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
        };
    };
    try: {
        parameters: {
            query?: never;
            header?: {
                /** @description The client key to call with, where the AI API wants one. */
                "x-spillway-client-key"?: string;
            };
            path: {
                /** @description A path of the AI API, such as `v1/chat/completions`. */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the AI API answers, `x-spillway-*` headers included. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
        };
    };
    read_health: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every target. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            id: string;
                            target?: string | null;
                            weight?: number;
                            /** @enum {string} */
                            health: "HEALTHY" | "UNHEALTHY" | "HEALTHCHECKS_OFF" | "DNS_ERROR";
                            state?: Record<string, never>;
                            data?: Record<string, never>;
                            reason?: string | null;
                            since?: string | null;
                            until?: string | null;
                        }[];
                        next: string | null;
                        /**
                         * @description Of the upstream as a whole: see `healthchecks.threshold`.
                         * @enum {string}
                         */
                        health: "HEALTHY" | "UNHEALTHY" | "HEALTHCHECKS_OFF";
                        node_id: string;
                    };
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    read_load_balancing: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
                /** @description As the vendor spells it, percent-encoded. */
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The view. The ETag is the configuration's revision. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["load_balancing"];
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    put_load_balancing: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path: {
                /** @description Name or id of the provider. */
                provider: string;
                /** @description As the vendor spells it, percent-encoded. */
                model: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["load_balancing"];
                "application/x-www-form-urlencoded": components["schemas"]["load_balancing"];
                "multipart/form-data": components["schemas"]["load_balancing"];
            };
        };
        responses: {
            /** @description The view. The ETag is the configuration's revision. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["load_balancing"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
            422: components["responses"]["too_few"];
        };
    };
    put_healthy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
                /** @description host:port or id of the target. */
                target: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    put_unhealthy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
                /** @description host:port or id of the target. */
                target: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    delete_exclusion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the upstream. */
                upstream: string;
                /** @description host:port or id of the target. */
                target: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    read_order: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Their names, by rank. The ETag is the configuration's revision. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["order"];
                };
            };
            401: components["responses"]["unauthorized"];
        };
    };
    put_order: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only if the entity still has this ETag. */
                "If-Match"?: components["parameters"]["if_match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["order"];
                "application/x-www-form-urlencoded": components["schemas"]["order"];
                "multipart/form-data": components["schemas"]["order"];
            };
        };
        responses: {
            /** @description Their names, by rank. The ETag is the configuration's revision. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["order"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            412: components["responses"]["precondition"];
            413: components["responses"]["too_large"];
            415: components["responses"]["media_type"];
        };
    };
    list_models: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                size?: components["parameters"]["size"];
                /** @description Token of the page, from the one before. */
                offset?: components["parameters"]["offset"];
            };
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            id: string;
                            context_window?: number | null;
                            /** @description Whether `@default` stands for it. */
                            default?: boolean;
                            /** @description Several credentials take turns at it; told in lists. */
                            load_balancing_enabled?: boolean;
                            available?: {
                                /** @description Credentials that may be used now. */
                                count: number;
                                /** @description Credentials that are enabled. */
                                of: number;
                                /** @example 3/4 available */
                                text: string;
                            };
                        }[];
                        next?: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    discover_models: {
        parameters: {
            query?: {
                /** @description Only says what would be stored. */
                dry_run?: components["parameters"]["dry_run"];
            };
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the vendor has. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            id: string;
                            context_window?: number | null;
                            /** @description Whether `@default` stands for it. */
                            default?: boolean;
                            /** @description Several credentials take turns at it; told in lists. */
                            load_balancing_enabled?: boolean;
                            available?: {
                                /** @description Credentials that may be used now. */
                                count: number;
                                /** @description Credentials that are enabled. */
                                of: number;
                                /** @example 3/4 available */
                                text: string;
                            };
                        }[];
                        added?: string[];
                        missing?: string[];
                        stored?: boolean;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
            412: components["responses"]["precondition"];
            /** @description What came of asking the vendor. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    test_credential: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of the provider. */
                provider: string;
                /** @description Name or id of the credential. */
                credential: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What came back. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ok: boolean;
                        status: number | null;
                        /** @description success, auth, quota, rate_limit, server_error, connect, timeout, inconclusive, … */
                        outcome: string;
                        message: string | null;
                        latency_ms: number | null;
                        url: string | null;
                    };
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
            409: components["responses"]["conflict"];
        };
    };
    read_topology: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    /** @description The revision, for `If-Match` of an order. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["topology"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
        };
    };
    read_events: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream that goes on until either side ends it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            /** @description Too many readers, or the process is about to end. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["error"];
                };
            };
        };
    };
    list_requests: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                size?: components["parameters"]["size"];
                /** @description Token of the page, from the one before. */
                offset?: components["parameters"]["offset"];
                /** @description Served by this upstream. */
                upstream?: string;
                /** @description This provider was tried. */
                provider?: string;
                /** @description This credential was tried. */
                credential?: string;
                /** @description This model was asked for, by the client or of a vendor. */
                model?: string;
                /** @description Matched by this route. */
                route?: string;
                /** @description Of this environment. */
                environment?: "production" | "sandbox";
                /** @description Some try ended so: `rate_limit`, `connect`, … */
                outcome?: string;
                /** @description Answered so: `429`, or `5xx`. */
                status?: string;
                /** @description Came in then or later. */
                since?: string;
                /** @description Came in before. */
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["request"][];
                        /** @description Path of the next page. */
                        next: string | null;
                        /** @description Its token. */
                        offset?: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
        };
    };
    read_request: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `x-request-id` of the answer. */
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["request"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
            404: components["responses"]["not_found"];
        };
    };
    read_stats: {
        parameters: {
            query?: {
                /** @description A series for each. */
                by?: "all" | "provider" | "model" | "credential" | "route";
                /** @description From then on; a day ago, or an hour ago for steps below an hour. */
                since?: string;
                /** @description Seconds of a point: a part of an hour in whole minutes, or whole hours. */
                step?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["stats"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
        };
    };
    list_audit: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                size?: components["parameters"]["size"];
                /** @description Token of the page, from the one before. */
                offset?: components["parameters"]["offset"];
                /** @description What it was about: `upstream`, `credential`, … */
                kind?: string;
                /** @description What that is called. */
                name?: string;
                /** @description `create`, `patch`, `put`, `delete`, `order`, `healthy`, `unhealthy`, `clear`. */
                act?: string;
                /** @description What became of it. */
                outcome?: "done" | "refused";
                /** @description Then or later. */
                since?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["audit_entry"][];
                        /** @description Path of the next page. */
                        next: string | null;
                        /** @description Its token. */
                        offset?: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthorized"];
        };
    };
}
