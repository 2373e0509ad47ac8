"""Starts a run (`__main__.py RUN_FOLDER`), the measurer (`--measure`) or what gives examples (`--examples`).

The package is made importable by its own file, so that nothing that lies beside it gets onto `sys.path`.
"""

import faulthandler
import os
import signal
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

NAME = "dspy_lens_worker"
USED_WRONGLY = 2


def make_importable() -> None:
    """Lets `import dspy_lens_worker` work, and takes this folder off the search path."""
    folder = Path(__file__).resolve().parent
    sys.path[:] = [it for it in sys.path if not it or Path(it).resolve() != folder]
    if NAME in sys.modules:
        return
    spec = spec_from_file_location(NAME, folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)


def close_stdin() -> None:
    """User code that asks for input gets end of file at once, instead of waiting for nobody."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)


def main(arguments: list[str]) -> int:
    make_importable()
    # Prices come from the list that DSPy brings; neither DSPy nor LiteLLM fetches one.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    if arguments == ["--measure"]:
        from dspy_lens_worker import measure

        return int(measure.main() or 0)
    if arguments == ["--examples"]:
        from dspy_lens_worker import giving

        sys.argv[1:] = []
        return giving.main()
    if len(arguments) != 1:
        sys.stderr.write("usage: __main__.py RUN_FOLDER | --measure | --examples\n")
        return USED_WRONGLY
    close_stdin()
    # User code that reads its arguments at import must not take ours for its own.
    sys.argv[1:] = []
    # A crash inside a C extension says at least where.
    faulthandler.enable()
    # Until somebody listens, signals wait.
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    from dspy_lens_worker import run

    return run.main(Path(arguments[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
