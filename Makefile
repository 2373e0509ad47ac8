# Everything that the project needs is made here; `make demo` and `make test` are all a newcomer types.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

CLIENT := client-vscode
CLIENT_READY := $(CLIENT)/node_modules/.ready
VSIX := dspy-lens.vsix
NPM := cd $(CLIENT) && PATH="$(CURDIR)/$(BIN):$$PATH" npm --no-audit --no-fund

.PHONY: demo test check client rig test-server test-neovim test-vscode vsix pictures format bench estimates clean

demo: $(READY)
	@$(BIN)/dspy-lens demo

# All of it, in the order in which a mistake shows soonest.
test: check client rig test-server test-neovim test-vscode

# What the editors of the tests need; says which command installs what cannot be installed here.
rig: $(READY)
	@tests/vscode/setup.sh

test-server: $(READY)
	$(BIN)/pytest -n 2 --dist loadfile

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The TypeScript client: compiled strictly, linted, tested and bundled, with the Node.js of the lock file.
client: $(CLIENT_READY)
	$(NPM) run --silent check
	$(NPM) run --silent test
	$(NPM) run --silent build

# The packaged extension, with the wheel of the server in it. WHEELS=1 adds all that it depends on, for this platform,
# so that the extension installs its server offline; the package then names its platform.
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
WHEEL_PYTHONS := 3.11 3.12 3.13
vsix: client
	rm -rf $(CLIENT)/server dist/$(VSIX)
	$(PIP) wheel --no-deps --wheel-dir $(CLIENT)/server .
	$(if $(WHEELS),for it in $(WHEEL_PYTHONS); do $(PIP) download --only-binary=:all: --python-version $$it \
		--dest $(CLIENT)/server $(CLIENT)/server/dspy_lens-*.whl || exit 1; done)
	mkdir -p dist
	$(NPM) run --silent package -- --out ../dist/$(VSIX) $(if $(WHEELS),--target $$(node -p "process.platform + '-' + process.arch"))

# The packaged extension in the real workbench, driven by a browser. It carries its wheels: one of the workbenches
# has neither server nor network.
test-vscode: WHEELS := 1
test-vscode: rig vsix
	$(BIN)/python tests/vscode/run.py dist/$(VSIX)

# The same, keeping what the user at the workbench saw as the pictures of the pages.
pictures: WHEELS := 1
pictures: rig vsix
	$(BIN)/python tests/vscode/run.py dist/$(VSIX) --pictures docs/pictures
	for it in $(CLIENT)/media/pictures/*.png; do cp docs/pictures/$$(basename $$it) $$it; done

# The set-up of docs/neovim.md in a real Neovim.
test-neovim: rig
	$(BIN)/pytest tests/neovim

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Estimates against counted runs of every optimizer, written to its page; goes on where it was stopped.
estimates: $(READY)
	$(BIN)/python tests/bench/bench_estimates.py --write docs/estimates.md

bench: $(READY)
	$(BIN)/python tests/bench/all.py

clean:
	rm -rf .rig $(CLIENT)/server $(CLIENT)/node_modules $(CLIENT)/out $(CLIENT)/dist $(VENV) .mypy_cache .ruff_cache .pytest_cache build dist

# Pinned by the lock file, with the hash of each archive; compiled now, so that the first start is quick.
$(READY): pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	$(BIN)/python -m compileall -q server
	@touch $(READY)

$(CLIENT_READY): $(READY) $(CLIENT)/package.json $(CLIENT)/package-lock.json
	$(NPM) ci --silent
	@touch $(CLIENT_READY)
