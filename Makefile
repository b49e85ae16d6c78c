# make run     set up and start everything; prints `ready:` and the addresses. Ctrl-C stops it.
# make test    set up and run every test, with a real PostgreSQL, a real broker and a real browser.
# make lint    ruff, mypy and the import contracts.
# make docs    write the pages that are made from the code.
# make bench   measure speed.     make faults   kill things under load, for longer than the tests do.
# make lock    choose versions anew and pin them.
#
# Settings (docs/reference/configuration.md) are variables of make or of the environment:
#     make faults N=100 EVENTS=100000     trials of each fault, and events that a reader follows
#     make faults ONLY="sizes brokers"    some of the campaigns (docs/reliability.md)
#     make bench DATA=synthea-medium.tar.xz RESOURCES=1000000      Synthea bundles, and resources to search among
#     make bench CITIZENS=1000000         people to look one up among, and to open the charts of
#     make run EHR_PORT=9000 EHR_DATA=/somewhere EHR_DEMO=none
# A part of the tests:
#     make test TESTS="tests/ehr -k flush"
# The tests with a broker that runs already:
#     make test EHR_TEST_KAFKA=127.0.0.1:9092

.PHONY: run test lint docs bench faults lock programs
.NOTPARALLEL:

PYTHON ?= $(firstword $(shell command -v python3.11 python3))
TESTS ?= --numprocesses 2 --dist loadfile
HERE := .venv/bin/
NOTHING :=
VENV := .venv/of$(subst $(NOTHING) ,-,$(subst /,-,$(CURDIR)))
INSTALL := $(HERE)python -m pip install --quiet --disable-pip-version-check --no-input
OWN := $(INSTALL) --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .

run: $(VENV)/run
	@exec $(HERE)ehr run

test: programs $(VENV)/test
	@echo "test: every test, with a real PostgreSQL, a real broker and a real browser"
	@$(HERE)python -m pytest $(TESTS)

lint: $(VENV)/test
	$(HERE)ruff format --check .
	$(HERE)ruff check .
	$(HERE)mypy
	$(HERE)lint-imports --no-logo

docs: $(VENV)/test
	$(HERE)python -m backbone.reference

bench: $(VENV)/test
	$(HERE)python -m benchmarks $(DATA)
	$(HERE)python -m benchmarks.searching $(DATA) --resources $(or $(RESOURCES),20000)
	$(HERE)python -m benchmarks.lookup --citizens $(or $(CITIZENS),20000)
	$(HERE)python -m benchmarks.clinician --citizens $(or $(CITIZENS),100000) --pages

faults: $(VENV)/test
	$(HERE)python -m tests.faults $(or $(N),10) $(or $(EVENTS),100000) $(ONLY)

# An environment that was made in another place (a checkout that was moved or copied) is made anew: its commands
# still point to where they were.
$(VENV):
	@echo "setup: making .venv with $(PYTHON)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "Python 3.11 is needed: make PYTHON=…")'
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@mkdir -p $@

$(VENV)/run: requirements.lock pyproject.toml | $(VENV)
	@echo "setup: installing the packages of requirements.lock"
	@$(INSTALL) --require-hashes --requirement requirements.lock
	@$(OWN)
	@touch $@

$(VENV)/test: requirements-test.lock $(VENV)/run | $(VENV)
	@echo "setup: installing the packages of requirements-test.lock"
	@$(INSTALL) --require-hashes --requirement requirements-test.lock
	@touch $@

# What the tests need of the system: a browser, and what fetches and runs a broker and a validator.
programs:
	@missing=; \
	for program in javac=openjdk-17-jdk-headless mvn=maven; do \
		command -v "$${program%=*}" >/dev/null || missing="$$missing $${program#*=}"; \
	done; \
	{ command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null \
		|| missing="$$missing chromium"; \
	if test -z "$$missing"; then :; \
	elif test "$$(id -u)" != 0; then \
		echo "make test needs more of the system; run first: sudo apt-get install$$missing" >&2; exit 1; \
	else \
		echo "setup: installing$$missing by apt"; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends $$missing; \
	fi

# Versions and hashes only: no address of an index gets into the lock files.
COMPILE := $(HERE)uv pip compile pyproject.toml --quiet --upgrade --generate-hashes --no-annotate --no-emit-index-url \
	--python-version 3.11 --python-platform x86_64-manylinux_2_34 --custom-compile-command "make lock"
lock: $(VENV)/test
	$(COMPILE) --extra install --output-file requirements.lock
	$(COMPILE) --extra install --extra test --constraints requirements.lock --output-file requirements-test.lock
