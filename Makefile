# Two commands: `make demo` installs and runs the main job on the shipped example, `make test` runs
# all tests and static checks. Both need python3 (3.11 or newer), make and the package index only.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test check-vocabularies golden figures clean

demo: $(VENV)/.demo
	$(BIN)/python fixtures/demo/run_demo.py

test: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python -m pytest

# Looks up every name of the vocabularies in the source of the oldest and newest releases that they
# speak of. `make test` does it for the standard library and a few small distributions.
check-vocabularies: $(VENV)/.dev
	$(BIN)/python -m tests.vocabularies

# Writes the golden files anew from what the tool does now: read the diff before you commit it.
golden: $(VENV)/.dev
	$(BIN)/python -m pytest --regenerate

# The tables of docs/evaluation.md and docs/performance.md, measured anew on released packages.
figures: $(VENV)/.dev
	$(BIN)/python benchmarks/real_code.py --write
	$(BIN)/python benchmarks/judged.py --write
	$(BIN)/python benchmarks/stress.py --write
	$(BIN)/python benchmarks/demo.py --write
	$(BIN)/python benchmarks/schedule.py --write
	$(BIN)/python -m benchmarks.oracle --write

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pexec needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo]'
	touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo,dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
