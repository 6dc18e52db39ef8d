# Everything from a fresh clone: `make site`, `make test`. On Windows see README.md for the same steps without make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PACKAGE := $(shell find bcsp_analysis -type f -not -name '*.pyc' 2>/dev/null)

.PHONY: site test check bench calibrate lab notebooks pictures lock clean help
.DEFAULT_GOAL := help

help: ## List the commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q bcsp_analysis
	@touch $@

# Quarto is tried once; without it the embedded engine publishes the same site.
$(VENV)/quarto-tried: $(VENV)/installed requirements-quarto.lock
	@$(BIN)/python -m bcsp_analysis.publish.quarto install requirements-quarto.lock
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

.venv-lab/installed: requirements-lab.lock pyproject.toml
	$(PYTHON) -m venv .venv-lab
	.venv-lab/bin/python -m pip install --quiet --require-hashes -r requirements-lab.lock
	.venv-lab/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

site: $(VENV)/quarto-tried ## Check the data, run the notebooks, publish the site to _site/
	$(BIN)/bcsp build

test: $(VENV)/installed-dev ## Run every test: code, notebooks, pages of the built site
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder --nbval-lax --nbval-current-env --nbval-sanitize-with tests/nbval.cfg tests notebooks/*.ipynb

check: $(VENV)/installed-dev ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

calibrate: $(VENV)/installed ## Measure how often the suite is wrong, where the truth is known (about half an hour)
	$(BIN)/python -m benchmarks.calibration

bench: $(VENV)/installed ## Measure the speed, print the table, write benchmarks/results.md
	$(BIN)/python -m benchmarks.speed

notebooks: $(VENV)/installed ## Re-execute the committed notebooks in place
	$(BIN)/bcsp refresh

pictures: $(VENV)/installed-dev ## Take the README's pictures of the built site
	$(BIN)/python docs/pictures.py

lab: .venv-lab/installed ## Edit the notebooks in JupyterLab
	.venv-lab/bin/jupyter lab notebooks

lock: $(VENV)/installed-dev ## Resolve the locked versions anew
	$(PIP) install --quiet uv
	$(BIN)/uv pip compile pyproject.toml build-requirements.in $(LOCK) -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev $(LOCK) -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile pyproject.toml build-requirements.in --extra lab $(LOCK) -c requirements.lock -o requirements-lab.lock

LOCK := --upgrade --universal --generate-hashes --no-header --no-annotate --quiet

clean: ## Remove what was built, keep the environments
	rm -rf _site build .pytest_cache .mypy_cache .ruff_cache
