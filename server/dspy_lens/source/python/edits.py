"""Edits that bring a result into the source: instructions, and the loading of an exported program."""

import json
import re
from dataclasses import dataclass, replace
from inspect import cleandoc

from dspy_lens.source.python.docplace import doc_place, style
from dspy_lens.source.python.expressions import Call, Ref, method_of
from dspy_lens.source.python.fields import span_of
from dspy_lens.source.python.opened import Opened
from dspy_lens.source.python.quoting import docstring, plain
from dspy_lens.source.python.uses import Made
from dspy_lens.values.definition import Definition, Kind, Span


@dataclass(frozen=True, slots=True)
class TextEdit:
    """The text that takes the place of a span; the span may be empty."""

    span: Span
    text: str


class NotThere(Exception):
    """The text does not hold the definition any more."""


def instructions_edit(text: str, definition: Definition, instructions: str) -> TextEdit:
    """What makes `instructions` the instructions of a signature, so that DSPy reads back exactly these.

    Raises NotThere when the text has moved on and the definition is gone from it.
    """
    file = Opened(definition.span.path, text)
    definition = file.flat(definition)
    if definition.kind is Kind.STRING:
        edit = _in_call(file, definition, instructions)
    else:
        edit = _in_class(file, definition, instructions)
    return _as_in(text, replace(edit, span=file.placed(edit.span)))


def load_edit(text: str, definition: Definition, artifact: str) -> TextEdit | None:
    """The line that loads an exported program right after it is made; None where that place is not certain."""
    file = Opened(definition.span.path, text)
    found = file.makings(file.flat(definition))
    if len(found) != 1 or f"load({json.dumps(artifact)}" in text:
        return None
    site, where = found[0]
    if not site.plain or site.attribute is None:
        return None
    span = span_of(where, site.statement)
    before = file.facts.lines[span.line - 1][: span.column]
    after = file.facts.lines[span.end_line - 1][span.end_column :].strip()
    if before.strip() or (after and not after.startswith("#")):
        return None
    loading = f"{site.attribute}.load({json.dumps(artifact, ensure_ascii=False)})"
    at = file.end(span.end_line)
    span = file.placed(span_of(replace(where, offset=0), at))
    return _as_in(text, TextEdit(span, f"\n{before}{loading}"))


def _in_class(file: Opened, definition: Definition, instructions: str) -> TextEdit:
    found = file.class_(definition)
    if found is None:
        raise NotThere(
            f"{definition.name} is no longer in {definition.span.path}. Save the file and try again."
        )
    block, declared, binding = found
    later = file.uses.shapes.later_doc(declared)
    if later is not None:
        span = span_of(replace(declared.where, offset=later[0]), later[1].value.place)
        return TextEdit(span, plain(instructions))
    place = doc_place(block, binding)
    if place is None:
        raise NotThere(f"{definition.name} cannot be read at the moment. Mend the class and try again.")
    literal = docstring(instructions, place.indent, place.quote, place.opened)
    return TextEdit(span_of(declared.where, place.place), f"{place.before}{literal}{place.after}")


def _in_call(file: Opened, definition: Definition, instructions: str) -> TextEdit:
    made = file.made(definition)
    if made is None:
        raise NotThere(
            f"{definition.name} is no longer in {definition.span.path}. Save the file and try again."
        )
    if made.derived is not None:
        return _in_derived(file, made, made.derived, instructions)
    if made.maker is not None:
        return _in_maker(file, made, made.maker, instructions)
    return _around(file, made, instructions)


def _in_derived(file: Opened, made: Made, derived: Call, instructions: str) -> TextEdit:
    """Sets what `with_instructions` is given, or puts one behind what else makes the signature."""
    end = span_of(made.where, derived.place)
    told = derived.argument(0, "instructions")
    if method_of(derived)[1] == "with_instructions" and told is not None:
        span = span_of(made.where, told.place)
        quote, opened = style(file.text(span))
        return TextEdit(span, _literal(instructions, _indent(file, span.line), quote, opened))
    literal = _literal(instructions, _indent(file, end.end_line))
    at = replace(end, line=end.end_line, column=end.end_column)
    return TextEdit(at, f".with_instructions({literal})")


def _in_maker(file: Opened, made: Made, maker: Call, instructions: str) -> TextEdit:
    """Sets the instructions of `dspy.Signature(…)`."""
    told = maker.argument(1, "instructions")
    if told is not None:
        span = span_of(made.where, told.place)
        quote, opened = style(file.text(span))
        return TextEdit(span, _literal(instructions, _indent(file, span.line), quote, opened))
    end = span_of(made.where, maker.place)
    inside = file.text(end)[:-1].rstrip()
    # A last comma is taken up; a comment behind it would swallow what is added, so it goes to a line of its own.
    comma = "" if inside.endswith(",") else ", "
    comma = f"\n{_indent(file, end.line)}, " if "#" in inside.rpartition("\n")[2] else comma
    literal = _literal(instructions, _indent(file, end.end_line))
    at = replace(end, line=end.end_line, column=end.end_column - 1, end_column=end.end_column - 1)
    return TextEdit(at, f"{comma}instructions={literal}" if _named(maker) else f"{comma}{literal}")


def _around(file: Opened, made: Made, instructions: str) -> TextEdit:
    """Puts `dspy.Signature(…, "instructions")` around the string of a predictor."""
    given = made.site.call.argument(0, "signature")
    assert given is not None
    span = span_of(made.where, given.place)
    line = made.where.offset + made.site.call.place.line
    func = made.site.call.func.dotted if isinstance(made.site.call.func, Ref) else ""
    name = file.signature_name(func, made.where, line)
    literal = _literal(instructions, _indent(file, span.line))
    text = f"{name or 'dspy.Signature'}({file.text(span)}, {literal})"
    return TextEdit(span, text) if name else _with_import(file, TextEdit(span, text))


def _with_import(file: Opened, edit: TextEdit) -> TextEdit:
    """The same edit, stretched so that it brings `import dspy` along."""
    lines = file.facts.lines
    first = next((n for n, it in enumerate(lines, 1) if re.match(r"(?:from|import)\s+dspy\b", it)), 1)
    first = min(first, edit.span.line)
    between = file.text(Span(edit.span.path, first, edit.span.line, 0, edit.span.column))
    return TextEdit(replace(edit.span, line=first, column=0), f"import dspy\n{between}{edit.text}")


def _literal(instructions: str, indent: str, quote: str = '"""', opened: bool = False) -> str:
    """The literal of a call: there DSPy takes an empty text for none given, and strips a blank one."""
    return docstring(instructions, indent, quote, opened) if cleandoc(instructions) else '" "'


def _named(maker: Call) -> bool:
    """Whether the signature is given by name, so that what follows must be too."""
    return not maker.args


def _indent(file: Opened, line: int) -> str:
    text = file.facts.lines[line - 1]
    return text[: len(text) - len(text.lstrip())] + "    "


def _as_in(text: str, edit: TextEdit) -> TextEdit:
    """The edit with the newlines of the file."""
    if "\r\n" in text:
        return replace(edit, text=edit.text.replace("\n", "\r\n"))
    return edit
