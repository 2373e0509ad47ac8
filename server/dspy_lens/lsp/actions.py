"""Quick fixes: what mends the problems of a place, as edits of the text that the editor has."""

from lsprotocol import types

from dspy_lens.lsp.convert import diagnostic
from dspy_lens.lsp.edits import workspace_edit
from dspy_lens.lsp.problems import problems_by_path, text_for
from dspy_lens.lsp.session import Session
from dspy_lens.source.fixes import FIXABLE, Fix, fixes
from dspy_lens.values.definition import Problem
from dspy_lens.workspace.packages import PACKAGE


async def quick_fixes(
    session: Session, path: str, cell: int | None, wanted: types.Range
) -> list[types.CodeAction]:
    """The fixes of the problems that touch a range of an open document."""
    found = (await problems_by_path(session, await session.snapshot())).get((path, cell), ())
    text = session.content(path, cell)
    if text is None:
        return []
    where = await text_for(session, path, cell)
    here = [it for it in found if touches(where.range(it.span), wanted)]
    edits = [
        await _action(session, problem, fix, diagnostic(problem, where))
        for problem in here
        if problem.code in FIXABLE
        for fix in fixes(problem, text)
    ]
    return edits + [_installing(diagnostic(it, where)) for it in here if it.code == PACKAGE]


def _installing(told: types.Diagnostic) -> types.CodeAction:
    """The command that hands over what to type: an installation is nothing that an edit could do."""
    title = "Install what the optimizer needs…"
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[told],
        is_preferred=True,
        command=types.Command(title, "dspyLens.install", arguments=[{}]),
    )


async def _action(session: Session, problem: Problem, fix: Fix, told: types.Diagnostic) -> types.CodeAction:
    return types.CodeAction(
        title=fix.title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[told],
        is_preferred=fix.preferred or None,
        edit=await workspace_edit(session, {problem.span.path: fix.edits}),
    )


def touches(one: types.Range, other: types.Range) -> bool:
    """Whether two ranges share a line: a cursor anywhere on the line of a problem is meant."""
    return one.start.line <= other.end.line and other.start.line <= one.end.line
