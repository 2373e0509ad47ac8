import stat
from pathlib import Path

from dspy_lens_worker.cache import EndpointCache, endpoint_of, folder_for, folder_of_model
from dspy_lens_worker.messages import ModelOrder

CALL = {"model": "openai/m", "messages": [{"role": "user", "content": "hi"}]}
IGNORED = ["api_key", "api_base", "base_url"]


def test_equal_calls_to_two_endpoints_are_two_entries(tmp_path: Path) -> None:
    cache = EndpointCache(tmp_path / "lm")
    cache.put({**CALL, "api_base": "http://a/v1"}, {"reply": "from a"}, IGNORED)
    assert cache.get({**CALL, "api_base": "http://a/v1/"}, IGNORED) == {"reply": "from a"}
    assert cache.get({**CALL, "api_base": "http://b/v1"}, IGNORED) is None
    assert cache.get(CALL, IGNORED) is None
    with cache.endpoint("http://a/v1"):
        assert cache.get(CALL, IGNORED) == {"reply": "from a"}


def test_the_cache_is_its_owners_alone(tmp_path: Path) -> None:
    EndpointCache(tmp_path / "lm").put(CALL, {"reply": "x"}, IGNORED)
    folders = [tmp_path / "lm", folder_for(tmp_path / "lm", "default")]
    assert [stat.S_IMODE(it.stat().st_mode) for it in folders] == [0o700, 0o700]


def test_an_entry_that_would_run_code_is_not_loaded(tmp_path: Path) -> None:
    cache = EndpointCache(tmp_path / "lm")
    cache.put(CALL, Path("a type that is no plain data"), IGNORED)
    assert EndpointCache(tmp_path / "lm").get(CALL, IGNORED) is None


def test_a_folder_tells_the_host_and_hides_what_is_secret(tmp_path: Path) -> None:
    folder = folder_for(tmp_path, "https://user:secret@api.example.com/v1")
    assert folder.name.startswith("api.example.com-")
    assert "secret" not in folder.name
    model = ModelOrder(name="openai/m", api_base="https://user:secret@api.example.com/v1/")
    assert folder_of_model(tmp_path, model) == folder
    assert endpoint_of("anthropic/m", {}) == "default"
