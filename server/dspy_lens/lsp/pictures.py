"""The trials of a run as a picture for hovers: an SVG as a `data:` address. Pure.

A hover's picture can neither ask for the theme's colours nor run a script, so its colours are ones that can be read on
light and dark grounds alike. Whoever does not see it gets the same in words.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from dspy_lens.values.figures import percent

WIDTH, HEIGHT = 420, 96  # pixels
LEFT, RIGHT, TOP, BOTTOM = 40, 66, 8, 18  # what axis and labels take
LINE, DOT, FAINT = "#3794ff", "#3794ff", "#8c8c8c"
LABEL = 12  # pixels that a label takes from top to bottom
FONT = 'font-family="sans-serif" font-size="11"'


@dataclass(frozen=True, slots=True)
class Point:
    """One trial: its number, its score from 0 to 1, and whether it used all validation examples."""

    number: int
    score: float
    full: bool


def picture(points: Sequence[Point], base: float | None) -> str:
    """A Markdown image: trials as dots, hollow where they used a minibatch, the best so far as a line.

    `base` is the validation score of the unoptimized program, drawn dashed; there must be a point.
    """
    return (
        f"![{in_words(points)}](data:image/svg+xml;base64,{b64encode(svg(points, base).encode()).decode()})"
    )


def in_words(points: Sequence[Point]) -> str:
    full = [it for it in points if it.full] or points
    best = max(full, key=lambda it: it.score)
    return f"Scores of {len(points)} trials: the best {percent(best.score)} in trial {best.number}"


def svg(points: Sequence[Point], base: float | None) -> str:
    scale = Scale.of(points, base)
    parts = [
        *grid(scale),
        *legend(points),
        *([] if base is None else baseline(scale, base, points)),
        *best_line(scale, points),
    ]
    dots = [dot(scale, it) for it in points]
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join([*parts, *dots])}</svg>'


@dataclass(frozen=True, slots=True)
class Scale:
    """From trials and scores to pixels."""

    first: int
    last: int
    low: float
    high: float

    @classmethod
    def of(cls, points: Sequence[Point], base: float | None) -> "Scale":
        scores = [it.score for it in points] + ([] if base is None else [base])
        low, high = min(scores), max(scores)
        room = max(0.02, (high - low) * 0.1)
        numbers = [it.number for it in points]
        return cls(min(numbers), max(numbers), max(0.0, low - room), min(1.0, high + room))

    def x(self, number: int) -> float:
        part = (number - self.first) / (self.last - self.first) if self.last > self.first else 0.5
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    def y(self, score: float) -> float:
        part = (score - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM), 1)


def grid(scale: Scale) -> list[str]:
    """A line at the least and one at the greatest score, with their figures, and the first and last trial."""
    lines = [
        f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="{FAINT}" stroke-opacity=".35"/>'
        + text(LEFT - 6, y + 4, percent(score), "end")
        for score in (scale.low, scale.high)
        for y in [scale.y(score)]
    ]
    ends = sorted({scale.first, scale.last})
    return [*lines, *(text(scale.x(it), HEIGHT - 4, str(it), "middle") for it in ends)]


def legend(points: Sequence[Point]) -> list[str]:
    """What the axis counts, and what a hollow dot is where there is one."""
    if len(points) == 1:
        return []
    said = "trials" if all(it.full for it in points) else "trials · ○ on part of the examples"
    return [text((LEFT + WIDTH - RIGHT) // 2, HEIGHT - 4, said, "middle")]


def baseline(scale: Scale, base: float, points: Sequence[Point]) -> list[str]:
    """The unoptimized score, named where its name would not lie on that of the best."""
    y = scale.y(base)
    line = f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="{FAINT}" stroke-dasharray="4 3"/>'
    best = max((it.score for it in points if it.full), default=None)
    if best is not None and abs(scale.y(best) - y) < LABEL:
        return [line]
    return [line, text(WIDTH - RIGHT + 4, y + 4, "before", "start")]


def best_line(scale: Scale, points: Sequence[Point]) -> list[str]:
    """The best score so far as steps; a minibatch is never the best."""
    steps: list[str] = []
    best: float | None = None
    for it in points:
        if it.full and (best is None or it.score > best):
            steps.append(
                f"M{scale.x(it.number)} {scale.y(it.score)}" if best is None else f"V{scale.y(it.score)}"
            )
            best = it.score
        if best is not None:
            steps.append(f"H{scale.x(it.number)}")
    if best is None:
        return []
    line = f'<path d="{"".join(steps)}" fill="none" stroke="{LINE}" stroke-width="2"/>'
    return [line, text(WIDTH - RIGHT + 4, scale.y(best) + 4, f"best {percent(best)}", "start")]


def dot(scale: Scale, point: Point) -> str:
    fill = f'fill="{DOT}"' if point.full else f'fill="none" stroke="{FAINT}"'
    return f'<circle cx="{scale.x(point.number)}" cy="{scale.y(point.score)}" r="3" {fill}/>'


def text(x: float, y: float, said: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" fill="{FAINT}" text-anchor="{anchor}" {FONT}>{said}</text>'
