"""Money, trust and endpoints."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dspy_lens.store.store import Store
from support.recipes import charged, finished, run, started


async def test_spending_is_summed_by_run_model_and_month(tmp_path: Path) -> None:
    january = datetime(2026, 1, 15, 12, tzinfo=UTC).timestamp()
    february = datetime(2026, 2, 15, 12, tzinfo=UTC).timestamp()
    async with Store.open(tmp_path / "store.db") as store:
        for id in ("r1", "r2"):
            await store.add_run(run(id))
        await store.record(
            "r1", [charged(1, 5, 5, at=january), charged(2, 8, 3, at=february, model="big")], 1
        )
        await store.record("r2", [charged(1, None, None, run="r2", at=february)], 1)

        by_run = {it["name"]: it for it in await store.spending("run")}
        assert by_run["r1"]["dollars"] == 8e-6
        assert by_run["r1"]["target"] == "app:QA"
        assert by_run["r1"]["tokens"] == {"input": 200, "output": 20}
        assert (by_run["r2"]["dollars"], by_run["r2"]["unpriced"]) == (None, 1)
        by_model = {
            it["name"]: (it["dollars"], it["requests"], it["unpriced"])
            for it in await store.spending("model")
        }
        assert by_model == {"m": (5e-6, 2, 1), "big": (3e-6, 1, 0)}
        by_role = [(it["name"], it["dollars"], it["requests"]) for it in await store.spending("role")]
        assert by_role == [("task", 8e-6, 3)]
        by_month = [(it["name"], it["dollars"], it["requests"]) for it in await store.spending("month")]
        assert by_month == [("2026-02", 3e-6, 2), ("2026-01", 5e-6, 1)]
        assert (await store.spent(february - 60), await store.spent()) == (3, 8)


async def test_spending_by_another_word_is_refused_with_the_words_there_are(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        with pytest.raises(ValueError, match="run, model, role, month, not by day"):
            await store.spending("day")


async def test_what_unfinished_runs_may_still_spend_is_kept_back(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        await store.add_run(run("waits", dollars=100))
        await store.add_run(run("goes", dollars=100))
        await store.add_run(run("unlimited"))
        await store.record("goes", [started(run="goes"), charged(2, 30, 30, run="goes")], 1)
        assert await store.committed() == 170
        await store.record("goes", [finished(3, run="goes")], 2)
        assert await store.committed() == 100


async def test_trust_and_endpoints_are_remembered(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        assert not await store.trusted()
        await store.set_trusted()
        await store.set_trusted()
        await store.confirm_endpoint("http://localhost:1")
        await store.confirm_endpoint("http://localhost:1")
    async with Store.open(tmp_path / "store.db") as store:
        assert await store.trusted()
        assert await store.endpoints() == {"http://localhost:1"}
        assert await store.endpoint_confirmed("http://localhost:1")
        assert not await store.endpoint_confirmed("http://localhost:2")
        await store.set_trusted(False)
        assert not await store.trusted()
