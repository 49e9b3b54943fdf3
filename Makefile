# The one door. `make` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# `python3` if the lock file was tried with its version, else another of those; `make setup PYTHON=...` names one.
TRIED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(if $(shell $(name) -c '$(TRIED)' 2>/dev/null && echo yes),$(name))))
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SPEED ?= 60
SHARE ?= 1
STATE ?= .readyby
WORKERS ?= 2
ARGS ?=

.PHONY: help setup demo test check format bench proof proof-drivers proof-twilio proof-faults proof-mutants deploy lock docs pictures clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv from requirements.lock (again only when the lock changed)

$(STAMP): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
	    echo "ReadyBy needs Python 3.11, 3.12 or 3.13, and found none of them." >&2; \
	    echo "Remedy: install one, or name it: make setup PYTHON=/path/to/python3" >&2; exit 1; fi
	@if [ ! -x $(BIN)/python ]; then echo "Making $(VENV) with $(PYTHON) ..."; $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "Python could not make a virtual environment." >&2; \
	    echo "Remedy: install its venv module (Debian: apt install python3-venv) and call make again." >&2; exit 1; }; fi
	@if ! cmp -s requirements.lock $(VENV)/.lock; then \
	    echo "Installing what requirements.lock names (some minutes the first time) ..."; \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
	        -r requirements.lock || { \
	    echo "The packages of requirements.lock could not be installed: see pip's words above." >&2; \
	    echo "Remedy: check that a package registry is reachable (pip config list), then call make again." >&2; \
	    exit 1; }; cp requirements.lock $(VENV)/.lock; fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e . || { \
	    echo "This checkout could not be installed into $(VENV)." >&2; \
	    echo "Remedy: make clean setup" >&2; exit 1; }
	@touch $(STAMP)

demo: setup ## Run the whole system on real sessions, with a simulated outside (SPEED=60, ARGS=...)
	@$(BIN)/readyby demo --speed $(SPEED) $(ARGS)

check: setup ## Format, lint, types and layout, without changing anything
	@$(BIN)/ruff format --check --quiet . || { echo "Remedy: make format" >&2; exit 1; }
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: setup ## Format the code and sort its imports
	@$(BIN)/ruff check --quiet --fix --exit-zero .
	@$(BIN)/ruff format .

test: check ## Check, then every test
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

bench: setup ## Measure the loop's speed and memory on this machine
	@$(BIN)/readyby bench loop --json

proof: setup ## Run the demo until ten drivers have left, and print its report as JSON
	@$(BIN)/readyby demo --speed 300 --until-served 10 --json

proof-drivers: setup ## Try bad keys, forged texts, fuzzed forms and changed texts at the drivers' doors (SHARE=1)
	@$(BIN)/python -m tests.support.run_campaigns $(SHARE)

proof-twilio: setup ## Try the real Twilio client against Twilio's own API description (needs node)
	@$(BIN)/python -m tests.support.run_prism

proof-faults: setup ## Make every fault on every network by three seeds, and print what was noticed
	@$(BIN)/readyby bench faults --seeds 3

proof-mutants: setup ## Take the planner's constraints away one by one: does a test notice? (ARGS='taper ramp')
	@$(BIN)/python -m tests.support.run_mutants $(ARGS)

deploy: setup ## Deploy prefect.yaml to the Prefect server that READYBY_PREFECT_API_URL names
	@$(BIN)/readyby deploy

lock: setup ## Make requirements.lock anew, keeping the versions that still fit
	@$(BIN)/uv pip compile --quiet pyproject.toml --group test --group build --universal --python-version 3.11 \
	    --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make lock" -o requirements.lock

docs: setup ## Make the generated pages of docs/ anew
	@$(BIN)/python docs/pages.py

pictures: setup ## Take the pictures of README from a running demo (STATE=.readyby)
	@$(BIN)/python docs/pictures.py $(STATE)

clean: ## Remove .venv and every cache; databases in .readyby stay
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
