import marimo

app = marimo.App(width="medium")


@app.cell
def _():
    "dspy, LABELS"
    import dspy

    LABELS = "one of three"
    return dspy, LABELS


@app.cell(hide_code=True)
def first(dspy, LABELS):
    "Label, label"

    class Label(dspy.Signature):
        """Label."""

        text: str = dspy.InputField()
        label: str = dspy.OutputField(desc=LABELS)

    label = dspy.ChainOfThought(Label)
    return Label, label


@app.cell
def second(Label, dspy):
    "Program, Surer"

    class Surer(Label):
        """Label, and say how sure you are."""

        sure: float = dspy.OutputField()

    class Program(dspy.Module):
        def __init__(self):
            super().__init__()
            self.surer = dspy.Predict(Surer)
            self.short = dspy.Predict("text -> summary")

        def forward(self, text: str):
            return self.surer(text=text)

    return Program, Surer


globals().update(app.run()[1])
