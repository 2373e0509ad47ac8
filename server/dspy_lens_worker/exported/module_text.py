"""The text of the Python module that makes a program again in plain DSPy, from the state beside it."""

import ast
import re
from pathlib import Path

from dspy_lens_worker import builtin_metrics
from dspy_lens_worker.exported.metric_text import built_in_text
from dspy_lens_worker.exported.running import SETTINGS, Running
from dspy_lens_worker.messages import MODULE_MARK, FieldOrder, Order, TargetOrder

HERE = Path(__file__).parent
IMPORTS = ("import inspect", "import json", "from pathlib import Path", "import dspy")
REMARK = re.compile(r"\s*# (?:type: ignore|noqa).*")  # for our own checks

HEAD = '''"""{target} as run {run} left it. {mark}: `build()` makes the program again, in plain DSPy."""
'''
STUDENT = '''
def student():
    """The program before it was optimized."""
{body}
'''
NAMED = '''
def named():
    """What of your code the program leans on."""
{body}
'''
METRIC = '''
def metric(example, prediction, trace=None):
    """The metric that demos must satisfy, called as the run called it."""
{body}
'''
KNN = '''
def build(program=None):
    """The optimized program; it is made around `program` where one is given."""
    path = Path(__file__).with_suffix(".json")
    program = program or student()
    program.load(path)
    settings = json.loads(path.read_text("utf-8"))["metadata"]["dspy_lens"]["{key}"]
    return assemble(program, settings, metric, {named})
'''
ENSEMBLE = '''
def build(program=None):
    """The optimized program; its members are copies of `program` where one is given."""
    path = Path(__file__).with_suffix(".json")
    program = program or student()
    settings = json.loads(path.read_text("utf-8"))["metadata"]["dspy_lens"]["{key}"]
    members = [program.deepcopy() for _ in range(settings["members"])]
    joined = assemble(members, settings, {named})
    joined.load(path)
    return joined
'''


def module_text(order: Order, running: Running) -> str:
    """A module that needs DSPy, the state beside it and, where they can be imported, the user's own modules."""
    head = HEAD.format(target=order.target.name, run=order.run, mark=MODULE_MARK)
    parts: list[str] = []
    if running.kind == "knn" and (source := built_in_text(order.metric)):
        parts.append(source)
    parts += [own_text(running.kind), STUDENT.format(body=indented(student_lines(order.target)))]
    if running.kind == "knn":
        parts.append(METRIC.format(body=indented(metric_lines(order.metric))))
    if running.function:
        module, _, name = running.function.partition(":")
        parts.append(NAMED.format(body=indented([imported(module, name), "", f"return {name}"])))
    build = KNN if running.kind == "knn" else ENSEMBLE
    parts.append(build.format(key=SETTINGS, named="named()" if running.function else "None"))
    return hoisted(head, "\n\n".join(it.strip("\n") + "\n" for it in parts))


def hoisted(head: str, text: str) -> str:
    """The text with its imports at the top, each once."""
    lines = text.splitlines()
    imports = {it for it in lines if it.startswith(("import ", "from "))} | {*IMPORTS}
    rest = "\n".join(it for it in lines if it not in imports)
    plain = sorted(it for it in imports if it.startswith("import ") and it != "import dspy")
    others = sorted(it for it in imports if it.startswith("from "))
    body = re.sub(r"\n{4,}", "\n\n\n", rest).strip("\n")
    return "\n".join([head, *plain, *others, "", "import dspy", "", "", body, ""])


def own_text(kind: str) -> str:
    """The text of the file that the run itself used, without its docstring."""
    text = (HERE / f"{kind}.py").read_text("utf-8")
    docstring = ast.parse(text).body[0]
    lines = text.splitlines()[docstring.end_lineno :]
    return "\n".join(REMARK.sub("", it) for it in lines).strip("\n") + "\n"


def student_lines(target: TargetOrder) -> list[str]:
    importable = all(it.isidentifier() for it in target.module.split("."))
    reached = importable and "<locals>" not in target.qualname and "#" not in target.qualname
    if target.kind == "program":
        return program_lines(target) if reached else give_one(target)
    if target.kind == "class" and reached and not target.path.endswith(".ipynb"):
        return [
            imported(target.module, target.qualname),
            "",
            f"return dspy.{wrapper(target)}({target.qualname})",
        ]
    text = target.literal or arrow(target)
    if not own_types(target):
        return [f"return dspy.{wrapper(target)}(dspy.Signature({text!r}))"]
    if not importable or target.path.endswith(".ipynb"):
        return give_one(target)
    return [
        f"import {target.module} as source",
        "",
        f"return dspy.{wrapper(target)}(dspy.Signature({text!r}, custom_types=vars(source)))",
    ]


def program_lines(target: TargetOrder) -> list[str]:
    name = target.qualname
    made = f"return {name}() if inspect.isclass({name}) else {name}.deepcopy()"
    return [imported(target.module, name), "", made]


def give_one(target: TargetOrder) -> list[str]:
    return [f'raise TypeError("{target.name} cannot be imported. Give the program to build().")']


def metric_lines(name: str) -> list[str]:
    if builtin_metrics.parse(name) is not None:
        return [
            "labels = {key: it for key, it in example.labels().items() if not key.startswith("
            '("dspy_", "augmented"))}',
            f"return score(parse({name!r}), labels, prediction)",
        ]
    module, _, function = name.partition(":")
    return [
        imported(module, function),
        "",
        f"given = (example, prediction, trace, None, None)[: len(inspect.signature({function}).parameters)]",
        f"result = {function}(*given)",
        'return float(getattr(result, "score", result))',
    ]


def imported(module: str, qualname: str) -> str:
    return f"from {module} import {qualname.partition('.')[0]}"


def wrapper(target: TargetOrder) -> str:
    return target.wrapper.removeprefix("dspy.")


def arrow(target: TargetOrder) -> str:
    sides = (", ".join(f"{it.name}: {it.type}" for it in side) for side in (target.inputs, target.outputs))
    return " -> ".join(sides)


def own_types(target: TargetOrder) -> set[str]:
    from dspy_lens_worker.student import PLAIN_TYPES, names_in

    fields: list[FieldOrder] = [*target.inputs, *target.outputs]
    return {name for it in fields for name in names_in(it.type)} - PLAIN_TYPES


def indented(lines: list[str]) -> str:
    return "\n".join(f"    {it}" if it else "" for it in lines)
