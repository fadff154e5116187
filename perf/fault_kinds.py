"""Small faults that a hand might make in a Python file: one change of a few characters each.

Kinds: a comparison flipped, a constant changed by one, ``and`` for ``or``, plus for minus, a slice bound moved, a
statement removed, arguments swapped, ``not`` dropped, a keyword dropped, roles confused, order lost, one of a pair of
functions taken for the other, the branches of a conditional expression swapped. Text that only people read (docstrings,
messages, annotations) is left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass

Made = Iterator[ast.AST | str]
_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_PAIRS = ("min max", "any all", "argmin argmax", "mean sum", "zeros ones", "nanmin nanmax", "floor ceil", "first last")
_TWIN = {a: b for pair in map(str.split, _PAIRS) for a, b in (pair, pair[::-1])}
_GUARDS = ("strict", "help", "encoding", "ensure_ascii", "indent")  # for readers, or a guard of what holds anyway
_COMMUTE = "min max minimum maximum fmin fmax logaddexp logical_and logical_or hypot array_equal samefile clip"
_EITHER_ORDER = frozenset(_COMMUTE.split())  # to swap what they are given changes nothing
_ROLES = {"train": "test", "valid": "test", "test": "valid"}


@dataclass(frozen=True)
class Fault:
    """One change of one file.

    Attributes:
        path: File, relative to the root of the tree.
        line: First line of the change, from 1.
        start, end: Bytes of the file that are replaced.
        kind: Name of the kind.
        old, new: Text before and after.
    """

    path: str
    line: int
    start: int
    end: int
    kind: str
    old: str
    new: str

    def applied(self, body: bytes) -> bytes:
        """Return the file's bytes with the fault in them."""
        return body[: self.start] + self.new.encode() + body[self.end :]


def faults_of(path: str, body: bytes) -> list[Fault]:
    """Return every fault of the kinds above that can be planted in a file; ``parses`` tells which are Python still."""
    tree = ast.parse(body)
    line_starts = [0]
    for line in body.splitlines(keepends=True):
        line_starts.append(line_starts[-1] + len(line))
    found = []
    for node in _code(tree):
        for kind, make in _KINDS.items():
            for new in make(node):
                start = line_starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
                end = line_starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
                text = new if isinstance(new, str) else ast.unparse(ast.fix_missing_locations(new))
                text = text if isinstance(node, ast.stmt | ast.Constant | ast.Slice) else f"({text})"
                line = node.lineno  # type: ignore[attr-defined]
                found.append(Fault(path, line, start, end, kind, body[start:end].decode(), text))
    return [fault for fault in dict.fromkeys(found) if fault.old != fault.new]


def parses(body: bytes) -> bool:
    """Return whether the bytes of a file are Python."""
    try:
        compile(body, "planted", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """Yield nodes that matter when the file runs: no docstrings, annotations, imports, messages."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr | ast.Import | ast.ImportFrom | ast.arguments) or _is_text(child):
            continue
        if isinstance(child, ast.keyword) and child.arg in _GUARDS:
            continue
        yield child
        if isinstance(child, ast.Raise):
            continue
        yield from _code(_bare(child))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _bare(node: ast.AST) -> ast.AST:
    """Return a function or annotated assignment without its annotations and decorators."""
    bare = copy(node)
    for name, blank in (("returns", None), ("annotation", None), ("decorator_list", [])):
        if hasattr(bare, name):
            setattr(bare, name, blank)
    return bare


def _with(node: ast.AST, **parts: object) -> ast.AST:
    changed = copy(node)
    for name, part in parts.items():
        setattr(changed, name, part)
    return changed


def _comparison(node: ast.AST) -> Made:
    if isinstance(node, ast.Compare):
        yield _with(node, ops=[_COMPARED[type(node.ops[0])](), *node.ops[1:]])


def _constant(node: ast.AST) -> Made:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        value = node.value
        yield repr(not value if isinstance(value, bool) else value + 1)


def _connective(node: ast.AST) -> Made:
    if isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def _arithmetic(node: ast.AST) -> Made:
    if isinstance(node, ast.BinOp) and type(node.op) in _COMPUTED and not _holds_text(node):
        yield _with(node, op=_COMPUTED[type(node.op)]())
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        yield node.operand


def _holds_text(node: ast.AST) -> bool:
    return any(isinstance(n, ast.JoinedStr) or isinstance(getattr(n, "value", None), str) for n in ast.walk(node))


def _slice(node: ast.AST) -> Made:
    if isinstance(node, ast.Slice):
        for name in ("lower", "upper"):
            bound = getattr(node, name)
            if bound is not None:
                moved = ast.BinOp(bound, ast.Add(), ast.Constant(1))
                parts = [ast.unparse(moved if n == name else p) if p else ""
                         for n, p in (("lower", node.lower), ("upper", node.upper))]  # fmt: skip
                yield ":".join([*parts, *([ast.unparse(node.step)] if node.step else [])])


def _removed(node: ast.AST) -> Made:
    is_effect = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    is_stored = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript | ast.Attribute)
    if is_effect or is_stored or isinstance(node, ast.AugAssign | ast.Raise | ast.Continue):
        yield "pass"


def _arguments(node: ast.AST) -> Made:
    if (
        isinstance(node, ast.Call)
        and len(node.args) >= 2
        and not any(isinstance(a, ast.Starred) for a in node.args[:2])
        and not _commutes(node)
    ):
        yield _with(node, args=[node.args[1], node.args[0], *node.args[2:]])


def _commutes(node: ast.Call) -> bool:
    """Return whether the first two arguments may change places; a clip is a minimum of a maximum."""
    return _called(node) in _EITHER_ORDER and len(node.args) == (3 if _called(node) == "clip" else 2)


def _keyword(node: ast.AST) -> Made:
    if isinstance(node, ast.Call) and node.keywords and node.keywords[-1].arg not in _GUARDS:
        yield _with(node, keywords=node.keywords[:-1])


def _negation(node: ast.AST) -> Made:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        yield node.operand


def _role(node: ast.AST) -> Made:
    if isinstance(node, ast.Constant) and node.value in _ROLES:
        yield repr(_ROLES[str(node.value)])


def _order(node: ast.AST) -> Made:
    if not isinstance(node, ast.Call):
        return
    name = _called(node)
    if name == "sorted":
        yield _with(node, func=ast.Name("list"), keywords=[])
    elif name in ("sort_values", "sort_index") and isinstance(node.func, ast.Attribute):
        yield node.func.value
    elif name == "sort" and node.args:
        yield node.args[0]


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _twin(node: ast.AST) -> Made:
    if isinstance(node, ast.Call) and (other := _TWIN.get(_called(node))):
        named = isinstance(node.func, ast.Name)
        yield _with(node, func=_with(node.func, **{"id" if named else "attr": other}))


def _branches(node: ast.AST) -> Made:
    if isinstance(node, ast.IfExp):
        yield _with(node, body=node.orelse, orelse=node.body)


_KINDS: dict[str, Callable[[ast.AST], Made]] = {
    "comparison": _comparison,
    "constant": _constant,
    "connective": _connective,
    "arithmetic": _arithmetic,
    "slice": _slice,
    "removed": _removed,
    "arguments": _arguments,
    "keyword": _keyword,
    "negation": _negation,
    "role": _role,
    "order": _order,
    "twin": _twin,
    "branches": _branches,
}
