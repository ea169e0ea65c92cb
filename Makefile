# What a person or CI does with Portaria. `make help` lists it.
.DEFAULT_GOAL := help
.SUFFIXES:
SHELL := /bin/bash

# The first Python that is new enough; PYTHON=… chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v "$$p" && break; done)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
SECONDS ?= 60
# Files are handed out in the order of tests/conftest.py.
XDIST := -n 2 --dist loadfile --no-loadscope-reorder
# A lock's hash names its stamp: a changed lock installs again, an unchanged one costs nothing.
RUN := $(VENV)/.run-$(shell sha256sum requirements/run.txt | cut -c1-16)
DEV := $(VENV)/.dev-$(shell sha256sum requirements/dev.txt | cut -c1-16)
INSTALL = echo "Installing into $(VENV) (only the first time)" && $(BIN)/python -m pip install --quiet \
	--disable-pip-version-check --no-input --require-hashes --only-binary :all: --requirement
# The package is used where it lies: no build, and so nothing to download for one.
LINK = pwd > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/portaria.pth" && \
	printf '\#!/bin/sh\nexec "$${0%%/*}/python" -m idp "$$@"\n' > $(BIN)/idp && chmod +x $(BIN)/idp
# An environment left half made, or whose Python has gone, is made anew.
$(shell test -d $(VENV) && ! $(BIN)/python -c 'import pip' 2>/dev/null && rm -rf $(VENV))

.PHONY: help run demo test test-deep fuzz lint format types bench bench-cadastro bench-certificates docs lock debian clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(RUN) ## the sandbox: a fake ICP-Brasil, a demonstration cadastro and relying party, on this machine
	@exec $(BIN)/python -m idp sandbox run $(ARGS)

demo: $(RUN) ## every persona's journey without a browser, verified; exits 0 only if all are as expected
	@exec $(BIN)/python -m idp sandbox demo $(ARGS)

test: $(DEV) debian npm ## all tests; ARGS="-k name" narrows
	$(BIN)/python -m pytest $(XDIST) $(ARGS)

test-deep: $(DEV) debian npm ## all tests with full counts: hours rather than minutes
	$(BIN)/python -m pytest $(XDIST) --deep $(ARGS)

fuzz: $(DEV) ## coverage-guided fuzzing of what reads certificates; SECONDS=600 for longer
	$(BIN)/python -m tests.hostile.fuzz --seconds $(SECONDS) $(ARGS)

lint: $(DEV) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(DEV) ## rewrite in ruff's format
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .

types: $(DEV) ## mypy
	$(BIN)/mypy

bench: $(DEV) debian ## flows, refreshes, client credentials and userinfo per second, as ratios
	$(BIN)/python -m benchmarks $(ARGS)

bench-cadastro: $(DEV) debian ## the import of a million inscrições, and what a login and the selector's list cost beside it
	$(BIN)/python -m benchmarks.cadastro $(ARGS)
	$(BIN)/python -m benchmarks.selector $(ARGS)

bench-certificates: $(DEV) ## a leaf's judgement, the trust import, the revocation index at four sizes
	$(BIN)/python -m benchmarks.certificates $(ARGS)

docs: $(RUN) ## rewrite docs/settings.md and docs/conformance.md from the settings and the conformance tests
	$(BIN)/python docs/settings.py > docs/settings.md.new
	mv docs/settings.md.new docs/settings.md
	$(BIN)/python docs/conformance.py > docs/conformance.md.new
	mv docs/conformance.md.new docs/conformance.md

# run is compiled under dev's pins, so that the two locks agree and can share one environment.
COMPILE = $(VENV)/lock/bin/uv pip compile --quiet --generate-hashes --no-header --no-annotate --universal \
	--python-version 3.11 --only-binary :all: --extra sandbox
lock: $(BIN)/python ## resolve the newest dependencies that pyproject.toml allows
	@$(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/pip install --quiet --disable-pip-version-check --only-binary :all: uv
	$(COMPILE) --upgrade --extra dev pyproject.toml --output-file requirements/dev.txt
	$(COMPILE) --upgrade --constraint requirements/dev.txt pyproject.toml --output-file requirements/run.txt

debian: $(DEV) # the programs that tests drive
	@.ci/debian

# Out of reach, the registry stops nothing: those tests are skipped, and the summary names them.
npm: # what the examples' and the tests' package-lock.json name, where it is not there yet
	@for lock in examples/*/package-lock.json tests/*/package-lock.json; do \
		cd "$(CURDIR)/$${lock%/*}" && test node_modules/.package-lock.json -nt package-lock.json || \
		npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || \
		echo "$$lock: not installed; its tests will be skipped" >&2; \
	done

clean: ## remove the environment, caches and build results; the sandbox's data (.sandbox) stays
	rm -rf $(VENV) dist .artefacts .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf examples/*/node_modules tests/*/node_modules
	find idp tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Portaria needs Python 3.11 or newer: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make virtual environments: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(RUN): | $(BIN)/python
	@test -e $(DEV) || { $(INSTALL) requirements/run.txt; }
	@$(LINK)
	@rm -f $(VENV)/.run-* && touch $@

$(DEV): | $(BIN)/python
	@$(INSTALL) requirements/dev.txt
	@$(LINK)
	@rm -f $(VENV)/.dev-* && touch $@
