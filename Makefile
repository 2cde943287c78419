# Short targets; each installs what it needs into .venv first.
PYTHON ?= python3
BIN = .venv/bin
export OMP_NUM_THREADS ?= 1

.PHONY: report test test-fast test-oldest test-browser lint format docs dist clean

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	touch $@

report: .venv/installed
	$(BIN)/python experiments/run_all.py

test: .venv/installed lint
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

test-fast: .venv/installed
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not slow and not corpora and not browser"

# The oldest versions have wheels for Python 3.11 and 3.12 alone.
.venv-oldest/installed: pyproject.toml constraints-oldest.txt
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints-oldest.txt --editable ".[dev]"
	touch $@

test-oldest: .venv-oldest/installed
	.venv-oldest/bin/python -m pytest -q -n 2 --dist worksteal -m "not slow and not corpora and not browser"

test-browser: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev,browser]"
	$(BIN)/python -m pytest -q -m browser tests/report tests/serve

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Warnings are errors; the first page is docs/_build/html/index.html.
docs: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev,docs]"
	rm -rf docs/_build docs/figures docs/reference/generated
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html

dist: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev,release]"
	rm -rf build dist
	$(BIN)/python -m build --quiet
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl

clean:
	rm -rf .venv .venv-oldest build dist *.egg-info docs/_build docs/figures docs/reference/generated
