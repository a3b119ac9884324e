# make study   sets up from nothing and runs the whole study on synthetic registers
# make test    sets up from nothing and runs the tests
# make help    lists the rest

PYTHON   ?= python3
VENV     := .venv
BIN      := $(VENV)/bin
READY    := $(VENV)/.ready
SCENARIO ?= default
PERSONS  ?= 20000
SEED     ?= 1
STUDY    ?= study/visstid_2009_2011.toml
RUN      ?= run
RELEASE  ?= reports/visstid_2009_2011

export PYTHONHASHSEED := 0
export MPLBACKEND     := Agg

.PHONY: study test check format proof coverage million bench lock clean help

study: $(READY)  ## the whole study on synthetic registers: report, figures, tables, notebooks
	$(BIN)/evaluation synthesize --scenario $(SCENARIO) --persons $(PERSONS) --seed $(SEED) --out $(RUN)/delivery
	$(BIN)/evaluation run $(STUDY) --registers $(RUN)/delivery/registers --work $(RUN)/work --release $(RELEASE)
	$(BIN)/evaluation notebooks $(STUDY) --registers $(RUN)/delivery/registers --work $(RUN)/work --out reports/notebooks

test: $(READY)  ## all tests
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=12

check: $(READY)  ## style
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: $(READY)  ## rewrite to the house style
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

proof: $(READY)  ## slow proofs against the known truth; writes docs/proofs.md
	$(BIN)/python -m tests.proofs.known_truth

coverage: $(READY)  ## coverage of the estimators over thousands of small populations (hours; resumes); writes docs/coverage.md
	$(BIN)/python -m tests.proofs.coverage.timing $(RUN)/coverage
	$(BIN)/python -m tests.proofs.coverage $(RUN)/coverage

million: $(READY)  ## a million persons simulated, validated and assembled; writes docs/scale.md
	$(BIN)/python -m tests.proofs.scale

bench: $(READY)  ## matching against its floors (and MatchIt, where R has it); writes docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks.matching

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; set PYTHON=/path/to/python3" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

lock: $(READY)  ## resolve the dependencies anew (needs a package index)
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
	    --exclude-newer $$(date -d '7 days ago' +%F) --group dev pyproject.toml -o requirements.lock

clean:  ## remove what runs have made (not the environment)
	rm -rf $(RUN) reports/visstid_2009_2011 reports/notebooks

help:  ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12
