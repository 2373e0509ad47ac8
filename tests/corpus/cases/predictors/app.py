import dspy


def add(a: int, b: int) -> int:
    """Adds."""
    return a + b


def score(args, prediction):
    return 1.0


predict = dspy.Predict("question -> answer")
think = dspy.ChainOfThought("question -> answer: int")
act = dspy.ReAct("question -> answer: float", tools=[add])
solve = dspy.ProgramOfThought("question -> number: float")
code = dspy.CodeAct("question, hint -> answer", tools=[add])
compare = dspy.MultiChainComparison("question -> answer: bool", M=2)
explore = dspy.RLM("context: list[str], question -> answer")
inner = dspy.predict.Predict("question -> reply")
later = dspy.asyncify(dspy.ChainOfThought("question -> later"))
streamed = dspy.streamify(dspy.Predict("question -> streamed"))
best = dspy.BestOfN(dspy.ChainOfThought("question -> best"), N=2, reward_fn=score, threshold=1.0)
refined = dspy.Refine(dspy.Predict("question -> refined"), 2, score, 1.0)
pairs = [(dspy.Predict("question -> in_pair"), dspy.Example(question="?").with_inputs("question"))]
parallel = dspy.Parallel(num_threads=1)


class All(dspy.Module):
    def __init__(self):
        super().__init__()
        self.act = dspy.ReAct("question -> answer: float", tools=[add])
        self.solve = dspy.ProgramOfThought("question -> number: float")
        self.code = dspy.CodeAct("question, hint -> answer", tools=[add])
        self.compare = dspy.MultiChainComparison("question -> answer: bool", M=2)
        self.explore = dspy.RLM("context: list[str], question -> answer")
        self.best = dspy.BestOfN(dspy.ChainOfThought("question -> best"), N=2, reward_fn=score, threshold=1.0)
        self.refined = dspy.Refine(dspy.Predict("question -> refined"), 2, score, 1.0)
        self.parallel = dspy.Parallel(num_threads=1)

    def forward(self, question: str):
        return self.parallel([(self.best, {"question": question}), (self.refined, {"question": question})])
