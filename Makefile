# The README's two commands, and the ones behind them. `make setup` happens by itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.longshore-setup

.DEFAULT_GOAL := help
.PHONY: help setup demo test e2e bench lint format docs lock clean

help: ## what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## .venv with the tools, both packages editable, .venv/bin/longshore

$(STAMP): requirements/dev.txt requirements/uv.txt packages/longshore/pyproject.toml packages/longshore-runtime/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Longshore needs Python 3.11 or newer; set PYTHON=python3.13, say" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip --disable-pip-version-check install --quiet --require-hashes -r requirements/uv.txt
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e packages/longshore-runtime -e packages/longshore
	@touch $@

demo: $(STAMP) ## build the example, run it, show that it answers
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/demo.py

lint: $(STAMP) ## formatter, linter, types, direction of imports, the docs' links
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy packages/longshore/src packages/longshore-runtime/src packages/longshore/tests packages/longshore-runtime/tests tests scripts docs
	$(BIN)/mypy examples/task-api
	$(BIN)/mypy benchmarks
	$(BIN)/lint-imports --no-logo
	$(BIN)/python docs/check.py

test: lint ## everything that needs Python and a package index only
	$(BIN)/pytest -n 2 --dist loadfile -o faulthandler_timeout=110 -m "not e2e"

e2e: $(STAMP) ## engines, the Debian mirror, namespaces, the built wheels
	bash tests/e2e/wheels.sh
	$(BIN)/pytest -m e2e packages tests/e2e

bench: $(STAMP) ## the tables of benchmarks/
	$(BIN)/python benchmarks/run.py

docs: $(STAMP) ## write the generated pages
	$(BIN)/python docs/cli_reference.py
	$(BIN)/python docs/architecture.py

format: $(STAMP) ## rewrite the sources in the project's format
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

lock: $(STAMP) ## resolve the tools again: exact pins, hashes, no addresses
	bash scripts/lock.sh

clean: ## remove what the other targets made here
	rm -rf $(VENV) .cache dist build
