# `make` alone prints what there is. Everything starts from a bare machine: what is missing is installed first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PREFIX ?= /usr/local
.PHONY: help bootstrap build release install test simulate mutants fuzz fuzz-http check format demo bench chaos soak clean
MINUTES ?= 10

help: ## prints this list
	@echo "wasmesh: typed services on Kafka and Postgres, each message in a WebAssembly sandbox"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

bootstrap: ## installs what building needs: apt packages, and three pinned wheels under .native/
	@Scripts/bootstrap

build: bootstrap ## builds .build/debug/wasmesh
	@Scripts/run-step "building (debug)" swift build --product wasmesh

release: bootstrap ## builds .build/release/wasmesh
	@Scripts/run-step "building (release)" swift build -c release --product wasmesh

install: release ## puts the program, its libraries and the SDK under PREFIX (/usr/local)
	@Scripts/install "$(DESTDIR)$(PREFIX)"

test: bootstrap ## builds and runs all tests, on a real broker and a real Postgres that it starts itself
	@Scripts/test

simulate: bootstrap ## runs the mesh on a simulated clock, broker and database: SEEDS=200, or SEED=n, or MINUTES=m
	@Scripts/simulate

mutants: bootstrap ## takes lines that keep a promise away, and demands that the simulator notices (Tests/Mutants); NAME=… for one
	@Scripts/mutants $(NAME)

fuzz: bootstrap ## libFuzzer over everything that reads the writing of others; TARGET=… MINUTES=1 or RUNS=… for each
	@Scripts/fuzz $(TARGET)

fuzz-http: bootstrap ## the router's HTTP by schemathesis against its own OpenAPI document, and ten thousand connections
	@Scripts/fuzz-http

check: bootstrap ## format, warnings, headers and links, without running anything
	@Scripts/check

format: ## formats all Swift sources
	@swift format format --in-place --parallel --recursive Package.swift Sources Tests $(wildcard SDK Examples Benchmarks Chaos)

demo: bootstrap ## a shop on a local mesh: calls, events, SQL, then three workers; five minutes
	@Scripts/demo

bench: bootstrap ## measures against the raw pipeline, prints tables (Benchmarks/)
	@Scripts/bench

chaos: bootstrap ## real faults for MINUTES=10 (SEED=… again): kills, frozen processes, cut connections, full disks; exit 0: no promise broken
	@Scripts/chaos $(MINUTES) $(if $(SEED),--seed $(SEED)) $(CHAOS)

soak: bootstrap ## MINUTES=10 at half the most it can do: do memory, tables, descriptors, latency stay flat?
	@Scripts/chaos soak $(MINUTES) $(CHAOS)

clean: ## removes build products and local meshes; keeps what bootstrap fetched
	@rm -rf .build .wasmesh .demo Benchmarks/.build SDK/Swift/.build Examples/*/.build Examples/*/.wasmesh
