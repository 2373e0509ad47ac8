"""Names of DSPy that are gone or on their way out, with what takes their place."""

import ast
import re
from collections.abc import Iterator, Mapping

from dspy_lens.source.python.expressions import Place
from dspy_lens.source.python.facts import Block, Class, Function, Scope
from dspy_lens.source.python.fields import span_of
from dspy_lens.source.python.names import External, Names, Where
from dspy_lens.source.python.text import Lines, parse
from dspy_lens.values.definition import Problem, Severity

_MODELS = [
    "OpenAI",
    "AzureOpenAI",
    "MultiOpenAI",
    "Anthropic",
    "Claude",
    "Cohere",
    "Groq",
    "GROQ",
    "Google",
    "GoogleVertexAI",
    "Mistral",
    "OllamaLocal",
    "Ollama",
    "HFModel",
    "HFClientTGI",
    "HFClientVLLM",
    "Databricks",
    "Together",
    "Bedrock",
    "Sagemaker",
    "AWSMistral",
    "AWSAnthropic",
    "AWSMeta",
    "Snowflake",
    "CloudflareAI",
    "PremAI",
    "Clarifai",
    "ClarifaiLLM",
    "LlamaCpp",
    "ChatModuleClient",
    "TensorRTModel",
    "VLLMOfflineModel",
    "Watsonx",
]

REPLACED: Mapping[str, str] = {
    "TypedPredictor": "Predict",
    "TypedChainOfThought": "ChainOfThought",
    "ChainOfThoughtWithHint": "ChainOfThought",
    "MIPRO": "MIPROv2",
    "SignatureOptimizer": "COPRO",
    "BayesianSignatureOptimizer": "MIPROv2",
    "FunctionalModule": "Module",
    "Program": "Module",
}
"""Gone from `dspy`, each with the name that does the same today."""

_REFINE = "Use `dspy.Refine` or `dspy.BestOfN` with a reward function."
_RETRIEVE = "Call your retriever in `forward`, or give it to `dspy.ReAct` as a tool."
_LM = 'Use `dspy.LM("provider/model")`.'

ADVICE: Mapping[str, str] = {
    **dict.fromkeys(_MODELS, _LM),
    **dict.fromkeys(("Assert", "Suggest", "assert_transform_module", "backtrack_handler"), _REFINE),
    "TypedSignature": "Every `dspy.Signature` has types.",
    "functional": "Predictors take types now: use `dspy.Predict`.",
    "cot": "Use `dspy.ChainOfThought`.",
    "predictor": "Use `dspy.Predict`.",
    "retrieve": _RETRIEVE,
}
"""Gone from `dspy`, each with what to do instead."""

MODULES: Mapping[str, str] = {
    "dspy.functional": ADVICE["functional"],
    "dspy.retrieve": _RETRIEVE,
    "dspy.primitives.assertions": _REFINE,
    "dspy.primitives.program": "Import `Module` from `dspy`.",
    "dspy.modeling": _LM,
    "dspy.teleprompt.signature_opt_bayesian": "Use `dspy.MIPROv2`.",
    "dspy.teleprompt.mipro_optimizer": "Use `dspy.MIPROv2`.",
    "dspy.predict.chain_of_thought_with_hint": "Use `dspy.ChainOfThought`.",
    "dsp": "Everything is in `dspy`.",
}
"""Modules that are gone, each with what to do instead."""

DEPRECATED: Mapping[str, str] = {"ProgramOfThought": "RLM", "CodeAct": "RLM"}
"""Still there with a warning, gone in DSPy 3.5; each with DSPy's own advice."""

_PARTS = r"assertions|dsp|modeling|program|mipro_\w+|signature_opt_\w+|chain_of_\w+"
_ANY = re.compile(rf"\b({'|'.join([*REPLACED, *ADVICE, *DEPRECATED])}|{_PARTS})\b")


def removed_problems(block: Block, where: Where, names: Names) -> Iterator[Problem]:
    """What a block takes from DSPy that DSPy 3.4 does not have, or will not have for long.

    What stands in a `try`, or below a test of a version, is meant for other versions of DSPy too.
    """
    tree = parse(block.text) if _ANY.search(block.text) else None
    if tree is None:
        return
    lines = Lines(block.text)
    for node in _unguarded(tree):
        for code, message, severity in _said(node, _around(where, block.scope, node.lineno), names):
            end = node.end_lineno or node.lineno
            start = lines.column(node.lineno, node.col_offset)
            place = Place(node.lineno, end, start, lines.column(end, node.end_col_offset or 0))
            yield Problem(span_of(where, place), code, message, severity)


def _around(where: Where, scope: Scope, line: int) -> Where:
    """Where a line of a block looks names up: in the functions and classes around it."""
    for it in scope.bindings:
        if isinstance(it, Class | Function) and it.start <= line <= it.place.end_line:
            return _around(where.inside(it.scope), it.scope, line)
    return where


def _unguarded(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom | ast.Attribute]:
    stack = [tree]
    while stack:
        node = stack.pop()
        match node:
            case ast.Try() | ast.TryStar():
                continue
            case ast.If(test=test) if re.search(r"version|hasattr|TYPE_CHECKING", ast.unparse(test)):
                continue
            case ast.Import() | ast.ImportFrom() | ast.Attribute():
                yield node
        stack += reversed(list(ast.iter_child_nodes(node)))


def _said(
    node: ast.Import | ast.ImportFrom | ast.Attribute, where: Where, names: Names
) -> Iterator[tuple[str, str, Severity]]:
    match node:
        case ast.Import(names=aliases):
            for alias in aliases:
                yield from _module(alias.name, where, names)
        case ast.ImportFrom(module=str(module), level=0, names=aliases):
            gone = list(_module(module, where, names))
            yield from gone
            if (
                module in ("dspy", "dspy.teleprompt", "dspy.predict")
                and not gone
                and not _own(module, where, names)
            ):
                for alias in aliases:
                    yield from _name(alias.name)
        case ast.Attribute(value=ast.Name(id=owner), attr=attr):
            line = where.offset + node.lineno
            meaning = names.meaning(owner, where, line)
            if isinstance(meaning, External) and meaning.dotted == "dspy" and not _own("dspy", where, names):
                yield from _name(attr)


def _own(module: str, where: Where, names: Names) -> bool:
    """Whether it is a module of the workspace, not DSPy's."""
    return names.modules.absolute(module, where.path) is not None


def _module(module: str, where: Where, names: Names) -> Iterator[tuple[str, str, Severity]]:
    for gone, advice in MODULES.items():
        if (module == gone or module.startswith(f"{gone}.")) and not _own(module, where, names):
            if not _own(gone, where, names):
                yield "dspy-removed", f"DSPy 3.4 has no module `{gone}`. {advice}", Severity.ERROR
            return


def _name(name: str) -> Iterator[tuple[str, str, Severity]]:
    if name in REPLACED:
        yield "dspy-removed", f"DSPy 3.4 has no `{name}`. Use `{REPLACED[name]}`.", Severity.ERROR
    elif name in ADVICE:
        yield "dspy-removed", f"DSPy 3.4 has no `{name}`. {ADVICE[name]}", Severity.ERROR
    elif name in DEPRECATED:
        message = f"`{name}` goes with DSPy 3.5. DSPy recommends `{DEPRECATED[name]}` in its place."
        yield "dspy-deprecated", message, Severity.INFORMATION
