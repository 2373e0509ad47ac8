"""A target joined with its examples and metric, in a root of a few files."""

from pathlib import Path
from textwrap import dedent

from dspy_lens.source.join import ExampleFiles, join
from dspy_lens.source.python import Project, read_python
from dspy_lens.source.settings import SettingsTree
from dspy_lens.values.target import Target

QA = """
    import dspy
    {comment}
    class QA(dspy.Signature):
        question: str = dspy.InputField()
        answer: {type} = dspy.OutputField()
        confidence: float = dspy.OutputField()
"""
ROWS = '{"question": "a", "answer": "b"}\n{"question": "c", "answer": "d"}\n'


def qa(comment: str = "", type: str = "str") -> str:
    return QA.format(comment=f"# dspy-lens: {comment}" if comment else "", type=type)


def joined(root: Path, files: dict[str, str], name: str = "QA") -> Target:
    """The target of that name, in a root with these files."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(dedent(text))
    facts = {it: read_python(it, dedent(text)) for it, text in files.items() if it.endswith(".py")}
    project, tree = Project(facts), SettingsTree.read(root, None)
    definition = next(it for it in project.all() if it.qualname == name)
    path = definition.span.path
    place = lambda keys: tree.span(path, keys)  # noqa: E731
    return join(definition, tree.for_path(path), project, ExampleFiles(root), place)


def source(target: Target) -> tuple[str, str, int] | None:
    found = target.examples
    return (found.source, found.rule, len(found.examples)) if found else None


def codes(target: Target) -> list[tuple[str, int, str]]:
    return [(it.span.path, it.span.line, it.code) for it in target.problems]
