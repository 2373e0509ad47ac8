"""Rows of the Hub, from a loopback server that speaks its dataset viewer's protocol."""

from typing import Any

import pytest

from dspy_lens.elsewhere.hub import Dataset, HubProblem, download
from support.hub import Hub


def rows(count: int, word: str = "row") -> list[dict[str, Any]]:
    return [{"question": f"{word} {it}", "answer": {"text": ["a"]}} for it in range(count)]


def never(seconds: float) -> None:
    raise AssertionError("Nothing was to be waited for.")


def test_rows_are_taken_page_by_page_up_to_the_number_that_is_wanted() -> None:
    with Hub({("me/qa", "main", "train"): rows(1234)}) as hub:
        found = download("hf:me/qa?rows=250", {"DSPY_LENS_HUB": hub.base}, never)
        assert [it["question"] for it in found.records] == [f"row {it}" for it in range(250)]
        assert (found.config, found.split, found.of, found.left_out) == ("main", "train", 1234, 0)
        assert [it.query["length"] for it in hub.log[1:]] == ["100", "100", "50"]


def test_a_small_dataset_is_taken_whole_and_asked_no_more_than_it_holds() -> None:
    with Hub({("qa", "default", "test"): rows(130)}) as hub:
        found = download("hf:qa", {"DSPY_LENS_HUB": hub.base + "/"}, never)
        assert len(found.records) == 130
        assert len(hub.log) == 3


def test_train_comes_first_and_another_part_when_it_is_named() -> None:
    parts = {
        ("me/qa", config, split): rows(2, f"{config} {split}")
        for config in ("default", "hard")
        for split in ("test", "train")
    }
    with Hub(parts) as hub:

        def first(source: str) -> object:
            return download(source, {"DSPY_LENS_HUB": hub.base}, never).records[0]["question"]

        assert first("hf:me/qa") == "default train 0"
        assert first("hf:me/qa?split=test") == "default test 0"
        assert first("hf:me/qa?config=hard&split=test") == "hard test 0"
        with pytest.raises(HubProblem, match=r"no such part\. There is default/test, .* Name one"):
            first("hf:me/qa?split=validation")


def test_of_several_configurations_one_has_to_be_named() -> None:
    with (
        Hub({("me/qa", config, "train"): rows(1) for config in ("en", "de")}) as hub,
        pytest.raises(HubProblem, match=r"several configurations: en, de\. Name one: hf:me/qa\?config=en"),
    ):
        download("hf:me/qa", {"DSPY_LENS_HUB": hub.base}, never)


def test_rows_that_were_cut_off_are_left_out_and_counted() -> None:
    with Hub({("qa", "default", "train"): rows(5)}, truncated=frozenset({1, 3})) as hub:
        found = download("hf:qa", {"DSPY_LENS_HUB": hub.base}, never)
        assert [it["question"] for it in found.records] == ["row 0", "row 2", "row 4"]
        assert found.left_out == 2


def test_the_users_token_opens_a_private_dataset() -> None:
    with Hub({("me/own", "default", "train"): rows(1)}, token="hf_secret") as hub:
        with pytest.raises(HubProblem, match="no dataset me/own on the Hub that you may read"):
            download("hf:me/own", {"DSPY_LENS_HUB": hub.base}, never)
        place = {"DSPY_LENS_HUB": hub.base, "HF_TOKEN": "hf_secret"}
        assert len(download("hf:me/own", place, never).records) == 1


def test_the_token_does_not_follow_to_another_server() -> None:
    with Hub({("qa", "default", "train"): rows(1)}) as other, Hub({}) as hub:
        hub.failures = [(302, {"Location": f"{other.base}/splits?dataset=qa"})]
        place = {"DSPY_LENS_HUB": hub.base, "HF_TOKEN": "hf_secret"}
        with pytest.raises(HubProblem):
            download("hf:qa", place, never)
        assert [it.token for it in hub.log[:1]] == ["hf_secret"]
        assert [it.token for it in other.log] == [None]


def test_a_busy_server_is_asked_again_after_the_time_that_it_names() -> None:
    waited: list[float] = []
    with Hub({("qa", "default", "train"): rows(1)}) as hub:
        hub.failures = [(429, {"Retry-After": "3"}), (503, {}), (429, {"Retry-After": "9999"})]
        assert len(download("hf:qa", {"DSPY_LENS_HUB": hub.base}, waited.append).records) == 1
        assert waited == [3.0, 4.0, 20.0]
        hub.failures = [(500, {})] * 4
        with pytest.raises(HubProblem, match="The server is busier than usual"):
            download("hf:qa", {"DSPY_LENS_HUB": hub.base}, waited.append)


@pytest.mark.parametrize("raw", [b"not json", b"[1]", b""])
def test_an_answer_that_makes_no_sense_says_so(raw: bytes) -> None:
    with Hub({}, raw=raw) as hub, pytest.raises(HubProblem, match="could not be asked"):
        download("hf:qa", {"DSPY_LENS_HUB": hub.base}, never)


def test_nobody_there_says_so() -> None:
    with Hub({}) as hub:
        gone = hub.base
    with pytest.raises(HubProblem, match="could not be asked"):
        download("hf:qa", {"DSPY_LENS_HUB": gone}, never)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("hf:", "names no dataset"),
        ("hf:a/b/c", "names no dataset"),
        ("hf:../x", "names no dataset"),
        ("hf:qa?part=x", "`part` is unknown"),
        ("hf:qa?rows=0", "from 1 to 10,000"),
        ("hf:qa?rows=many", "from 1 to 10,000"),
    ],
)
def test_a_name_that_cannot_be_understood_says_so(source: str, says: str) -> None:
    with pytest.raises(HubProblem, match=says):
        Dataset.parse(source)
