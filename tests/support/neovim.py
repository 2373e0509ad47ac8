"""A headless Neovim that runs the set-up of docs/neovim.md, and is asked and told things from outside."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent.parent
INSTALL = "apt-get install -y --no-install-recommends neovim"
DEADLINE = 60_000  # milliseconds that something may take to appear

# What the tests ask Neovim: waiting is done inside of it, where events are.
QUESTIONS = """
local T = {}

function T.texts(buffer)
  local texts = {}
  for _, lens in ipairs(vim.lsp.codelens.get(buffer or 0)) do
    table.insert(texts, lens.command.title)
  end
  return texts
end

function T.wait_for_lens(pattern)
  vim.wait(DEADLINE, function()
    return table.concat(T.texts(), "\\n"):find(pattern) ~= nil
  end, 20)
  return T.texts()
end

-- Answers are typed ahead: which of the two lenses, and then whatever the server asks.
function T.run_lens(line, answers, pattern)
  vim.api.nvim_win_set_cursor(0, { line, 0 })
  vim.api.nvim_feedkeys(answers, "t", false)
  vim.lsp.codelens.run()
  return T.wait_for_lens(pattern)
end

function T.hover(line)
  vim.api.nvim_win_set_cursor(0, { line, 7 })
  vim.lsp.buf.hover()
  local text
  vim.wait(DEADLINE, function()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= "" then
        text = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), "\\n")
      end
    end
    return text ~= nil
  end, 20)
  return text
end

function T.client() return (vim.lsp.get_active_clients()[1] or {}).id end

function T.wait_for_another_client(than)
  vim.wait(DEADLINE, function() return T.client() ~= nil and T.client() ~= than end, 20)
  return T.client()
end

return T
""".replace("DEADLINE", str(DEADLINE))


def documented() -> str:
    """The Lua file of the page."""
    page = (PROJECT / "docs" / "neovim.md").read_text("utf-8")
    found = re.search(r"^```lua\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def executable() -> str:
    """Neovim; installed when it is missing and that is possible, else the command to install it is said."""
    found = shutil.which("nvim")
    if found is None and os.getuid() == 0 and shutil.which("apt-get"):
        subprocess.run(INSTALL.split(), check=False, capture_output=True)
        found = shutil.which("nvim")
    assert found is not None, f"These tests need Neovim. Install it with: sudo {INSTALL}"
    return found


@dataclass(frozen=True, slots=True)
class Neovim:
    socket: Path
    program: str

    def ask(self, call: str, *arguments: object) -> Any:
        """What one of QUESTIONS answers."""
        given = ", ".join(f"vim.json.decode([==[{json.dumps(it)}]==])" for it in arguments)
        lua = f"vim.json.encode({{ answer = require('questions').{call}({given}) }})"
        command = [self.program, "--server", str(self.socket), "--remote-expr", f"luaeval({vim_string(lua)})"]
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout or said.stderr).get("answer")


def vim_string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def neovim(folder: Path, file: Path, environment: dict[str, str]) -> Iterator[Neovim]:
    """Neovim with a file open, as a user with no other set-up has it."""
    program = executable()
    lua = folder / "config" / "nvim" / "lua"
    lua.mkdir(parents=True)
    (lua / "dspy_lens.lua").write_text(documented(), "utf-8")
    (lua / "questions.lua").write_text(QUESTIONS, "utf-8")
    (lua.parent / "init.lua").write_text('require("dspy_lens")\n', "utf-8")
    socket = folder / "nvim"
    homes = {f"XDG_{it}_HOME": str(folder / it.lower()) for it in ("CONFIG", "DATA", "STATE", "CACHE")}
    # Neovim says that it listens by writing its address; a pipe is a thing to wait for.
    ready = ["-c", "call writefile([v:servername], '/dev/stderr')"]
    with subprocess.Popen(
        [program, "--headless", "--listen", str(socket), *ready, str(file)],
        env={**environment, **homes},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            assert str(socket) in process.stderr.readline()
            yield Neovim(socket, program)
        finally:
            process.terminate()
