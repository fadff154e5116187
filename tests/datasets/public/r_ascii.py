"""Write small R files in R's ASCII serialisation, for tests of readers of .rda files."""

from collections.abc import Mapping, Sequence

_NIL, _EMPTY_ENVIRONMENT = "254", "242"
_OBJECT, _ATTRIBUTES, _TAG = 1 << 8, 1 << 9, 1 << 10


def rda(name: str, value: str) -> str:
    """Return the text of an .rda file with one object."""
    return "\n".join(["RDA2", "A", "2", "262656", "131840", pairs({name: value})]) + "\n"


def pairs(items: Mapping[str, str]) -> str:
    return "\n".join([*(f"{2 | _TAG}\n1\n{_char(tag)}\n{value}" for tag, value in items.items()), _NIL])


def strings(values: Sequence[str]) -> str:
    return "\n".join(["16", str(len(values)), *map(_char, values)])


def integers(values: Sequence[object]) -> str:
    return "\n".join(["13", str(len(values)), *map(str, values)])


def matrix(columns: Sequence[Sequence[float]], rows: Sequence[str], names: Sequence[str]) -> str:
    """Return a numeric matrix, column by column, with dimnames."""
    flat = [str(v) for column in columns for v in column]
    dimnames = "\n".join(["19", "2", strings(rows), strings(names)])
    attributes = pairs({"dim": integers([len(rows), len(names)]), "dimnames": dimnames})
    return "\n".join([str(14 | _ATTRIBUTES), str(len(flat)), *flat, attributes])


def data_frame(columns: Mapping[str, str], rows: Sequence[str]) -> str:
    attributes = pairs({"names": strings(list(columns)), "row.names": strings(rows), "class": strings(["data.frame"])})
    return "\n".join([str(19 | _OBJECT | _ATTRIBUTES), str(len(columns)), *columns.values(), attributes])


def environment(items: Mapping[str, str]) -> str:
    return "\n".join(["4", "0", _EMPTY_ENVIRONMENT, pairs(items), _NIL, _NIL])


def s4(slots: Mapping[str, str]) -> str:
    return f"{25 | _OBJECT | _ATTRIBUTES | 16 << 12}\n{pairs(slots)}"


def _char(text: str) -> str:
    return f"{9 | 64 << 12}\n{len(text)}\n{text}"
