# The whole developer interface. `make demo` and `make test` need git, make, Python 3.11 or newer and
# a package index; they set everything else up themselves, in .venv, and say what they do.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HEADLESS ?=
DEMO_ARGS ?=

.PHONY: demo test lint types layers pytest format bench lock clean browser

demo: $(VENV)/.demo-ready
	$(BIN)/python examples/demo.py $(if $(HEADLESS),--headless) $(DEMO_ARGS)

test: lint types layers pytest

lint: $(VENV)/.dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev-ready
	$(BIN)/pyright

layers: $(VENV)/.dev-ready
	$(BIN)/lint-imports

pytest: $(VENV)/.dev-ready browser
	$(BIN)/python -m pytest -q -rs $(PYTEST_ARGS)

# Named as not run where the package manager needs rights that we do not have; an error in CI.
browser:
	@sh .ci/chromium.sh

format: $(VENV)/.dev-ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev-ready
	$(BIN)/python -m pytest -q -s tests/bench $(PYTEST_ARGS)

$(VENV)/.demo-ready: requirements/demo.txt pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/environment.sh $(VENV) requirements/demo.txt
	@touch $@

$(VENV)/.dev-ready: requirements/dev.txt pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/environment.sh $(VENV) requirements/dev.txt
	@touch $@ $(VENV)/.demo-ready

# Pins and hashes only, for every platform: no index address is ever written down.
lock: $(VENV)/.dev-ready
	$(BIN)/uv pip compile --upgrade $(LOCK) --group dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile $(LOCK) -c requirements/dev.txt pyproject.toml -o requirements/demo.txt
LOCK := -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	--python-version 3.11 --extra server --group examples

clean:
	rm -rf $(VENV) .demo
