import dspy
from dspy import InputField, OutputField

by_name = dspy.Signature({name: dspy.InputField() for name in ("a", "b")} | {"c": dspy.OutputField()}, "Joined.")
mapped = dspy.Signature({**{name: (str, InputField()) for name in ["a", "b"]}, "c": (int, OutputField())}, "Spread.")
described = dspy.make_signature(
    {
        **{name: (str, InputField(desc=f"the {name}")) for name in ("first", "second")},
        **{name: (kind, OutputField(desc=told)) for name, kind, told in (("n", int, "how many"), ("ok", bool, "if"))},
    },
    "Of comprehensions.",
)
