# `make demo` to see it work, `make tour` for the rest of the job, `make test` to know that it does, `make docs` to read all of it.
# They make .venv first, for which they need Python 3.11 or newer and a package index. The
# demo needs little of it; the others add the development tools.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := $(VENV)/.demo
INSTALLED := $(VENV)/.installed
ifneq ($(shell command -v uv),)  # faster, and not needed
CREATE := uv venv --quiet --allow-existing --seed --python $(PYTHON)
INSTALL := uv pip install --quiet --python $(BIN)/python
else
CREATE := $(PYTHON) -m venv
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif
CODE := runloop_async pytest_runloop_async.py tests examples benchmarks

.DEFAULT_GOAL := test
.PHONY: walk-newest demo tour docs test check format lint types floors tests some-tests other-tests law truth invariants matrix wheel clean

demo: $(DEMO)
	$(BIN)/python -m runloop_async demo

# From runs to a report, with the extras that this needs.
tour: $(DEMO)
	$(INSTALL) --editable '.[cli,frames,report]'
	$(BIN)/python -m runloop_async tour

# The page of all endpoints, and the reference of all names in build/docs/index.html.
# The newest official client, which no longer has benchmarks, walks the emulator too.
walk-newest: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --no-deps --upgrade \
		--target build/official runloop-api-client==3.0.0
	PYTHONPATH=build/official $(BIN)/python -m pytest -q \
		tests/testing/test_official_client.py

docs: $(INSTALLED)
	$(BIN)/python -m tests.docs.api > docs/api.md
	$(BIN)/python -W error -m tests.docs.reference build/docs

test: check wheel

check: lint types floors tests

$(DEMO): pyproject.toml
	$(CREATE) $(VENV)
	$(INSTALL) --editable '.[cli]'
	touch $@

$(INSTALLED): $(DEMO)
	$(INSTALL) --editable '.[dev]'
	touch $@

format: $(INSTALLED)
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

lint: $(INSTALLED)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)

types: $(INSTALLED)
	$(BIN)/mypy
	$(BIN)/pyright

floors: $(INSTALLED)
	$(BIN)/lint-imports

tests: $(INSTALLED)
	$(BIN)/coverage erase
	$(MAKE) --jobs=2 --output-sync some-tests other-tests
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# Two halves, of about the same length, for two processors.
SOME := tests/faults tests/pacing tests/sending

some-tests:
	$(BIN)/coverage run --parallel-mode -m pytest -q $(SOME)

other-tests:
	$(BIN)/coverage run --parallel-mode -m pytest -q $(SOME:%=--ignore=%)

# The law of decoding, on a thousand documents of every model.
law: $(INSTALLED)
	LAW_EXAMPLES=1000 $(BIN)/python -m pytest -q tests/convert/test_straight.py

# Ten thousand schedules of all that paces a client.
invariants: $(INSTALLED)
	INVARIANTS=10000 $(BIN)/python -m pytest -q --timeout 600 \
		tests/pacing/test_invariants.py

# Ten thousand calls on each path, twice: with a server and a caller that misbehave, and
# in batches with nights, outages and quotas between them.
truth: $(INSTALLED)
	TRUTH_SEEDS=100 $(BIN)/python -m pytest -q tests/sending/test_truth.py
	TRUTH_SEEDS=70 $(BIN)/python -m pytest -q tests/sending/test_truth_batches.py

# The whole suite on the lowest and the newest allowed versions, on every Python found.
matrix:
	$(PYTHON) tests/matrix.py

# What is installed is what must work: the checkout is not importable from there.
wheel: $(INSTALLED)
	rm -rf build/wheel
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir build/wheel .
	$(PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/python -m pip install --quiet build/wheel/*.whl
	cd build/wheel && venv/bin/python -m runloop_async demo --runs 200

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
