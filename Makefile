# The targets need Rust 1.95, Python 3.11, Node 20 and curl. Some tests need PostgreSQL and Chromium: on Debian, as root, `make test`
# installs them; elsewhere it reports what is missing.

CARGO ?= cargo
PYTHON ?= python3
CONFORMANCE ?= ../shared/conformance/run
FUZZ_SECONDS ?= 600
BENCH ?=
LIVE ?=
MAIL ?=
BROADCAST ?=
AGAIN ?=
CASES ?= 2000
SEED ?= 1
CHROMIUM ?= /usr/bin/chromium
TEST_THREADS ?= $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN))
TARGET := $(or $(CARGO_TARGET_DIR),target)
# What `attractor --version` names beside the version. Without git it is empty, and the version is alone.
COMMIT = $(shell git describe --always --abbrev=12 --exclude='*' --dirty 2>/dev/null)

.PHONY: help build demo test tools format lint unit program conformance site again nurture bench fuzz

help: ## This list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 18

build: ## The program, optimised: target/release/attractor
	BUILD_COMMIT="$(COMMIT)" $(CARGO) build --release --locked -p attractor-server

demo: build ## Serves the sample company with new events, until you stop it
	$(TARGET)/release/attractor demo

test: tools format lint unit conformance site ## All checks that a change must pass

tools:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && [ -x "$(CHROMIUM)" ] && command -v curl >/dev/null || \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql chromium curl; } >/dev/null || \
		echo "!!! PostgreSQL, Chromium or curl is missing and could not be installed; what needs it says so below." >&2

format:
	$(CARGO) fmt --all --check

lint:
	$(CARGO) clippy --workspace --all-targets --locked -- --deny warnings

# Most tests wait, for a disk, a clock or a server, so that one a core leaves the cores idle.
unit:
	RUST_TEST_THREADS=$(TEST_THREADS) $(CARGO) test --workspace --locked

# Builds the program with the features that the tests use: `cargo build` would select other features of dependencies and build
# them again.
program:
	@$(CARGO) test --workspace --locked --no-run --quiet

# The contract's cases and their answers are kept beside the repository, not in it.
conformance: program
	@if [ -x "$(CONFORMANCE)" ]; then \
		$(PYTHON) "$(CONFORMANCE)" $(TARGET)/debug/attractor --all; \
	else \
		echo "!!! The contract's cases were NOT run, neither through the program nor by the naive evaluator:" >&2; \
		echo "!!! there is no $(CONFORMANCE). Nor were the imports of real lists beside it." >&2; \
	fi

# The browser comes from Debian. Without it, the tests that need no browser still run.
site: tools program ## The site's script and forms in a real browser, the official SDKs, a TypeScript client, mails in mail clients; needs Node 20 and Chromium
	cd web/site && npm ci && CHROMIUM="$(CHROMIUM)" npm test
	cd tests/sdks && npm ci && npm test
	cd tests/client && npm ci && ATTRACTOR="$(abspath $(TARGET))/debug/attractor" npm test
	cd tests/mails && npm ci && ATTRACTOR="$(abspath $(TARGET))/debug/attractor" npm test
	ATTRACTOR="$(TARGET)/debug/attractor" CHROMIUM="$(CHROMIUM)" node --test --test-concurrency=1 tests/served/*.test.js
	@if ! [ -x "$(CHROMIUM)" ]; then \
		echo "!!! The script was NOT run in a browser: there is no $(CHROMIUM), and it could not be installed." >&2; \
	fi

again: ## Repeats tests of the server beside two busy loops; AGAIN="serve:life 50" selects some of them
	tests/again.sh $(AGAIN)

# Optimised, because thousands of histories take hours otherwise. A history that fails is named by its seed.
nurture: ## Simulates CASES histories of sequences and broadcasts, from SEED on: make nurture CASES=2000 SEED=1
	NURTURING_CASES=$(CASES) NURTURING_SEED=$(SEED) RUST_TEST_THREADS=$(TEST_THREADS) \
		$(CARGO) test --release --locked -p attractor-server --test nurturing -- --nocapture

# The bench of the mails comes before the one of the live loop: it installs nginx, with which both compare.
bench: build ## Speed and memory: replay beside DuckDB, mails beside smtp-source, a broadcast beside live intake, the server beside bare inserts; BENCH="--leads 1000000", MAIL="--mails 5000", BROADCAST="--leads 5000", LIVE="--leads 1000000" for more or less
	$(CARGO) build --release --locked -p attractor-engine --example throughput
	$(CARGO) build --release --locked -p attractor-server --example live
	$(PYTHON) bench/run.py $(BENCH)
	$(PYTHON) bench/mail.py --program $(TARGET)/release/attractor --folder $(TARGET)/bench $(MAIL)
	$(PYTHON) bench/broadcast.py --program $(TARGET)/release/attractor --folder $(TARGET)/bench $(BROADCAST)
	$(TARGET)/release/examples/live --folder $(TARGET)/bench $(LIVE)

fuzz: ## Fuzzes each kind of input for FUZZ_SECONDS: playbooks, messages, CSV, what comes back, links
	fuzz/run.sh $(FUZZ_SECONDS)
