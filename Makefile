# The four ways in: make demo, make up, make test, make lint. Everything lives in .venv; nothing else is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo up test unit lint clean

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[platform,hpc,serve,som,rdf,test]'
	touch $@

demo: $(STAMP)
	$(BIN)/huggins demo $(if $(DATA),--data '$(DATA)')

up: $(STAMP)
	$(BIN)/huggins up

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(STAMP)
	$(BIN)/pytest -q tests/unit

test: lint
	$(BIN)/pytest

clean:
	rm -rf $(VENV) .huggins .mypy_cache .ruff_cache .pytest_cache
