# Two commands are enough: `make run` starts a gateway, `make test` runs everything. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PREFIX ?= /usr/local
CONFIG ?= $(HOME)/.enkrypt/enkrypt_mcp_config.json
BIN := .build/release
DIST ?= dist
GATEWAY := $(BIN)/secure-mcp-gateway

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

deps: ## Install the Debian packages that a build needs
	@scripts/install-dependencies.sh build

build: deps ## Build the release binary and the plugins
	umask 022 && swift build -c release
	@scripts/write-plugin-manifest.sh $(BIN)

run: build ## Run the gateway on 127.0.0.1:8000, with a demo configuration if there is none
	@[ -f "$(CONFIG)" ] || $(GATEWAY) generate-config --config "$(CONFIG)" >/dev/null
	@exec $(GATEWAY) serve --config "$(CONFIG)"

test: ## Install what the tests need and run all of them
	@scripts/test.sh

bench: build ## Measure the gateway against a bare SwiftNIO echo server
	@scripts/bench.sh

fuzz: ## Fuzz the parsers; FUZZ_SECONDS=60 and FUZZ_SEED=… set how long and which
	FUZZ_SECONDS=$${FUZZ_SECONDS:-60} swift test --filter Fuzz

format: ## Format the sources
	swift format -i -r -p Package.swift Sources Plugins Tests Benchmarks

lint: ## Check the format of the sources
	swift format lint --strict -r -p Package.swift Sources Plugins Tests Benchmarks

install: build ## Install into PREFIX (default /usr/local)
	@scripts/install.sh "$(DESTDIR)$(PREFIX)" "$(BIN)"

dist: build ## Write a tarball that runs without a Swift toolchain into DIST (default dist)
	@scripts/install-dependencies.sh dist
	@scripts/dist.sh "$(DIST)" "$(BIN)"

.PHONY: help deps build run test bench fuzz format lint install dist
