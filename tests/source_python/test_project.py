"""A project: what files declare together, and how little a keystroke costs."""

import pickle
import random
import textwrap

import pytest

from dspy_lens.source.python import Project, module_name, read_python
from dspy_lens.values.definition import JoinComment
from support.source import names, one, project, read


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("app.py", "app"),
        ("app/rag.py", "app.rag"),
        ("app/__init__.py", "app"),
        ("src/app/rag.py", "app.rag"),
        ("src/app/__init__.py", "app"),
        ("lib/src/app.py", "lib.src.app"),
        ("notes/try.ipynb", "notes/try.ipynb"),
    ],
)
def test_modules_are_named_by_their_import_path(path: str, name: str) -> None:
    assert module_name(path) == name
    assert project({path: ""}).module_name(path) == name


def test_a_package_called_src_is_no_import_root() -> None:
    assert project({"src/__init__.py": "", "src/app.py": ""}).module_name("src/app.py") == "src.app"


SHADOWING = (
    "import dspy\nfrom dspy import Signature\nclass QA(dspy.Signature): pass\nclass QB(Signature): pass\n"
)
SHADOWING += "p = dspy.Predict('a -> b')\n"


@pytest.mark.parametrize("path", ["dspy/__init__.py", "dspy.py", "src/dspy/__init__.py"])
def test_a_package_of_the_users_called_dspy_is_not_dspy(path: str) -> None:
    own = "class Signature: ...\nclass Predict: ...\n"
    assert project({path: own, "app.py": SHADOWING}).all() == ()
    inside = path.replace("__init__.py", "inner.py")
    assert project({path: own, inside: SHADOWING}).all() == () if inside != path else True


@pytest.mark.parametrize("path", ["dspy/rag.py", "tools/dspy/__init__.py", "tools/dspy.py"])
def test_a_folder_that_only_sounds_like_dspy_shadows_nothing(path: str) -> None:
    assert names(project({path: "x = 1\n", "app.py": SHADOWING})) == ["app:QA", "app:QB", "app:p"]
    assert len(project({path: SHADOWING}).all()) == 3


PROGRAMS = "import dspy\nclass Base(dspy.Module): pass\n"
IMPORTING = "from kit.programs import Base\nclass Own(Base): pass\n"


def test_one_package_of_a_repository_imports_another_by_its_name() -> None:
    files = {"packages/kit/src/kit/__init__.py": "", "packages/kit/src/kit/programs.py": PROGRAMS}
    assert "tests.test_kit:Own" in names(project({**files, "tests/test_kit.py": IMPORTING}))


def test_a_name_that_two_packages_have_is_not_guessed() -> None:
    kits = {
        f"{it}/kit/{file}": text
        for it in "ab"
        for file, text in (("__init__.py", ""), ("programs.py", PROGRAMS))
    }
    assert "tests.test_kit:Own" not in names(project({**kits, "tests/test_kit.py": IMPORTING}))


def test_a_folder_called_like_a_module_of_pythons_is_not_imported_from_afar() -> None:
    files = {"a/types/__init__.py": "import dspy\nclass Base(dspy.Module): pass\n"}
    found = project({**files, "app.py": "from types import Base\nclass Own(Base): pass\n"})
    assert names(found) == ["a.types:Base"]


def test_dspys_own_repository_is_dspy() -> None:
    own = {"dspy/__init__.py": "from dspy.signatures import *\n"}
    own |= {
        f"dspy/{it}.py": "import dspy\n"
        for it in ("signatures/signature", "primitives/module", "predict/predict")
    }
    assert names(project({**own, "tests/test_x.py": SHADOWING})) == [
        "tests.test_x:QA",
        "tests.test_x:QB",
        "tests.test_x:p",
    ]


def test_files_that_cannot_concern_dspy_are_not_read() -> None:
    text = "class A(B):\n    x: int = 3\n" * 2000
    facts = read_python("a.py", text)
    assert facts.quiet
    found = Project({"a.py": facts, "b.py": read_python("b.py", "import dspy\nimport a\n")})
    assert found.all() == ()
    assert "blocks" not in vars(facts)


PIECES = {
    "app/rag.py": '''
        import dspy
        from enum import Enum
        from app import types as t
        from app.sigs import QA, helper as h
        LIMIT = 3
        UNUSED = 4
        Alias = list[t.Kind]
        class RAG(dspy.Module):
            """A program."""
            def __init__(self):
                self.qa = dspy.Predict(QA)
                self.s = dspy.Predict("x: Alias -> y: list[Deep]")
            def forward(self, q):
                limit = local(q)
                return h(q)[:LIMIT]
        def local(q):
            Alone = 1
            return Alone
        Alone = 2
        class Deep: ...
    ''',
    "app/__init__.py": "",
    "app/types.py": """
        from enum import Enum
        class Kind(str, Enum):
            A = "a"
            B = "b"
        class Model(BaseModel):
            kind: "Kind"
            next: "Model | None" = None
        def unused(): ...
    """,
    "app/sigs.py": """
        import dspy
        from .types import Model
        from . import types
        class Base(dspy.Signature):
            q: str = dspy.InputField(desc=TEXT)
        class QA(Base):
            kind: types.Kind = dspy.OutputField()
            model: Model = dspy.OutputField()
        TEXT = "asked"
        @decorated
        def helper(q):
            # why
            return inner(q)
        def inner(q): return types.Kind.A
        def decorated(f): return f
        def metric(gold, pred, trace=None): return inner(gold) == pred.kind
        class Metric:
            def __call__(self, gold, pred): return metric(gold, pred)
        judge = Metric()
    """,
}


def test_pieces_are_all_that_a_definition_leans_on() -> None:
    found = project(PIECES)
    pieces = one(found, "QA").pieces
    assert [it.name for it in pieces] == ["QA", "Base", "Kind", "Model", "TEXT"]
    assert (
        pieces[0].text
        == "class QA(Base):\n    kind: types.Kind = dspy.OutputField()\n    model: Model = dspy.OutputField()"
    )
    assert {it.name: it.path for it in pieces}["Kind"] == "app/types.py"
    program = [it.name for it in one(found, "RAG").pieces]
    assert program[0] == "RAG"
    assert set(program) == {
        *("RAG", "QA", "Alias", "Deep", "local", "helper", "LIMIT"),
        *("Base", "Kind", "Model", "TEXT", "inner", "decorated"),
    }
    string = one(found, "RAG.s").pieces
    assert [it.name for it in string] == ["RAG.s", "Alias", "Deep", "Kind"]
    assert string[0].text == 'dspy.Predict("x: Alias -> y: list[Deep]")'
    text = next(it.text for it in one(found, "RAG").pieces if it.name == "helper")
    assert text == "@decorated\ndef helper(q):\n    # why\n    return inner(q)"


def test_a_function_comes_with_all_it_leans_on() -> None:
    found = project(PIECES)
    pieces = found.function("app.sigs:metric")
    assert pieces is not None
    assert [it.name for it in pieces] == ["metric", "inner", "Kind"]
    judge = found.function("app.sigs:judge")
    assert judge is not None
    assert [it.name for it in judge][:3] == ["judge", "Metric", "metric"]
    through = found.function("app.rag:h")
    assert through is not None
    assert (through[0].path, through[0].name) == ("app/sigs.py", "helper")
    for missing in ("app.sigs:nothing", "nowhere:f", "app.sigs", "app.sigs:", ":f", "", "app.sigs:dspy"):
        assert found.function(missing) is None


def test_pieces_change_only_with_what_they_hold() -> None:
    before = project(PIECES)
    moved = {
        **PIECES,
        "app/sigs.py": "# a comment\n\n" + textwrap.dedent(PIECES["app/sigs.py"]) + "\nUNUSED = 3\n",
    }
    assert [it.pieces for it in project(moved).all()] == [it.pieces for it in before.all()]
    changed = {**PIECES, "app/types.py": PIECES["app/types.py"].replace('"b"', '"c"')}
    differing = [
        new.qualname
        for new, old in zip(project(changed).all(), before.all(), strict=True)
        if new.pieces != old.pieces
    ]
    assert differing == ["RAG", "RAG.s", "QA"]


def test_a_comment_right_above_a_definition_joins_it() -> None:
    found = read(
        """
        import dspy
        # dspy-lens: examples=data/qa.jsonl metric=app.metrics:exact map=label:category,text:question
        # about it
        @decorated
        class QA(dspy.Signature):
            q = dspy.InputField()
        # dspy-lens: examples="my data/x.csv"

        class Apart(dspy.Signature):
            q = dspy.InputField()
        class P(dspy.Module):
            def __init__(self):
                #dspy-lens:metric=exact:a   module=ReAct
                self.x = dspy.Predict(
                    "q -> a"
                )
        @decorated
        # dspy-lens: examples="my data/x.csv" colour=red
        class Below(dspy.Signature):
            q = dspy.InputField()
        """
    )
    comment = one(found, "QA").comment
    assert isinstance(comment, JoinComment)
    assert (comment.examples, comment.metric) == ("data/qa.jsonl", "app.metrics:exact")
    assert comment.map == (("category", "label"), ("question", "text"))
    assert comment.span.line == 3
    assert one(found, "Apart").comment is None
    string = one(found, "P.x").comment
    assert string is not None
    assert (string.metric, string.module) == ("exact:a", "ReAct")
    below = one(found, "Below").comment
    assert below is not None
    assert below.examples == "my data/x.csv"
    comments = [it.span.line for it in found.problems("app.py") if it.code == "comment"]
    assert comments == [19]


def test_example_literals_are_found_with_their_values() -> None:
    found = read(
        """
        import dspy, other
        from dspy import Example as E
        Q = "named"
        one = dspy.Example(question="q", n=-1, ok=True, deep={"a": [1, None, (2.5,)]}).with_inputs("question", "n")
        trainset = [
            E(question=Q, answer="a").with_inputs("question"),
            E(**{"question": "x"}, answer="y"),
            E({"question": "z"}),
            E(question=compute()),
            other.Example(question="no"),
        ]
        def data():
            return [dspy.Example(a=1), dspy.Example()]
        """
    )
    literals = found.example_literals("app.py")
    assert [dict(it.values) for it in literals] == [
        {"question": "q", "n": -1, "ok": True, "deep": {"a": [1, None, (2.5,)]}},
        {"question": "named", "answer": "a"},
        {"question": "x", "answer": "y"},
        {"question": "z"},
        {"a": 1},
    ]
    assert [it.inputs for it in literals] == [("question", "n"), ("question",), None, None, None]
    assert [it.holder for it in literals] == ["one", "trainset", "trainset", "trainset", None]
    assert [it.span.line for it in literals] == [5, 7, 8, 9, 14]


def test_an_edit_elsewhere_changes_what_rests_on_it() -> None:
    found = project(PIECES)
    found.all()
    text = textwrap.dedent(PIECES["app/sigs.py"])
    changed = found.with_files(
        {"app/sigs.py": read_python("app/sigs.py", text.replace('"asked"', '"other"'))}
    )
    assert one(changed, "QA").inputs[0].desc == "other"
    assert one(changed, "RAG").predictors[0].inputs[0].desc == "other"
    assert one(found, "QA").inputs[0].desc == "asked"
    gone = changed.with_files({"app/sigs.py": None})
    assert [it.qualname for it in gone.all()] == ["RAG", "RAG.s"]
    assert one(gone, "RAG").predictors[0].inputs == ()
    back = gone.with_files({"app/sigs.py": read_python("app/sigs.py", text)})
    assert back.all() == found.all()


LARGE = {
    "base.py": "import dspy\n\n\nclass Base(dspy.Signature):\n    'B.'\n    q: str = dspy.InputField()\nTEXT = 'x -> y'\n",
    "app.py": "import dspy\nfrom base import Base, TEXT\nDESC = 'd'\n"
    + "".join(
        f'''

class S{n}({"Base" if n % 3 else f"S{n - 3}" if n else "dspy.Signature"}):
    """Text {n}."""
    f{n}: str = dspy.OutputField(desc=DESC)
# dspy-lens: examples=x{n}.jsonl
p{n} = dspy.Predict(S{n})
dspy.Predict("anonymous -> b{n}")
class M{n}(dspy.Module):
    def __init__(self):
        self.p = dspy.ChainOfThought(S{n})
        self.t = dspy.Predict(TEXT)
        self.e = dspy.Predict("a -> a")
e{n} = dspy.Example(a={n})
'''
        for n in range(9)
    ),
}


def test_after_any_edits_a_snapshot_equals_one_made_afresh() -> None:
    chance = random.Random(5)
    texts = dict(LARGE)
    kept = project(texts)
    for _ in range(60):
        kept.all()
        path = chance.choice(["app.py", "app.py", "base.py"])
        lines = texts[path].split("\n")
        at = chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                lines.insert(at, "")
            case 1:
                lines.insert(at, chance.choice(lines))
            case 2:
                del lines[at]
            case 3:
                lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)] + chance.choice(
                    ["x", "(", '"', "#"]
                )
            case 4:
                other = chance.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
        if chance.random() < 0.2:
            lines = LARGE[path].split("\n")
        texts[path] = "\n".join(lines)
        kept = kept.with_files({path: read_python(path, texts[path])})
        fresh = Project({path: read_python(path, text) for path, text in texts.items()})
        assert kept.all() == fresh.all()
        for one_path in texts:
            assert kept.problems(one_path) == fresh.problems(one_path)
            assert kept.example_literals(one_path) == fresh.example_literals(one_path)
            for new, old in zip(kept.definitions(one_path), fresh.definitions(one_path), strict=True):
                assert [it.span for it in (*new.inputs, *new.outputs)] == [
                    it.span for it in (*old.inputs, *old.outputs)
                ]


ACTING = {
    "sigs.py": """
        import dspy

        class QA(dspy.Signature):
            question: str = dspy.InputField()
            answer: str = dspy.OutputField()
    """,
    "parts.py": """
        import dspy
        from sigs import QA

        def exact(example, prediction, trace=None):
            return example.answer == prediction.answer

        def made():
            return dspy.ChainOfThought(QA)

        def optimizer(metric):
            return dspy.BootstrapFewShot(metric=metric)

        TRAIN = [dspy.Example(question="a", answer="b").with_inputs("question")]
    """,
    "steps.py": """
        from parts import exact, made, optimizer

        def tune(examples, metric):
            return optimizer(metric).compile(made(), trainset=examples)
    """,
    "main.py": """
        from parts import TRAIN, exact
        from steps import tune

        tune(TRAIN, exact)
    """,
}


def test_after_any_edits_what_code_does_with_programs_equals_what_is_followed_afresh() -> None:
    chance = random.Random(7)
    clean = {path: textwrap.dedent(text) for path, text in ACTING.items()}
    texts, kept = dict(clean), project(clean)
    assert {it.verb for it in kept.links_about("sigs:QA")} == {"compile"}
    for _ in range(80):
        path = chance.choice(sorted(texts))
        lines = texts[path].split("\n")
        at = chance.randrange(len(lines))
        match chance.randrange(4):
            case 0:
                lines.insert(at, "")
            case 1:
                del lines[at]
            case 2:
                lines.insert(at, chance.choice(["tune([], None)", "TRAIN = []", "made = None", "exact = 3"]))
            case 3:
                lines = clean[path].split("\n")
        texts[path] = "\n".join(lines)
        kept = kept.with_files({path: read_python(path, texts[path])})
        fresh = Project({path: read_python(path, text) for path, text in texts.items()})
        assert [kept.links_about(it.name) for it in kept.all()] == [
            fresh.links_about(it.name) for it in fresh.all()
        ]
        assert [kept.doings(it) for it in texts] == [fresh.doings(it) for it in texts]


def test_a_new_call_in_another_file_is_seen_by_what_was_certain_without_it() -> None:
    kept = project({**ACTING, "other.py": "import dspy"})
    before = kept.links_about("sigs:QA")
    call = "from steps import tune\ntune([], None)\n"
    kept = kept.with_files({"other.py": read_python("other.py", f"import dspy\n{call}")})
    fresh = project({**ACTING, "other.py": f"import dspy\n{call}"})
    assert kept.links_about("sigs:QA") == fresh.links_about("sigs:QA") != before


def test_an_edit_reads_only_the_block_it_is_in_again() -> None:
    found = project(LARGE)
    found.all()
    before = {id(block) for _, block in found.files["app.py"].blocks}
    changed = found.with_files(
        {"app.py": read_python("app.py", LARGE["app.py"].replace("Text 5", "Text five"))}
    )
    after = [block for _, block in changed.files["app.py"].blocks]
    assert len([it for it in after if id(it) not in before]) == 1
    assert one(changed, "S5").instructions == "Text five."


def test_quiet_files_are_read_when_their_imports_lead_to_dspy() -> None:
    files = {
        "loud.py": "import dspy\nclass Base(dspy.Signature):\n    q = dspy.InputField()\n",
        "a.py": "from b import Base\nfrom c import *\nclass A(Base): pass\n",
        "b.py": "from a import *\nfrom loud import Base\nclass B(Base): pass\n",
        "pkg/c.py": "from ..b import Base\nfrom . import d\nclass C(Base): pass\n",
        "pkg/d.py": "import json\nclass D(Base): pass\n",
    }
    assert names(project(files)) == ["a:A", "b:B", "loud:Base", "pkg.c:C"]
    quiet = project(files).with_files({"loud.py": read_python("loud.py", "class Base: pass\n")})
    assert quiet.all() == ()


def test_stubs_declare_nothing() -> None:
    text = "import dspy\nclass A(dspy.Signature):\n    q = dspy.InputField()\n"
    assert names(project({"a.py": text, "a.pyi": text})) == ["a:A"]


def test_facts_travel_between_processes() -> None:
    facts = pickle.loads(pickle.dumps({path: read_python(path, text) for path, text in LARGE.items()}))
    assert Project(facts).all() == project(LARGE).all()


def test_a_package_named_dspy_that_loads_the_installed_one_is_dspy() -> None:
    proxy = """
        import importlib.machinery
        import sys

        spec = importlib.machinery.PathFinder.find_spec("dspy", sys.path[1:])
        sys.modules[__name__] = spec.loader.load_module()
        """
    app = "import dspy\nclass QA(dspy.Signature):\n    a = dspy.InputField()\n"
    assert names(project({"dspy/__init__.py": proxy, "app.py": app})) == ["app:QA"]
    assert names(project({"dspy/__init__.py": "Signature = object\n", "app.py": app})) == []


@pytest.mark.parametrize(
    "made", ["Lazy()", "importlib.import_module('dspy')", "pytest.importorskip('dspy', minversion='3')"]
)
def test_dspy_that_is_imported_by_a_call_is_dspy(made: str) -> None:
    lazy = f"import importlib\ndspy = {made}\n"
    app = "if TYPE_CHECKING:\n    import dspy\nelse:\n    from lib.lazy import dspy\n"
    app += "class Own(dspy.Module): pass\nqa = dspy.Predict('q -> a')\n"
    assert names(project({"lib/lazy.py": lazy, "lib/__init__.py": "", "app.py": app})) == [
        "app:Own",
        "app:qa",
    ]


@pytest.mark.parametrize(
    "line", ["from . import core", "from lib import core", "from .core import *\nfrom . import core"]
)
def test_a_package_hands_on_the_modules_below_it(line: str) -> None:
    core = "import dspy\nclass Base(dspy.Module): pass\n"
    app = "import lib\nfrom lib import core as c\nclass One(lib.core.Base): pass\nclass Two(c.dspy.Module): pass\n"
    found = project({"lib/__init__.py": f"{line}\n", "lib/core.py": core, "app.py": app})
    assert names(found) == ["app:One", "app:Two", "lib.core:Base"]
