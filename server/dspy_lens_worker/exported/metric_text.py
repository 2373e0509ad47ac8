"""The text of a built-in metric, so that it can be used where this package is not."""

import ast
from pathlib import Path

from dspy_lens_worker import builtin_metrics, plain

ROOTS = ("parse", "score")


def built_in_text(name: str) -> str | None:
    """All that the built-in metrics need, as source text; None where `name` is not one of them."""
    if builtin_metrics.parse(name) is None:
        return None
    wanted, order = list(ROOTS), dict(statements())
    found: dict[str, tuple[int, str]] = {}
    while wanted:
        it = wanted.pop()
        if it in found or it not in order:
            continue
        position, text, uses = order[it]
        found[it] = (position, text)
        wanted += uses
    texts = dict.fromkeys(text for _, text in sorted(found.values()))
    lines = [it for it in texts if it.startswith(("import ", "from "))]
    return "\n".join([*sorted(lines), "", *(f"\n{it}\n" for it in texts if it not in lines)])


def statements() -> dict[str, tuple[int, str, list[str]]]:
    """What is defined at the top of the two files: its place, its text and the names that it uses."""
    found: dict[str, tuple[int, str, list[str]]] = {}
    for module in (plain, builtin_metrics):
        text = Path(str(module.__file__)).read_text("utf-8")
        for node in ast.parse(text).body:
            uses = sorted({it.id for it in ast.walk(node) if isinstance(it, ast.Name)})
            for name, piece in pieces(node, text):
                found.setdefault(name, (len(found), piece, uses))
    return found


def pieces(node: ast.stmt, text: str) -> list[tuple[str, str]]:
    """The names that a statement brings, each with its text. Imports from this package bring none."""
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            first = min([node.lineno, *(it.lineno for it in node.decorator_list)])
            lines = text.splitlines()[first - 1 : node.end_lineno]
            return [(node.name, "\n".join(lines))]
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return [(name, ast.get_source_segment(text, node) or "")]
        case ast.Import():
            return [(it.asname or it.name, ast.unparse(ast.Import([it]))) for it in node.names]
        case ast.ImportFrom(module=str(module)) if not module.startswith("dspy_lens"):
            return [(it.asname or it.name, ast.unparse(ast.ImportFrom(module, [it], 0))) for it in node.names]
    return []
