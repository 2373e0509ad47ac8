"""The `dspy-lens` command."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb and returns its exit code."""
    argv = sys.argv[1:] if argv is None else list(argv)
    if argv[:1] == ["lsp"]:
        # An editor waits for this: nothing but the standard library may be imported on the way.
        from dspy_lens.daemon.pump import leave
        from dspy_lens.daemon.pump import main as pump

        leave(pump(argv[1:]))
    from dspy_lens.cli.dispatch import dispatch

    return dispatch(argv)


if __name__ == "__main__":
    sys.exit(main())
