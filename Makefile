# Two commands: `make demo` shows what SynthGen does, `make test` proves that it works here.
# Both set up .venv (and ffmpeg) the first time and reinstall nothing the second.

PYTHON ?= $(shell for p in python3.12 python3.11 python3.10 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$p && break; done)
PYTHON_NEWEST ?= $(shell for p in python3.13 "$$(pyenv prefix 3.13 2>/dev/null)/bin/python3.13"; do \
	$$p -c '' 2>/dev/null && echo $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup sources demo test test-slow test-newest web test-web lint ffmpeg browser constraints clean

help:  ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

setup: .venv/installed ffmpeg  ## make .venv and install SynthGen into it, pinned

demo: setup  ## the whole story in minutes: render, train, evaluate, separate, export, report
	.venv/bin/synthgen demo --out demo

# two processes at a time; each renders its own songs. A process that dies is not replaced: with
# loadfile, the one that comes instead may wait for ever
TWO = -n 2 --dist loadfile --max-worker-restart 0

test: setup lint  ## ruff, mypy and the quick test suite
	.venv/bin/python -m pytest $(TWO)

test-slow: setup browser  ## the tests that take minutes: whole demo, wheel, page in a browser
	.venv/bin/python -m pytest $(TWO) -m slow --ignore-glob "tests/test_web*"

web: .venv/installed  ## build web/dist, the page that separates without a server
	cd web && npm ci --silent --ignore-scripts
	.venv/bin/python web/model.py web/dist
	cd web && node build.mjs

test-web: setup browser  ## build web/dist and try it in Chromium
	.venv/bin/python -m pytest -m slow tests/test_web*.py

test-newest: .venv-newest/installed ffmpeg  ## the quick suite on the newest TensorFlow, as on Python 3.13 or macOS
	.venv-newest/bin/python -m pytest $(TWO)

lint: .venv/installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

# $(1): the Python that makes the environment
define install
	@test -n "$(1)" || { echo "make: $(2)" >&2; exit 2; }
	$(1) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,jax,museval,ray,serve,tune,vita,voices]'
	@# Its dependency pyaudio does not build everywhere, and is not needed to render.
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps tinysoundfont==0.3.7 \
	|| echo "tinysoundfont cannot be installed here: synthgen render works, but without --font"
	@touch $@
endef

.venv/installed: pyproject.toml constraints.txt
	$(call install,$(PYTHON),no Python 3.10 to 3.13 found: install one or call make with PYTHON=/path/to/python)

.venv-newest/installed: pyproject.toml constraints.txt
	$(call install,$(PYTHON_NEWEST),no Python 3.13 found: install one or call make with PYTHON_NEWEST=/path/to/python3.13)

# $(1): package for each package manager; $(2): command that it brings; $(3): what goes without it
define system
	@sh -c 'command -v $(2) >/dev/null && exit 0; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && apt-get install -y -qq $(1) >/dev/null; \
	elif command -v apt-get >/dev/null && sudo -n true 2>/dev/null; then \
	  sudo apt-get update -qq && sudo apt-get install -y -qq $(1) >/dev/null; \
	elif command -v brew >/dev/null; then brew install --quiet $(1); fi; \
	command -v $(2) >/dev/null || echo "$(2) is missing, so $(3): install it with your package manager"'
endef

# musdb needs ffmpeg on PATH; all else reads audio through Python packages.
ffmpeg:
	$(call system,ffmpeg,ffmpeg,MUSDB stem files cannot be read)

browser:
	$(call system,chromium chromium-driver,chromedriver,the page of synthgen serve is not tested)

# Synth engines for synthgen render --engines, a package at a time: one that is missing stops none.
SOURCES = amsynth whysynth xsynth-dssi hexter supercollider-server sonic-pi-server \
	sonic-pi-samples hydrogen-data hydrogen-drumkits csound-soundfont minuet-data denemo-data \
	timgm6mb-soundfont flite festival festvox-kdlpc16k festvox-italp16k festvox-itapc16k \
	festvox-czech-dita festvox-czech-krb festvox-czech-machac festvox-czech-ph \
	festvox-suopuhe-lj festvox-suopuhe-mv

sources:  ## install what Debian offers for synthgen render --engines all --recorded
	@sh -c 'command -v apt-get >/dev/null || { \
	  echo "make: no apt-get here: install what you want of $(SOURCES) by hand" >&2; exit 2; }; \
	root=$$([ "$$(id -u)" = 0 ] || echo "sudo -n"); $$root apt-get update -qq || true; \
	for name in $(SOURCES); do \
	  $$root apt-get install -y -qq --no-install-recommends $$name >/dev/null 2>&1 \
	  && echo "$$name is installed" || echo "$$name could not be installed"; done'

constraints: .venv/installed  ## pin every version anew, for all platforms and Pythons
	.venv/bin/uv pip compile --quiet --universal --python-version 3.10 --all-extras \
		--no-annotate --no-header pyproject.toml -o constraints.txt --upgrade

clean:  ## remove the environments and what the demo wrote
	rm -rf .venv .venv-newest demo
