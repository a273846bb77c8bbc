# `make run` and `make test` are all a newcomer needs; each sets up what it uses.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The locks are whole: pip need not look for what a package asks for (and refuses extras without a hash if it does).
WHEELS := --no-deps --require-hashes --only-binary :all:
# JupyterLab otherwise looks for updates and news on the net.
QUIET := --LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate \
    --LabApp.news_url=None --LabApp.extension_manager=readonly
# mypy spends a quarter of its time on looking for garbage. It does not here, and takes 1.7 GB.
MYPY := 'import gc; gc.enable = gc.set_threshold = lambda *_: gc.disable(); \
    from mypy.__main__ import console_entry; console_entry()'

.PHONY: run test check suite bench proof clients terminal notebooks docs lab rooms snapshot lock clean

run: .venv/run.done
	$(BIN)/mitrovica run --snapshot own

# Both at once: mypy runs on one core.
test: .venv/dev.done
	$(MAKE) --no-print-directory --jobs 2 check suite

# Three workers on two cores, since a browser makes its test wait.  Long files first, short ones last,
# so that the workers end together.  Before the commands the maps:
# one worker makes the run that others read, and compiles the loops, while the other has no need of it.
suite: .venv/dev.done
	OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -m "not proof" -n 3 --dist loadfile \
	    --no-loadscope-reorder tests/maps tests/front tests/clients tests/privacy tests/office tests/geo tests/layers \
	    geo layers maps mitrovica --doctest-modules

check: .venv/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -c $(MYPY)
	$(BIN)/basedpyright
	$(BIN)/lint-imports

# Into tests/data/benchmarks.csv, which the documentation shows.
bench: .venv/dev.done
	$(BIN)/python tests/benchmarks/figures.py

# What a run writes in QGIS, PostGIS with pgRouting, khal and others; a line says what is not installed.
clients: .venv/dev.done
	$(BIN)/python -m pytest -rs tests/clients

terminal: .venv/dev.done
	REWRITE=1 $(BIN)/python -m pytest tests/front/test_terminal.py

proof: .venv/dev.done
	$(BIN)/python -c $(MYPY) --platform win32
	$(BIN)/python -m pytest -m proof
	$(BIN)/python -m pytest -m hypothesis --hypothesis-profile thorough
	$(MAKE) --no-print-directory docs

notebooks: .venv/dev.done
	$(BIN)/python -m pytest tests/front/test_notebooks.py

# Everything anew: pictures are of the code as it is.
docs: .venv/dev.done
	rm -rf build/docs site
	$(BIN)/sphinx-build --fail-on-warning --keep-going --nitpicky --quiet -d build/docs/doctrees \
	    notebooks site
	@echo Read site/index.html

lab: .venv/dev.done
	$(BIN)/jupyter lab --ip=127.0.0.1 --notebook-dir=notebooks $(QUIET)

rooms: .venv/dev.done
	$(BIN)/python tests/benchmarks/rooms.py

# The network of the shipped study, from the region's extract beside the checkout.
snapshot: .venv/dev.done
	$(BIN)/python -m layers.readers.osm.shipment ../shared/data/osm

# After a change to the dependencies. With `fewest` Python 3.11 to 3.13 get the same packages.
COMPILE := uv pip compile --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
    --no-annotate --no-header --no-emit-index-url --no-emit-find-links --only-binary :all: --all-extras pyproject.toml
lock:
	$(COMPILE) --group build -o requirements.lock
	$(COMPILE) --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv out build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try: make run PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/run.done: requirements.lock pyproject.toml | .venv/bin/python
	$(PIP) $(WHEELS) -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

.venv/dev.done: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(PIP) $(WHEELS) -r requirements-dev.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@
