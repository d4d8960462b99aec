# The four ways in: make demo, make up, make test, make lint. Everything lives in .venv; nothing else is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# One process per core; tests/groups.py says which tests run one after another.
WORKERS ?= auto
PYTEST_OPTIONS ?=
PARALLEL := -n $(WORKERS) --dist loadgroup --no-loadscope-reorder

.PHONY: demo up test pytest again unit chaos lint screenshots clean

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --editable '.[platform,hpc,serve,som,rdf,outliers,embedding,onnx,cnn,test]'
	$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true # pip compiles on one core; some packages hold files for other versions
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
	$(BIN)/pytest -q $(PARALLEL) tests/unit

test: lint pytest

pytest: $(STAMP)
	$(BIN)/pytest $(PARALLEL) --durations=30 $(PYTEST_OPTIONS)

# What failed, once more and with nothing beside it (tests/again.py).
again: $(STAMP)
	$(BIN)/python -m tests.again

# The runs of random faults, with all their repetitions; `make test` runs a short version of each.
chaos: $(STAMP)
	HUGGINS_CHAOS=full $(BIN)/pytest -m chaos --durations=0 $(PYTEST_OPTIONS)

# Every page in both themes, wide and on a phone, below build/screenshots.
screenshots: $(STAMP)
	$(BIN)/python -m tests.browser.screenshots

clean:
	rm -rf $(VENV) .huggins .mypy_cache .ruff_cache .pytest_cache build
