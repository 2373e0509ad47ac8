"""Examples taken out of other files and datasets, with the target's own fields."""

import json

from support.hub import Hub
from support.terminal import SIGNATURE, Desk


def rows(desk: Desk) -> list[dict[str, object]]:
    return [json.loads(it) for it in (desk.root / "evals/mood.jsonl").read_text("utf-8").splitlines()]


def test_a_table_becomes_records_of_the_targets_fields(desk: Desk) -> None:
    desk.write({"mood.py": SIGNATURE, "export.csv": "id,text,label\n1,What a day!,glad\n2,Oh no.,sad\n"})
    words = ("create", "examples", "Mood", "--from", "export.csv", "--map", "text:sentence,label:mood")
    desk.run(*words, "--yes").expect()
    assert rows(desk) == [
        {"sentence": "What a day!", "mood": "glad"},
        {"sentence": "Oh no.", "mood": "sad"},
    ]
    again = desk.run(*words, "--yes").expect(1)
    assert again.err == "evals/mood.jsonl has all of these already. Name another source.\n"


def test_traces_are_reached_into_and_added_to_what_there_is(desk: Desk) -> None:
    trace = {"request": {"inputs": {"sentence": "Fine."}}, "response": json.dumps({"mood": "glad"})}
    desk.write({"mood.py": SIGNATURE, "evals/mood.jsonl": '{"sentence": "Bad.", "mood": "sad"}\n'})
    desk.write({"traces.jsonl": json.dumps(trace) + "\n"})
    columns = "request.inputs.sentence:sentence,response.mood:mood"
    desk.run("create", "examples", "Mood", "--from", "traces.jsonl", "--map", columns, "--yes").expect()
    assert rows(desk) == [{"sentence": "Bad.", "mood": "sad"}, {"sentence": "Fine.", "mood": "glad"}]


def test_what_does_not_fit_says_how_to_map_it(desk: Desk) -> None:
    desk.write({"mood.py": SIGNATURE, "export.csv": "text\nx\n"})
    answer = desk.run("create", "examples", "Mood", "--from", "export.csv", "--yes").expect(1)
    assert "No column gives the input `sentence`" in answer.err
    assert "export.csv gives no example of Mood. Map its columns: --map column:field" in answer.err
    assert not (desk.root / "evals").exists()


def test_a_dataset_is_downloaded_only_after_a_yes(desk: Desk) -> None:
    desk.write({"mood.py": SIGNATURE})
    moods = [{"sentence": f"Day {it}", "mood": "glad"} for it in range(3)]
    with Hub({("owner/moods", "default", "train"): moods}) as hub:
        desk.environment["DSPY_LENS_HUB"] = hub.base
        answer = desk.run("create", "examples", "Mood", "--from", "hf:owner/moods").expect(4)
        assert "Download up to 500 rows of owner/moods" in answer.err
        assert hub.log == []
        desk.run("create", "examples", "Mood", "--from", "hf:owner/moods", "--yes").expect()
    assert rows(desk) == moods
