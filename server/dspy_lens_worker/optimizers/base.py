"""What every optimizer is to the rest of the house. Arithmetic and pydantic; DSPy in `compile` only."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict


class Parameters(BaseModel):
    """An optimizer's parameters by DSPy's own names, those of its constructor and of `compile` together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def inner(self) -> "Iterator[Parameters]":
        """The parameters of optimizers inside this one."""
        for name in type(self).model_fields:
            if isinstance(it := getattr(self, name), Parameters):
                yield it

    def needs(self) -> tuple[str, ...]:
        """Modules that must be importable because of these values, beside those its optimizer needs."""
        return tuple(need for it in self.inner() for need in it.needs())

    def code(self) -> tuple[str, ...]:
        """What they name of the user's code, as `pkg.mod:name`; loaded before anything is spent."""
        return tuple(name for it in self.inner() for name in it.code())

    def trainings(self) -> "tuple[Parameters, ...]":
        """Those of them that train a model."""
        return tuple(found for it in self.inner() for found in it.trainings())

    def members(self) -> tuple[str, ...]:
        """Earlier runs that they name; their programs are loaded before anything is spent."""
        return tuple(run for it in self.inner() for run in it.members())


@dataclass(frozen=True, slots=True)
class Figure:
    """A low, an expected and a high; equal where the figure is certain."""

    low: float
    expected: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> "Figure":
        return cls(value, value, value)

    def __add__(self, other: "Figure") -> "Figure":
        return Figure(self.low + other.low, self.expected + other.expected, self.high + other.high)

    def __mul__(self, factor: float) -> "Figure":
        return Figure(self.low * factor, self.expected * factor, self.high * factor)

    def times(self, other: "Figure") -> "Figure":
        """The product of two figures that are never below 0."""
        return Figure(self.low * other.low, self.expected * other.expected, self.high * other.high)


PRACTICE = "offline"  # the built-in model, whose proposals may all be the same


@dataclass(frozen=True, slots=True)
class Shape:
    """What call arithmetic needs to know.

    `train` and `validation` are numbers of examples; `predictors` is the number of named predictors and
    `calls_per_run` the LM calls of one program run, as a range; `success` is the expected share of
    examples that the unoptimized program gets right, from 0 to 1, and `measured` the number of examples
    that share was measured on (0: it is a guess). An optimizer that takes a trainset only uses both parts.
    `model` is the task model's name and `metric` that of the metric, where they are known. `unlabelled` is
    the number of predictors whose outputs no example labels; without it, all but one. `alike` tells whether
    a right answer of the program makes the same demo as the labelled example: nothing but labels is in it.
    `solved` is the share of `measured` examples that the program answered with a score above 0, None where that is
    not known, or another model will answer.
    """

    train: int
    validation: int
    predictors: int = 1
    calls_per_run: Figure = field(default_factory=lambda: Figure.exactly(1))
    success: float = 0.5
    measured: int = 0
    model: str = ""
    metric: str = ""
    unlabelled: int | None = None
    alike: bool = True
    solved: float | None = None

    @property
    def practice(self) -> bool:
        return self.model == PRACTICE


@dataclass(frozen=True, slots=True)
class CallPlan:
    """How many logical calls an optimizer makes, evaluations on the held-out part left out.

    `repeated` counts calls that ask what was asked before in the same run, which DSPy's cache answers.
    `sequential` counts the task calls that are made one after the other, whatever the threads.
    `demos` is the number of demos in an average task prompt, `bootstrapped` how many of these the program
    made itself, `trials` the number of trial events. `result_demos` and `result_bootstrapped` are the same
    for a prompt of the compiled program. `longer` is the number of tokens that new instructions add to an
    average task prompt, `result_longer` to a prompt of the compiled program.
    `prompt_repeated` are calls of the prompt model that the cache answers. `prompt_examples` is the number of
    examples that an average call of it is shown as demos of the program, `prompt_plain_examples` of those with
    their own fields alone, and `prompt_answers` the number of answers it asks for: each is a request, and has
    the prompt's price.
    `prompt_longer` is the number of tokens that it shows besides, such as earlier attempts; `prompt_given`
    those of DSPy's own text and of the program in it, `prompt_written` those of an answer.
    `unchanged` tells whether the compiled program may turn out to be the student itself, `again` which share
    of its prompts is expected to be the student's; None where nothing is known.
    `programs` is the number of different programs that are tried; None where it is not known.
    `judge` counts the answers that the metric scores beside those of the program's runs.
    `result_runs` is how often the compiled program runs the original one for one answer, in production too;
    all but one of these are about `result_pool` examples of its own, by plain prompts in steps that are not labelled.
    `trained` is the number of calls whose prompts and answers a model is trained on, each as often as it is,
    `trained_demos` and `trained_bootstrapped` the demos in such a prompt, and `training_price` the dollars for one
    token of them, None where it is not known.
    """

    task: Figure
    prompt: Figure = Figure(0, 0, 0)
    judge: Figure = Figure(0, 0, 0)
    repeated: Figure = Figure(0, 0, 0)
    demos: Figure = Figure(0, 0, 0)
    bootstrapped: float = 0.0
    sequential: Figure = Figure(0, 0, 0)
    trials: int | None = None
    result_demos: Figure = Figure(0, 0, 0)
    result_bootstrapped: float = 0.0
    longer: Figure = Figure(0, 0, 0)
    result_longer: Figure = Figure(0, 0, 0)
    prompt_examples: Figure = Figure(0, 0, 0)
    prompt_plain_examples: Figure = Figure(0, 0, 0)
    prompt_answers: float = 1.0
    prompt_longer: Figure = Figure(0, 0, 0)
    prompt_given: Figure = Figure(200, 400, 1100)
    prompt_written: Figure = Figure(20, 94, 400)
    prompt_repeated: Figure = Figure(0, 0, 0)
    unchanged: bool = False
    again: float | None = None
    result_runs: Figure = Figure(1, 1, 1)
    result_pool: int = 0
    programs: Figure | None = None
    trained: Figure = Figure(0, 0, 0)
    trained_demos: Figure = Figure(0, 0, 0)
    trained_bootstrapped: float = 0.0
    training_price: float | None = None


@dataclass(frozen=True, slots=True)
class Materials:
    """What `compile` works on: DSPy objects, so typed loosely; `metric` takes 2, 3 or 5 arguments."""

    student: Any
    train: Sequence[Any]
    validation: Sequence[Any]
    metric: Callable[..., Any]
    model: Any
    prompt_model: Any
    teacher_model: Any | None
    threads: int
    seed: int
    keep: Callable[[Any], None]  # hands over a program that is worth keeping should the run stop now
    # Reports a trial where DSPy's evaluations do not tell: program, score from 0 to 1, number of examples, whether
    # these are all that the optimizer chooses by, and how many answers the provider never gave.
    tried: Callable[[Any, float, int, bool, int], None] = lambda program, score, n, whole, failed: None
    failures: Callable[[], int] = lambda: 0  # calls so far that the provider failed
    # What the parameters name of the user's code, and the saved states of the runs that they name.
    code: Mapping[str, Any] = field(default_factory=dict)
    members: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    training: Any = None  # trains models for as long as the run may go on
    say: Callable[[str], None] = lambda sentence: None  # a warning for the user


class Optimizer(Protocol):
    """One optimizer. `name` is ours, `aliases` are DSPy's class names, old ones included."""

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]]
    summary: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]  # modules that must be importable, known before spending
    parameters: ClassVar[type[Parameters]]
    wants_validation: ClassVar[bool]  # False: takes a trainset only, and gets both parts
    favours: ClassVar[Literal["validation", "train"]]  # the part that should be the larger one

    def problem(self, parameters: Any, shape: Shape) -> str | None:
        """Why it cannot work here, as one sentence and one thing to do; None when it can."""
        ...

    def calls(self, parameters: Any, shape: Shape, seed: int) -> CallPlan:
        """How many calls it makes, by arithmetic alone."""
        ...

    def compile(self, parameters: Any, materials: Materials) -> Any:
        """Runs DSPy's optimizer and returns the compiled program."""
        ...
