"""Which definition a program is of that some call is given: followed back to where it is made."""

import ast

from dspy_lens.source.python import known
from dspy_lens.source.python.facts import Class
from dspy_lens.source.python.following import DEEPEST, Following
from dspy_lens.source.python.names import External, Found
from dspy_lens.source.python.programs import Programs
from dspy_lens.source.python.reader import dotted
from dspy_lens.source.python.records import Lost, lost
from dspy_lens.source.python.shape import Origin, origin_of
from dspy_lens.source.python.shapes import Shapes
from dspy_lens.source.python.syntax import Spot

COPIES = frozenset({"deepcopy", "reset_copy", "copy.deepcopy", "copy.copy"})


class ProgramsGiven:
    def __init__(self, following: Following) -> None:
        self.following = following
        self.shapes = Shapes(following.names)
        self.programs = Programs(self.shapes)

    def origin(self, spot: Spot, depth: int = 0) -> Origin | Lost:
        """Where the program's class, or the signature of the predictor, is declared."""
        if depth > DEEPEST:
            return lost(spot, "is passed on too often")
        if isinstance(spot.node, ast.Name | ast.Attribute):
            before = self.following.back(spot)
            if before is None:
                return lost(spot, f"`{spot.name}` comes from what only running shows")
            return self.origin(before, depth + 1)
        if isinstance(spot.node, ast.Call):
            return self._of_call(spot, spot.node, depth)
        return lost(spot, "comes from what only running shows")

    def _of_call(self, spot: Spot, node: ast.Call, depth: int) -> Origin | Lost:
        name = dotted(node.func)
        made = self.following.meaning(spot, name) if name else None
        first = self._argument(spot, node)
        if isinstance(made, Found) and isinstance(made.binding, Class):
            if self.programs.is_program(made):
                return origin_of(made.where, made.binding.place)
            return lost(spot, f"`{name}` is no program that can be read")
        if isinstance(made, External) and made.dspy in known.PREDICTORS and first is not None:
            given = first.as_given()
            shape = self.shapes.of_value(given.expr, given.where, given.line)
            return shape.origin if shape and shape.origin else lost(spot, "has a signature of running code")
        if isinstance(made, External) and made.dspy in known.AROUND and first is not None:
            return self.origin(first, depth + 1)
        return self._passed_on(spot, node, first, depth)

    def _passed_on(self, spot: Spot, node: ast.Call, first: Spot | None, depth: int) -> Origin | Lost:
        """A copy, a compiled program, or what a function returns."""
        match node.func:
            case ast.Attribute(value=value, attr="deepcopy" | "reset_copy") if not node.args:
                return self.origin(spot.other(value), depth + 1)
            case ast.Attribute(attr="compile") if first is not None:
                return self.origin(first, depth + 1)
        if self.following.external(spot) in COPIES and first is not None:
            return self.origin(first, depth + 1)
        made = self.following.result(spot)
        if made is not None:
            return self.origin(made, depth + 1)
        return lost(spot, f"comes from `{dotted(node.func) or 'a call'}`, which only running shows")

    def _argument(self, spot: Spot, node: ast.Call) -> Spot | None:
        if node.args:
            return spot.other(node.args[0])
        names = ("signature", "student", "module", "program")
        return next((spot.other(it.value) for it in node.keywords if it.arg in names), None)
