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
	@awk -F ':[^#]*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: build ## Build, and serve on 8000 (AI API) and 8001 (Admin API); ARGS="--workers 2" are passed on
	@echo
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
build: ## Build the binaries (PROFILE=release for a package; the first build takes some minutes)
	$(say) 'building ($(PROFILE)) into $(BIN)'
	@[ -x $(BIN)/spillway ] || echo 'the first build compiles everything: expect two to ten minutes'
	@cargo build --locked --profile $(PROFILE) -p spillway -p simulator

.PHONY: demo
demo: build ## Serve before three simulated vendors with visible trouble; needs no key
	@exec $(BIN)/spillway demo $(ARGS)

.PHONY: test
test: format lint unit sdk deny ## Everything that must hold before a change is merged
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
	$(say) 'examples in the documentation'
	@cargo test --locked --quiet --workspace --doc

.PHONY: sdk
sdk: build venv ## The official OpenAI and Anthropic SDKs (Python, Node) against the binary
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
