"""How the command answers when it is used rightly and wrongly."""

import pytest

from support.terminal import Desk

VERBS = (
    *("targets", "estimate", "optimize", "evaluate", "rerun", "runs", "show", "compare", "spend"),
    *("apply", "export", "cancel", "clear", "check", "create", "get", "doctor", "daemon", "demo", "lsp"),
)


def test_help_names_every_verb(desk: Desk) -> None:
    overview = desk.run("--help").expect().out
    assert all(f"\n  {verb} " in overview for verb in VERBS)


def test_without_words_it_helps(desk: Desk) -> None:
    assert desk.run().expect().out == desk.run("--help").out


def test_it_tells_its_version(desk: Desk) -> None:
    assert desk.run("--version").expect().out.startswith("dspy-lens 0.")


@pytest.mark.parametrize("verb", ["optimize", "create", "targets"])
def test_help_of_a_verb_shows_an_example(desk: Desk, verb: str) -> None:
    text = desk.run(verb, "--help").expect().out
    assert f"example:\n  dspy-lens {verb}" in text
    assert "--json" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("optimise QA", "dspy-lens has no verb 'optimise'. Did you mean `dspy-lens optimize`?"),
        ("frobnicate", "dspy-lens has no verb 'frobnicate'. See `dspy-lens --help`."),
        ("optimize", "dspy-lens optimize: the following arguments are required: TARGET."),
        ("optimize QA --cap much", "argument --cap: 'much' is not a number."),
        ("optimize QA --cap -1", "argument --cap: "),
        ("optimize QA --threads 0", "argument --threads: 0 is too little."),
        ("optimize QA --set demos", "argument --set: 'demos' is not key=value."),
        ("spend --by day", "argument --by: invalid choice: 'day'"),
        ("create lunch QA", "invalid choice: 'lunch'"),
        ("targets --frob", "unrecognized arguments: --frob."),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_2(desk: Desk, words: str, said: str) -> None:
    answer = desk.run(*words.split()).expect(2)
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert answer.out == ""


def test_a_root_that_is_missing_is_named(desk: Desk) -> None:
    answer = desk.run("targets", "--root", "elsewhere", "--json").expect(1)
    assert answer.err == "There is no folder elsewhere. Name the workspace with --root DIR.\n"
    assert answer.out == ""


def test_a_daemon_that_is_not_there_is_said_so(desk: Desk) -> None:
    assert desk.run("daemon", "status", "--json").expect().json["running"] is False
    assert desk.run("daemon", "stop", "--json").expect().json["stopped"] is False


def test_spending_is_summed_by_role_too(desk: Desk) -> None:
    found = desk.run("spend", "--by", "role", "--json").expect().json
    assert (found["by"], found["rows"], found["currency"], found["budget"]) == ("role", [], "USD", None)
