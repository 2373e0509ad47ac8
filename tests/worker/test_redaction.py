from dspy_lens_worker.redact import Redactor


def test_values_of_secret_variables_are_taken_out() -> None:
    redactor = Redactor({"MY_API_KEY": "abc-123-def", "HOME": "/home/me", "HF_TOKEN": "token9"})
    text = "abc-123-def and token9 in /home/me"
    assert redactor.text(text) == "[key] and [key] in /home/me"


def test_what_looks_like_a_key_is_taken_out_though_nobody_named_it() -> None:
    redactor = Redactor({})
    assert redactor.text("Incorrect API key provided: sk-proj-ab12****cd.") == (
        "Incorrect API key provided: [key]."
    )
    assert redactor.text("a task-based approach") == "a task-based approach"


def test_keys_are_found_inside_json() -> None:
    redactor = Redactor({})
    redactor.learn(['quo"ted-key', None, 3, "short"])
    assert redactor.text('{"error": "quo\\"ted-key"}') == '{"error": "[key]"}'
    assert redactor.value({"a": ['quo"ted-key']}) == {"a": ["[key]"]}
