"""What settings files say, whose word holds, and where a mistake is shown."""

from pathlib import Path
from textwrap import dedent

import pytest

from dspy_lens.source.settings import SettingsTree, read_settings
from dspy_lens.values.definition import Problem
from dspy_lens.values.settings import JoinedSettings, Settings
from dspy_lens.workspace.recipes import price_orders


def read(tmp_path: Path, text: str, user: str | None = None) -> tuple[Settings, tuple[Problem, ...]]:
    (tmp_path / "pyproject.toml").write_text(dedent(text))
    if user is not None:
        (tmp_path / "user.toml").write_text(dedent(user))
    return read_settings(tmp_path, tmp_path / "user.toml")


def told(problems: tuple[Problem, ...]) -> list[tuple[str, int, str]]:
    return [(it.span.path, it.span.line, it.code.removeprefix("settings/")) for it in problems]


def test_without_files_the_defaults_hold(tmp_path: Path) -> None:
    assert read_settings(tmp_path, None) == (JoinedSettings(), ())


def test_a_table_of_pyproject_is_read(tmp_path: Path) -> None:
    text = """
        [tool.dspy-lens]
        model = "openai/gpt-4o-mini"
        cap = 0.5
        [tool.dspy-lens.target."app.events:Event"]
        examples = "data/events.jsonl"
        map = { category = "label" }
    """
    settings, problems = read(tmp_path, text)
    assert problems == ()
    assert (settings.model, settings.cap) == ("openai/gpt-4o-mini", 0.5)
    assert settings.target["app.events:Event"].map == {"category": "label"}


def test_of_two_files_the_own_one_holds_and_the_other_is_told(tmp_path: Path) -> None:
    (tmp_path / "dspy-lens.toml").write_text("cap = 1\n")
    settings, problems = read(tmp_path, "[tool.dspy-lens]\ncap = 2\nthreads = 2\n")
    assert (settings.cap, settings.threads) == (1, 8)
    assert told(problems) == [("pyproject.toml", 1, "twice")]


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ('modle = "a"', "unknown", "Did you mean `model`?"),
        ('cap = "lots"', "wrong", "`cap` should be a valid number"),
        ("cap = -1", "wrong", "greater than or equal to 0"),
        ("threads = 0.5", "wrong", "`threads` should be"),
        ("model = 3", "wrong", "`model` should be"),
        ("model = { name = 3 }", "wrong", "`model.name` should be a valid string"),
        ("model = { temperature = 1 }", "wrong", "`model` lacks `name`"),
        ('prices."a/b" = { input = 1 }', "wrong", "`prices.a/b` lacks `output`"),
        ('prices."a/b" = { input = 1, output = 2, curency = "EUR" }', "unknown", "Did you mean `currency`?"),
        (
            'prices."a/b" = { input = 1, output = 2, currency = "EUR" }',
            "wrong",
            "`prices.a/b` does not hold: a price in EUR needs `rate`",
        ),
        ('budget = { per = "month" }', "wrong", "`budget` lacks `dollars`"),
        (
            'budget = { dollars = 1, per = "year" }',
            "wrong",
            "`budget.per` should be 'day', 'week' or 'month'",
        ),
        ("split = { train = 0.9, test = 0.5 }", "split", "add up to 1.4"),
        ("split = { tran = 0.9 }", "unknown", "Did you mean `train`?"),
        ('"code_lens".enabeld = true', "unknown", "Did you mean `enabled`?"),
        ('artifacts = "../{name}.json"', "outside", "outside the root"),
        ('target."a:B".exmples = "x"', "unknown", "Did you mean `examples`?"),
        ('target."a:B".examples = "/etc/passwd"', "outside", "outside the root"),
        ('target."a:B".map = { a = 1 }', "wrong", "`target.a:B.map.a` should be a valid string"),
        ('target."a:B".split.train = 2', "wrong", "less than or equal to 1"),
        ("optimizer = 'mipro9'", "optimizer", "There is no optimizer called 'mipro9'. Use"),
        ("optimizer = { name = 'copro', breath = 3 }", "optimizer", "no parameter 'breath'. Use breadth"),
        (
            "target.'a:B'.optimizer = { name = 'copro', breadth = 'x' }",
            "optimizer",
            "breadth=x does not suit",
        ),
        ("target = 1", "wrong", "`target` should be"),
    ],
)
def test_a_mistake_is_told_at_its_line_and_the_rest_holds(
    tmp_path: Path, line: str, code: str, says: str
) -> None:
    settings, problems = read(
        tmp_path, f"[project]\nname = 'x'\n[tool.dspy-lens]\nseed = 7\n{line}\nthreads2 = 1\n"
    )
    assert settings.seed == 7
    assert ("pyproject.toml", 5, code) in told(problems)
    assert len(problems) == 2
    assert any(says in it.message for it in problems), [it.message for it in problems]


def test_a_mistake_below_a_header_is_told_at_its_line(tmp_path: Path) -> None:
    text = '[tool.dspy-lens]\ncap = 1\n\n[tool.dspy-lens.target."a:B"]\nmetric = "exact"\nexmples = "x"\n'
    settings, problems = read(tmp_path, text)
    assert told(problems) == [("pyproject.toml", 6, "unknown")]
    assert settings.target["a:B"].metric == "exact"


def test_a_file_that_is_not_toml_is_told_at_the_line_where_it_breaks(tmp_path: Path) -> None:
    settings, problems = read(tmp_path, "[tool.dspy-lens]\ncap = 1\nmodel = = 2\n")
    assert told(problems) == [("pyproject.toml", 3, "syntax")]
    assert settings == JoinedSettings()


def test_a_broken_pyproject_that_is_not_about_us_is_not_our_business(tmp_path: Path) -> None:
    assert read(tmp_path, "[project\n") == (JoinedSettings(), ())


def test_a_settings_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "dspy-lens.toml").write_bytes(b"\xff\xfe\x00")
    assert told(read_settings(tmp_path, None)[1]) == [("dspy-lens.toml", 1, "unreadable")]


def test_the_users_own_settings_are_defaults(tmp_path: Path) -> None:
    settings, problems = read(
        tmp_path, "[tool.dspy-lens]\nthreads = 2\n", 'model = "m"\nthreads = 4\ncap = 3\n'
    )
    assert (settings.model, settings.threads, settings.cap) == ("m", 2, 3)
    assert problems == ()


def test_the_users_own_settings_bound_those_of_the_repository(tmp_path: Path) -> None:
    repository = "[tool.dspy-lens]\ncap = 5\ncap_calls = 10\nconfirm_above = 3\n"
    user = "cap = 2\ncap_calls = 90\nconfirm_above = 0.5\n"
    settings, problems = read(tmp_path, repository, user)
    assert (settings.cap, settings.cap_calls, settings.confirm_above) == (2, 10, 0.5)
    assert told(problems) == [("pyproject.toml", 2, "bounded"), ("pyproject.toml", 4, "bounded")]


def test_the_smaller_budget_holds_whatever_its_period(tmp_path: Path) -> None:
    repository = '[tool.dspy-lens]\nbudget = { dollars = 20, per = "month" }\n'
    settings, _ = read(tmp_path, repository, 'budget = { dollars = 1, per = "day" }\n')
    assert settings.budget is not None
    assert settings.budget.dollars == 20
    settings, problems = read(tmp_path, repository, 'budget = { dollars = 1, per = "week" }\n')
    assert settings.budget is not None
    assert settings.budget.dollars == 1
    assert told(problems) == [("pyproject.toml", 2, "bounded")]


def test_a_repository_can_not_ask_less_often_than_the_default(tmp_path: Path) -> None:
    settings, problems = read(tmp_path, "[tool.dspy-lens]\nconfirm_above = 100\n")
    assert settings.confirm_above == 0.1
    assert told(problems) == [("pyproject.toml", 2, "bounded")]
    assert read(tmp_path, "", "confirm_above = 100\n")[0].confirm_above == 100


@pytest.mark.parametrize(
    "text", ['cap = "lots"', "cap_calls = -1", "budget = 3", 'confirm_above = "x"', "cap = = 1"]
)
@pytest.mark.parametrize("whose", ["repository", "user"])
def test_a_bound_that_does_not_hold_stands_in_the_way_of_spending(
    tmp_path: Path, text: str, whose: str
) -> None:
    file = tmp_path / ("dspy-lens.toml" if whose == "repository" else "user.toml")
    file.write_text(text)
    obstacle = SettingsTree.read(tmp_path, tmp_path / "user.toml").obstacle("app/qa.py")
    assert obstacle is not None
    assert obstacle.span.path in ("dspy-lens.toml", file.as_posix())


@pytest.mark.parametrize("text", ['threads = "many"', 'modle = "x"', "[target.x]\nmetrik = 1"])
def test_other_mistakes_do_not(tmp_path: Path, text: str) -> None:
    (tmp_path / "dspy-lens.toml").write_text(text)
    assert SettingsTree.read(tmp_path, None).obstacle("app/qa.py") is None


@pytest.mark.parametrize(
    "line",
    [
        'model = { name = "openai/x", api_key = "sk-0123456789" }',
        'teacher = { name = "openai/x", extra_headers = { Authorization = "Bearer 0123456789" } }',
        'target."a:B".model = { name = "openai/x", aws_secret_access_key = "0123456789" }',
    ],
)
def test_a_key_among_the_settings_is_told_and_never_used(tmp_path: Path, line: str) -> None:
    settings, problems = read(tmp_path, f"[tool.dspy-lens]\n{line}\n")
    assert told(problems) == [("pyproject.toml", 2, "secret")]
    assert "environment or `.env`" in problems[0].message
    assert "0123456789" not in repr(settings)
    assert "openai/x" in repr(settings)


def test_the_word_that_a_local_server_gets_for_a_key_is_no_key(tmp_path: Path) -> None:
    line = 'model = { name = "ollama_chat/x", api_base = "http://localhost:1", api_key = "" }'
    assert read(tmp_path, f"[tool.dspy-lens]\n{line}\n")[1] == ()


def test_a_mistake_in_the_users_own_file_is_told_there(tmp_path: Path) -> None:
    settings, problems = read(tmp_path, "", 'cap = "x"\nseed = 3\n')
    assert told(problems) == [((tmp_path / "user.toml").as_posix(), 1, "wrong")]
    assert settings.seed == 3


def test_the_nearest_settings_file_wins(tmp_path: Path) -> None:
    (tmp_path / "pkg/app").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.dspy-lens]\nmodel = "a"\ncap = 1\n')
    deeper = 'model = "b"\n[target."app.qa:QA"]\nexamples = ["data/qa.csv", "../shared.csv", "hf:a/b"]\n'
    (tmp_path / "pkg/dspy-lens.toml").write_text(deeper)
    tree = SettingsTree.read(tmp_path, None)
    assert tree.for_path("other/qa.py").model == "a"
    settings = tree.for_path("pkg/app/qa.py")
    assert (settings.model, settings.cap) == ("b", 1)
    assert settings.target["app.qa:QA"].examples == ["pkg/data/qa.csv", "shared.csv", "hf:a/b"]
    span = tree.span("pkg/app/qa.py", ("target", "app.qa:QA", "examples"))
    assert span is not None
    assert (span.path, span.line) == ("pkg/dspy-lens.toml", 3)
    assert tree.span("other/qa.py", ("target", "app.qa:QA", "examples")) is None


def test_mistakes_of_deeper_files_are_told_once_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/pyproject.toml").write_text("[tool.dspy-lens]\nthraeds = 1\n")
    tree = SettingsTree.read(tmp_path, None)
    tree.for_path("pkg/qa.py")
    assert told(tree.problems) == [("pkg/pyproject.toml", 2, "unknown")]


def test_a_price_is_for_a_million_tokens_with_its_currency_and_date(tmp_path: Path) -> None:
    text = """
        [tool.dspy-lens.prices."lab/model"]
        input = 2.0
        output = 4.0
        currency = "EUR"
        rate = 1.25
        date = 2026-11-01
    """
    settings, problems = read(tmp_path, "", text.replace("tool.dspy-lens.", ""))
    assert problems == ()
    (order,) = price_orders(settings).values()
    assert (order.input, order.output) == pytest.approx((2.5e-6, 5e-6))
    assert order.source == "the settings of 2026-11-01 (2 and 4 EUR at $1.25)"
    assert order.own


def test_only_the_users_own_price_stands_a_repositorys_is_a_claim(tmp_path: Path) -> None:
    cheap = '[tool.dspy-lens.prices]\n"a/b" = { input = 0, output = 0 }\n"c/d" = { input = 1, output = 1 }\n'
    settings, _ = read(tmp_path, cheap, 'prices."a/b" = { input = 3, output = 3 }\n')
    orders = price_orders(settings)
    assert (orders["a/b"].own, orders["a/b"].input) == (True, 3e-6)
    assert (orders["c/d"].own, orders["c/d"].input) == (False, 1e-6)
