# The front door: `make help` lists what there is. Recipes say what they do and install what they need under target/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
# `fast` is optimised, but quick to build; a package is built with `make build PROFILE=release`.
PROFILE ?= fast
BIN = $(TARGET)/$(PROFILE)
say = @printf '\n== %s\n'
# A person sees cargo at work; a log does not need to.
QUIET := $(if $(MAKE_TERMOUT),,--quiet)

.PHONY: help
help: ## List what can be made
	@echo 'make TARGET, where TARGET is one of'
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: build ## Build, and serve on 8000 (AI API) and 8001 (Admin API); ARGS="--workers 2" are passed on
	@echo
	@echo 'In a browser:  http://localhost:8001/'
	@echo 'With a vendor key in the environment, such as OPENAI_API_KEY (`spillway serve --help` lists them all):'
	@echo '  curl localhost:8000/v1/models'
	@echo '  any OpenAI SDK:   OPENAI_BASE_URL=http://localhost:8000/v1'
	@echo 'Without one:'
	@echo '  to look at it:    make demo'
	@echo '  your own server:  curl localhost:8001/upstreams -d name=mine'
	@echo '                    curl localhost:8001/upstreams/mine/targets -d target=HOST:PORT'
	@echo '                    and then ask http://localhost:8000/mine/v1'
	@echo '  who is in, who is out, and why:  $(BIN)/spillway status'
	@echo
	@exec $(BIN)/spillway serve $(ARGS)

.PHONY: build
build: dashboard ## Build the binaries (PROFILE=release for a package; the first build takes some minutes)
	$(say) 'building ($(PROFILE)) into $(BIN)'
	@[ -x $(BIN)/spillway ] || echo 'the first build compiles everything: expect two to ten minutes'
	@cargo build --locked --profile $(PROFILE) -p spillway -p simulator

.PHONY: ui
ui: ui/dist/.built ## Build the dashboard into ui/dist (needs Node.js 20.19 or newer)

UI_SOURCES := $(shell find ui/src ui/public ui/scripts -type f) ui/index.html ui/vite.config.ts ui/tsconfig.json ui/biome.json

ui/dist/.built: ui/node_modules/.installed $(UI_SOURCES)
	$(say) 'dashboard: format, lint, types, build'
	@cd ui && npm run --silent check && npm run --silent build
	@touch $@

ui/node_modules/.installed: ui/package.json ui/package-lock.json
	$(say) 'dashboard: installing what it is made of'
	@$(node_is_new) || { echo 'Node.js 20.19 or newer is needed, with npm'; exit 1; }
	@cd ui && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

ui/types/node_modules/.installed: ui/types/package.json ui/types/package-lock.json
	@cd ui/types && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

UI_WORLD = SPILLWAY_BIN=$(BIN)/spillway VENDOR_SIMULATOR_BIN=$(BIN)/vendor-simulator

.PHONY: ui-test
ui-test: ui build chromium ui/types/node_modules/.installed ## The dashboard: units, and end to end in Chromium against the binary
	$(say) 'dashboard: types are what the binary says'
	@node ui/types/run.mjs check $(BIN)/spillway
	$(say) 'dashboard: units'
	@cd ui && npm run --silent test
	$(say) 'dashboard: end to end'
	@cd ui && $(UI_WORLD) npm run --silent e2e

.PHONY: ui-types
ui-types: build ui/types/node_modules/.installed ## Write the dashboard's types anew from the binary's OpenAPI document
	@node ui/types/run.mjs write $(BIN)/spillway

.PHONY: screenshots
screenshots: ui build chromium ## Pictures of every page into ui/e2e/out: light, dark, phone, 50 providers; and README's
	@cd ui && $(UI_WORLD) npm run --silent screenshots
	@ls ui/e2e/out

# Debian's, as Playwright's own would be downloaded from elsewhere.
.PHONY: chromium
chromium:
	@[ -n "$(CHROMIUM)" ] || command -v chromium chromium-browser google-chrome >/dev/null || { \
		echo 'installing chromium, for the dashboard'"'"'s tests (CHROMIUM=PATH names another one)'; \
		as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		$$as_root apt-get -qq update >/dev/null && $$as_root apt-get -qq install -y chromium >/dev/null; \
	}

node_is_new = node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null && command -v npm >/dev/null

# The gateway itself needs no Node: without it a page says how to get the dashboard.
.PHONY: dashboard
dashboard:
	@if $(node_is_new); then $(MAKE) --no-print-directory ui; else \
		printf '\n== %s\n' 'without the dashboard: it needs Node.js 20.19 or newer, with npm'; fi

.PHONY: demo
demo: build ## Serve before three simulated vendors with visible trouble; needs no key
	@exec $(BIN)/spillway demo $(ARGS)

.PHONY: test
test: ui format lint unit sdk ui-test deny ## Everything that must hold before a change is merged
	$(say) 'all of it holds'

.PHONY: format
format: ## Check the formatting (`cargo fmt` repairs it)
	$(say) 'formatting'
	@cargo fmt --all --check

.PHONY: lint
lint: ## Lint with warnings as errors
	$(say) 'lints'
	@cargo clippy --locked $(QUIET) --workspace --all-targets -- -D warnings

# The black-box tests run the real binaries; `cargo test` builds those of the crate under test only.
.PHONY: unit
unit: ## Unit tests, laws, black-box tests and the examples in the documentation
	$(say) 'tests'
	@cargo build --locked $(QUIET) --workspace --bins
	@if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --locked --workspace --no-fail-fast --cargo-quiet --status-level fail --final-status-level fail; \
	else \
		cargo test --locked --quiet --workspace --all-targets --no-fail-fast; \
	fi
	$(say) 'chat dialects: who is served by whom'
	@cargo test --locked --quiet -p dialect --test it -- --exact --nocapture \
		translations::matrix::every_caller_is_served_by_every_vendor
	$(say) 'examples in the documentation'
	@cargo test --locked --quiet --workspace --doc

.PHONY: sdk
sdk: build venv ## The official SDKs of OpenAI, Anthropic and Google (Python, Node) against the binary
	$(say) 'official SDKs'
	@SPILLWAY_BIN=$(BIN)/spillway VENDOR_SIMULATOR_BIN=$(BIN)/vendor-simulator CARGO_TARGET_DIR=$(TARGET) \
		crates/spillway/tests/sdk/run

# Debian leaves the module out of python3; elsewhere it is there.
.PHONY: venv
venv:
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { \
		echo 'installing python3-venv (Debian keeps it apart from python3)'; \
		as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		$$as_root apt-get -qq update >/dev/null && $$as_root apt-get -qq install -y python3-venv >/dev/null; \
	}

.PHONY: deny
deny: ## Licences and banned crates, where cargo-deny is installed
	$(say) 'dependencies'
	@if cargo deny --version >/dev/null 2>&1; then \
		cargo deny --log-level error check licenses bans sources; \
	else \
		echo 'cargo-deny is not installed: licences are not checked here (cargo install cargo-deny)'; \
	fi
	@! cargo tree --locked --workspace --edges normal,build --prefix none 2>/dev/null \
		| grep -E '^(ring|openssl|openssl-sys|native-tls) ' || { echo 'a banned crate is in the tree'; exit 1; }

.PHONY: bench
bench: PROFILE := release
bench: build ## Measure the gateway against the yardsticks of bench/
	@cargo build --locked --profile $(PROFILE) -p balance --example pick_cost
	@python3 bench/run.py $(ARGS)

# The pages are what the binary says of itself; `make test` tells when they are not.
.PHONY: docs
docs: ## Write the reference under docs/reference anew
	$(say) 'docs/reference'
	@REFERENCE=write cargo test --locked --quiet -p spillway --test it reference::

.PHONY: laws
laws: ## Run the property tests with far more random cases (CASES=100000)
	$(say) 'laws, $(or $(CASES),100000) cases each'
	@PROPTEST_CASES=$(or $(CASES),100000) cargo test --locked --quiet --profile $(PROFILE) \
		-p balance -p dialect -p config -p gateway -p simulator

.PHONY: fuzz
fuzz: ## Fuzz each target for a while (FUZZ_SECONDS=60, FUZZ="sse peek"); needs a nightly toolchain
	@FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60) fuzz/run $(FUZZ)

.PHONY: soak
soak: build ## Live traffic through trouble for a while (SECONDS_LONG=600); nothing may be lost or left open
	$(say) 'soaking for $(or $(SECONDS_LONG),600) s'
	@CARGO_TARGET_DIR=$(TARGET) PROFILE=$(PROFILE) bench/soak.py $(or $(SECONDS_LONG),600)
