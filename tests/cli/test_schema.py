"""JSON schemas for editors, checked against what the settings and example files really allow."""

import json
from typing import Any

from dspy_lens.source.schemas import examples_schema, settings_schema
from dspy_lens.values.definition import Field
from dspy_lens.values.settings import Settings, TargetSettings
from support.terminal import Desk

MOOD = '''
    import dspy
    from typing import Literal, Optional


    class Mood(dspy.Signature):
        """Say the mood."""

        sentence: str = dspy.InputField(desc="one sentence")
        tags: list[str] = dspy.InputField()
        mood: Literal["glad", "sad"] = dspy.OutputField()
        sure: Optional[float] = dspy.OutputField()
    '''


def test_the_schema_of_settings_names_every_setting_and_every_problem(desk: Desk) -> None:
    made = desk.run("schema", "settings", "--json").expect().json
    assert made == json.loads(desk.run("schema", "settings").expect().out) == settings_schema()
    assert made["properties"].keys() == Settings.model_fields.keys()
    assert made["$defs"]["TargetSettings"]["properties"].keys() == TargetSettings.model_fields.keys()
    assert "signature-bare" in made["properties"]["problems"]["propertyNames"]["enum"]
    assert made["additionalProperties"] is False


def test_the_schema_of_examples_has_the_fields_with_their_types(desk: Desk) -> None:
    desk.write({"mood.py": MOOD})
    made = desk.run("schema", "examples", "Mood", "--json").expect().json
    assert made["required"] == ["sentence", "tags"]
    assert made["properties"] == {
        "sentence": {"type": "string", "description": "one sentence"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "mood": {"enum": ["glad", "sad"]},
        "sure": {"anyOf": [{"type": "number"}, {"type": "null"}]},
    }


def test_the_schema_of_examples_is_that_of_the_file_where_columns_are_mapped(desk: Desk) -> None:
    mapped = "# dspy-lens: map=fields.text:sentence,marks.0:mood,topics:tags"
    desk.write({"mood.py": MOOD.replace("class Mood", f"{mapped}\n    class Mood")})
    made = desk.run("schema", "examples", "Mood", "--json").expect().json
    assert made["required"] == ["fields", "topics"]
    assert made["properties"] == {
        "fields": {
            "properties": {"text": {"type": "string", "description": "one sentence"}},
            "required": ["text"],
        },
        "topics": {"type": "array", "items": {"type": "string"}},
        "marks": {},
        "sure": {"anyOf": [{"type": "number"}, {"type": "null"}]},
    }


def test_a_type_that_is_not_understood_allows_everything() -> None:
    properties: dict[str, Any] = examples_schema("x", [Field("a", "pandas.DataFrame")], [], {})["properties"]
    assert properties == {"a": {}}


def test_examples_of_nobody_are_a_mistake(desk: Desk) -> None:
    assert "name a TARGET" in desk.run("schema", "examples").expect(2).err
