import dspy


def score(args, prediction):
    return 1.0



class Classify(dspy.Signature):
    """Classify."""

    text: str = dspy.InputField()
    label: str = dspy.OutputField()


class Retry(dspy.Module):
    def __init__(self, signature, tries=2):
        super().__init__()
        self.inner = dspy.Predict(signature)

    def forward(self, **kwargs):
        return self.inner(**kwargs)


class Own(dspy.Predict):
    pass


class Thinker(dspy.ChainOfThought):
    def __init__(self, signature):
        super().__init__(signature)


own = Own("a -> b")
thinker = Thinker("c -> d")
retry = Retry(Classify)


class Pipeline(dspy.Module):
    def __init__(self):
        self.classify = Retry(Classify)
        self.own = Own(Classify)
        self.refined = dspy.Refine(dspy.Predict(Classify), N=2, reward_fn=score, threshold=1.0)
        self.parallel = dspy.Parallel(num_threads=2)

    def forward(self, text):
        return self.classify(text=text)


class Inheriting(Pipeline):
    def __init__(self):
        super().__init__()
        self.more = dspy.ChainOfThought("x -> y")

    def forward(self, text, more: int):
        return self.more(x=text)


class Async(dspy.Module):
    def __init__(self):
        super().__init__()
        self.p = dspy.Predict("a -> b")

    async def aforward(self, a: str):
        return await self.p.acall(a=a)


class Assigned(dspy.Module):
    def __init__(self):
        super().__init__()
        predictor = dspy.Predict("a -> b")
        self.first = predictor
        self._setup()

    def _setup(self):
        self.late = dspy.Predict("late -> out")

    def forward(self, a):
        return self.first(a=a)
