"""What DSPy calls its things, and what its predictors are made of."""

import sys

SIGNATURE = "Signature"
MODULE = "Module"
INPUT, OUTPUT = "InputField", "OutputField"
MAKERS = frozenset({"Signature", "make_signature", "ensure_signature"})
"""What makes a signature of a string and its instructions."""

DERIVING = frozenset({"with_instructions", "append_instructions", "with_updated_fields"})
DERIVING |= {"append", "prepend", "insert", "delete"}
"""Methods of a signature that make another one."""

INNER: dict[str, tuple[str, ...]] = {
    "Predict": ("",),
    "ChainOfThought": ("predict",),
    "MultiChainComparison": ("predict",),
    "ReAct": ("react", "extract.predict"),
    "ReActV2": ("react",),
    "ProgramOfThought": ("code_generate.predict", "code_regenerate.predict", "generate_output.predict"),
    "CodeAct": ("codeact", "extractor.predict"),
    "RLM": ("generate_action", "extract"),
    "Flex": (),
    "TypedPredictor": ("predictor",),
    "TypedChainOfThought": ("predictor",),
    "ChainOfThoughtWithHint": ("predict",),
}
"""Classes that take a signature, each with the names of the predictors inside; "" is the thing itself.

The last ones are gone from DSPy, not from the programs that people have.
"""

AROUND = frozenset({"BestOfN", "Refine"})
"""Classes that take a module and keep it as `module`."""

OPTIMIZERS = frozenset(
    {"LabeledFewShot", "BootstrapFewShot", "BootstrapFewShotWithRandomSearch", "BootstrapRS"}
    | {"BootstrapFewShotWithOptuna", "COPRO", "MIPROv2", "GEPA", "SIMBA", "InferRules", "KNNFewShot"}
    | {"Ensemble", "BootstrapFinetune", "BetterTogether", "AvatarOptimizer", "Teleprompter"}
    | {"SignatureOptimizer", "BayesianSignatureOptimizer", "MIPRO"}
)
"""Classes with a `compile`, those of earlier versions of DSPy included."""

EVALUATE = "Evaluate"
PREDICTORS = frozenset(INNER)
EXPORTED = frozenset(
    {SIGNATURE, MODULE, "Program", INPUT, OUTPUT, "Example", *MAKERS, *PREDICTORS, *AROUND}
    | {EVALUATE, "load", *OPTIMIZERS}
)
"""What `from dspy import *` brings, as far as it matters here."""

PROGRAMS = frozenset({MODULE, "Program", *PREDICTORS, *AROUND})
DOERS = PROGRAMS | OPTIMIZERS | {EVALUATE}
OWN_REPOSITORY = ("dspy/signatures/signature.py", "dspy/primitives/module.py", "dspy/predict/predict.py")


def dspy_name(dotted: str) -> str | None:
    """`Predict` of `dspy.predict.predict.Predict`; None when it is nothing of DSPy's that matters here."""
    head, _, tail = dotted.rpartition(".")
    if tail in EXPORTED and (head == "dspy" or head.startswith("dspy.")):
        return tail
    return None


def is_other(dotted: str) -> bool:
    """Whether a class is Python's or pydantic's, so that nothing below it is a signature on its account."""
    top = dotted.partition(".")[0]
    return top == "pydantic" or top in sys.stdlib_module_names
