"""What a class says of itself is read from its source as Python would find it."""

from __future__ import annotations

import ast

import pytest

from benchmark.entries import source_facts as module
from benchmark.entries.interval import Interval
from benchmark.entries.source_facts import ClassFacts, Setting, class_facts, literal_arguments, setting_of, source_file

SOURCE = '''
class Other:
    depth: int = 9


class Part:
    """Do this
    and that.

    More of it.
    """

    family: ClassVar[str] = "deep"
    needs: frozenset[str] = frozenset({"images"})
    none: frozenset[str] = frozenset()
    reads = frozenset(("genes", "clinical"))
    runs = sorted("x")
    width: Annotated[int, "[1, 8]"] = 4
    mode: Literal["a", "b"] = "a"
    rate: Annotated[float | Literal["auto"], "(0, inf)"] = 0.5
    flag: bool = True
    computed: int = len("x")
    bare: int
    unknown: ClassVar[int]


class Silent:
    pass


NAME = make(1, title="T", count=3, made=f(), **more)
OTHER, = make(title="no"),
LAST = "text"
'''


@pytest.fixture
def target(tmp_path, monkeypatch):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "mod.py").write_text(SOURCE)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    class_facts.cache_clear()
    yield "pkg.mod"
    class_facts.cache_clear()


def test_a_class_tells_its_sentence_settings_and_constants(target, tmp_path):
    assert source_file(f"{target}:Part") == tmp_path / "pkg" / "mod.py"
    facts = class_facts(f"{target}:Part")
    assert facts.sentence == "Do this and that."
    assert facts.settings == {
        "width": Setting(4, ("int",), (), Interval(1, 8, True, True)), "mode": Setting("a", (), ("a", "b")),
        "rate": Setting(0.5, ("float",), ("auto",), Interval.read("(0, inf)")), "flag": Setting(True, ("bool",)),
    }  # fmt: skip
    assert facts.constants == {
        "family": "deep", "needs": frozenset({"images"}), "none": frozenset(),
        "reads": frozenset({"genes", "clinical"}), "runs": None, "unknown": None,
    }  # fmt: skip
    assert class_facts(f"{target}:Silent") == ClassFacts("")
    assert class_facts(f"{target}:Other").settings == {"depth": Setting(9, ("int",))}


def test_keywords_with_a_literal_value_are_told(target):
    assert literal_arguments(f"{target}:NAME") == {"title": "T", "count": 3}
    assert literal_arguments(f"{target}:LAST") == literal_arguments(f"{target}:OTHER") == {}


@pytest.mark.parametrize(
    ("text", "kinds", "choices"),
    [("int", ("int",), ()), ("int | float | str", ("int", "float", "str"), ()), ("Literal['x']", (), ("x",)),
     ("bool | Literal['x', 'y'] | Literal['z']", ("bool",), ("x", "y", "z"))],
)  # fmt: skip
def test_a_union_is_told_by_its_parts(text, kinds, choices):
    assert setting_of(ast.parse(text, mode="eval").body, 1) == Setting(1, kinds, choices)
