# Everything runs in .venv; a clean machine needs only Python 3.11, gcc, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
SEED ?= 1
SECONDS_OF_FUZZ ?= 60
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy

.PHONY: demo test browser lint types format bench faults fuzz web lock clean help
.DELETE_ON_ERROR:

help:
	@echo "make demo    start the whole product with a simulated city and open it in a browser"
	@echo "make test    everything, on real parts"
	@echo "make browser journeys in headless Chromium (ARGS=--screenshots renews docs/screenshots)"
	@echo "make lint types format bench faults fuzz web lock clean"

$(STAMP): requirements/dev.txt requirements/uv.txt pyproject.toml build_web.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11) and "Python 3.11 or newer is needed: set PYTHON=/path/to/python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r requirements/uv.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/dev.txt
	MOTORPOOL_SKIP_WEB=1 $(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

web: $(STAMP)
	$(BIN)/python build_web.py

demo: web
	$(BIN)/motorpool demo $(ARGS)

test: lint types web
	$(BIN)/python -m pytest $(ARGS)

browser: web
	$(BIN)/python -m pytest tests/browser $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(STAMP)
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: web
	$(BIN)/motorpool bench --json bench.json

fuzz: $(STAMP)
	$(BIN)/python -m tests.ingest.jt808.fuzz -max_total_time=$(SECONDS_OF_FUZZ)

faults: web
	$(BIN)/python -m pytest tests/faults --long --seed $(SEED)

lock: $(STAMP)
	cd requirements && ../$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header dev.in -o dev.txt
	cd requirements && ../$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header uv.in -o uv.txt

clean:
	rm -rf $(VENV) fleet/static fleet/web/node_modules
