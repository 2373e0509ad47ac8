import dspy
from dspy import InputField, OutputField, make_signature
from dspy.signatures import ensure_signature


class Basic(dspy.Signature):
    """Basic."""

    text: str = dspy.InputField(desc="what")
    label: str = dspy.OutputField()


by_dict = dspy.Signature({"q": (str, dspy.InputField(desc="asked")), "a": (int, dspy.OutputField())}, "From a dict.")
by_dict_plain = dspy.Signature({"q": dspy.InputField(), "a": dspy.OutputField(desc="told")})
by_make = make_signature("x, y -> z: int", "Made.")
by_make_dict = make_signature({"q": (str, InputField()), "a": (str, OutputField())}, "Made of a dict.")
by_make_named = make_signature("x -> y", signature_name="Named")
ensured = ensure_signature("a -> b", "Ensured.")
appended = Basic.append("score", dspy.OutputField(desc="added"), float)
prepended = Basic.prepend("first", dspy.InputField(), type_=int)
inserted = Basic.insert(1, "second", dspy.InputField(desc="in between"), str)
last = Basic.insert(-1, "last", dspy.OutputField())
deleted = Basic.append("more", dspy.OutputField()).delete("label")
updated = Basic.with_updated_fields("text", desc="updated")
retyped = Basic.with_updated_fields("label", type_=int)
chained = Basic.with_instructions("Chained.").append("x", dspy.OutputField()).with_updated_fields("x", desc="deep")
of_string = dspy.Signature("a -> b").append("c", dspy.OutputField(), bool)
