# Two commands on a fresh machine: `make demo` and `make test`. Each creates its virtual environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# One more than there are processors, because tests of crawls wait for the delays between requests.
JOBS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

# Unit tests use the processors all the time.
CHECK_JOBS ?= $(shell $(PYTHON) -c 'import os; print(os.cpu_count() or 1)')
# Tests start many processes: each would compile every module again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo check test docs lint types clean kill-rounds faulty-portals long-runs schedule-rounds fuzz counted benchmarks

demo: $(READY)
	$(BIN)/broadsheet demo --data demo-data

# Before each commit: lint, types, unit tests.
check: $(READY) lint types
	$(BIN)/pytest -n $(CHECK_JOBS) --dist loadfile -m "not slow" -q

test: $(READY) lint types
	$(BIN)/pytest -n $(JOBS) --dist loadfile --durations 25

docs: $(READY)
	$(BIN)/python docs/make_commands.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

# Long runs; the suite contains each with fewer rounds.
kill-rounds: $(READY)
	$(BIN)/python tests/archive/kill_rounds.py --rounds 300
	$(BIN)/python tests/portals/crawl_kills.py --articles 1000 --kills 50

faulty-portals: $(READY)
	$(BIN)/python tests/portals/faulty_portals.py --portals 50

long-runs: $(READY)
	PYTHONPATH=tests/portals:tests/support $(BIN)/python tests/portals/long_runs.py backlog
	PYTHONPATH=tests/portals:tests/support $(BIN)/python tests/portals/long_runs.py rereads
	PYTHONPATH=tests/portals:tests/support $(BIN)/python tests/portals/long_runs.py counted

schedule-rounds: $(READY)
	$(BIN)/python tests/crawler/schedule/schedule_rounds.py --sites 50 --kills 30
	$(BIN)/python tests/crawler/schedule/schedule_rounds.py --sites 50 --kills 30 --database postgresql

fuzz: $(READY)
	$(BIN)/python tests/archive/fuzz_reader.py --minutes 10
	$(BIN)/python benchmarks/extraction_fuzz.py --minutes 10
	$(BIN)/python benchmarks/hostile_inputs.py

counted: $(READY)
	$(BIN)/python benchmarks/politeness_counted.py

benchmarks: $(READY)
	$(BIN)/python benchmarks/archive_writing.py
	$(BIN)/python benchmarks/archive_reading.py
	$(BIN)/python benchmarks/archive_index.py
	$(BIN)/python benchmarks/archive_long_body.py
	$(BIN)/python benchmarks/politeness_cost.py
	$(BIN)/python benchmarks/frontier.py
	$(BIN)/python benchmarks/extraction_speed.py
	$(BIN)/python benchmarks/extraction_scores.py
	$(BIN)/python benchmarks/extraction_unseen.py
	$(BIN)/python benchmarks/site_add.py
	$(BIN)/python benchmarks/drift_alarms.py

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Broadsheet needs Python 3.11 or newer; choose one with make PYTHON=/path/to/python3.11' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
