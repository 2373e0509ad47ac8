import dspy


def score(args, prediction):
    return 1.0


SIG = "text -> label"
PARTS = "a, b" + " -> " + "c"
KIND = "bool"
module_level = dspy.Predict("question -> answer")
typed = dspy.Predict("question: str, docs: list[str] -> answer: Literal['a', 'b'], score: float | None")
image = dspy.Predict("picture: dspy.Image -> caption")
several = dspy.Predict(
    """
    a: str,
    b: int
    -> c: dict[str, int],
    d
    """
)
constant = dspy.Predict(SIG)
built = dspy.Predict(PARTS)
formatted = dspy.Predict(f"text -> ok: {KIND}")
joined = dspy.Predict("text, " "more -> " "out")
keyword = dspy.ChainOfThought(signature="a -> b")
react = dspy.ReAct("question -> answer", tools=[])
pot = dspy.ProgramOfThought("question -> answer: float")
compare = dspy.MultiChainComparison("question -> answer", M=3)
made = dspy.Signature("a -> b", "With instructions.")
named = dspy.Signature("a -> b", instructions="By keyword.")
empty = dspy.Signature("a -> b", "")
in_predict = dspy.Predict(dspy.Signature("a -> b", "Inside."))
best = dspy.BestOfN(dspy.Predict("a -> b"), N=3, reward_fn=score, threshold=1.0)
refine = dspy.Refine(module=dspy.ChainOfThought("c -> d"), N=2, reward_fn=score, threshold=1.0)
first, second = dspy.Predict("a -> b"), dspy.Predict("c -> d")
listed = [dspy.Predict("in_list -> out"), dspy.Predict("in_list2 -> out")]
mapped = {"x": dspy.Predict("in_dict -> out")}
chosen = dspy.Predict("yes -> out") if KIND else dspy.Predict("no -> out")
annotated: dspy.Predict = dspy.Predict("annotated -> out")
(walrus := dspy.Predict("walrus -> out"))
async_one = dspy.asyncify(dspy.Predict("sync -> out"))
fallback = None or dspy.Predict("fallback -> out")


class Program(dspy.Module):
    shared = dspy.Predict("class_level -> out")

    def __init__(self, sig="default -> out"):
        super().__init__()
        self.answer = dspy.ChainOfThought("question -> answer")
        self.typed: dspy.Predict = dspy.Predict("x -> y: int")
        self.given = dspy.Predict(sig)
        self.steps = [dspy.Predict("s -> t"), dspy.ChainOfThought("t -> u")]
        self.by_name = {"one": dspy.Predict("o -> n")}
        self.sub = Sub()
        self.many = [dspy.Predict("m -> n") for _ in range(2)]
        self.best = dspy.BestOfN(dspy.Predict("a -> b"), N=2, reward_fn=score, threshold=1.0)
        self.none = None

    def forward(self, question: str, limit: int = 3, *, flag: bool = False):
        return self.answer(question=question)


class Sub(dspy.Module):
    def __init__(self):
        self.inner = dspy.Predict("i -> j")

    def forward(self, i):
        return dspy.Predict("anonymous -> out")(anonymous=i)
