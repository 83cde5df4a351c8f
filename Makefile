# What can be asked for here. Rust 1.95 and, for the conformance cases and the benches, Python 3.11 are all it needs.

CARGO ?= cargo
PYTHON ?= python3
CONFORMANCE ?= ../shared/conformance/run
FUZZ_SECONDS ?= 120
BENCH ?=
TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help build demo test format lint unit conformance bench fuzz

help: ## This list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 18

build: ## The program, optimised: target/release/attractor
	$(CARGO) build --release --locked -p attractor-server

demo: build ## The sample company through the whole program
	$(TARGET)/release/attractor demo

test: format lint unit conformance ## Everything that must hold before a change is accepted

format:
	$(CARGO) fmt --all --check

lint:
	$(CARGO) clippy --workspace --all-targets --locked -- --deny warnings

unit:
	$(CARGO) test --workspace --locked

# The contract as cases with answers stands beside the repository, not in it.
conformance:
	$(CARGO) build --locked -p attractor-server
	@if [ -x "$(CONFORMANCE)" ]; then \
		$(PYTHON) "$(CONFORMANCE)" $(TARGET)/debug/attractor; \
	else \
		echo "!!! The contract's cases were NOT run, neither through the program nor by the naive evaluator:" >&2; \
		echo "!!! there is no $(CONFORMANCE). Nor were the imports of real lists beside it." >&2; \
	fi

bench: build ## Speed and memory, beside DuckDB in one run; BENCH="--leads 1000000" for more
	$(CARGO) build --release --locked -p attractor-engine --example throughput
	$(PYTHON) bench/run.py $(BENCH)

fuzz: ## Each door for FUZZ_SECONDS: playbooks, messages, CSV
	fuzz/run.sh $(FUZZ_SECONDS)
