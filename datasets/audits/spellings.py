"""Which ids are one id in two spellings, and which may be: numbers, letters and words that programs rewrite."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_BETWEEN_NUMBERS = re.compile(r"(?<=\d)[\W_]+(?=\d)")  # 1-12 is not 11-2
_SEPARATORS = re.compile(r"[^\w-]|_|(?<!\d)-|-(?!\d)")
_THOUSANDS = r"[1-9][0-9]{0,2}(?P<mark>[,.' ])[0-9]{3}(?:(?P=mark)[0-9]{3})*|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"
_NUMBER = re.compile(
    rf"(?P<front>\D*?)(?P<whole>{_THOUSANDS}|[0-9]+)(?P<part>[.,][0-9]+)?(?:e(?P<power>\+?[0-9]{{1,2}}))?"
)
_APOSTROPHES = str.maketrans("\u2019\u2018\u02bc\u00b4`\u066c\u066b", "''''',.")
_LETTERS = str.maketrans(
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
    "\u0430\u0435\u0455\u0456\u0458\u043e\u0440\u0441\u0443\u0445"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf",
    "ABESIJKMHOPCTYXaesijopcyxABEZHIKMNOPTYXo",
)
_MARKS = re.compile(r"(?<=[a-z])[\u0300-\u036f]+")
_UMLAUTS = {"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00f8": "oe", "\u00e5": "aa", "\u00e6": "ae"}
_WITHOUT = str.maketrans({"\u00f8": "o", "\u0142": "l", "\u0111": "d", "\u0131": "i", "\u00e6": "ae"})
_ID_WORD = re.compile(
    r"(?:(?:mrn|id|pid|patient|patid|pat|pt|subject|subj|no|nr|num|number|record)(?![a-z])[\W_]*)+(?=[0-9])"
)
_ENOUGH_DIGITS = 4  # of a number behind "MRN": a lower one may be the count of another hospital
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DATES = (re.compile(rf"(?P<day>\d\d?)[\W_]*{_MONTH}"), re.compile(rf"{_MONTH}[\W_]*(?P<day>\d\d?)"))
_ISO = re.compile(r"\d{4}-(?P<month>\d\d)-(?P<day>\d\d)(?:[ t]00:00(?::00)?)?")
_ROUND = re.compile(r"(?P<digits>[1-9](?:[.,](?P<decimals>[0-9]{1,6}))?)e\+?(?P<power>[0-9]{1,2})")
_DIGIT_LIKE = re.compile(r"(?<=\w)[OoIl](?=\d)|(?<=\d)[OoIl]|^[OoIl](?=\d{3})")
_VISIT = re.compile(r"(?P<base>.*\w)[\W_]+(?:visit|sample|v|t|s)?[\W_]*(?:\d{1,2}|[a-z])")

Keys = Callable[[str], Iterable[str]]


def plain_id(name: str) -> str:
    """Return what is left of an id without case, leading zeros, blanks, punctuation and Unicode forms.

    An id of which nothing is left stays as it is.
    """
    return _SEPARATORS.sub("", _BETWEEN_NUMBERS.sub("-", _ZEROS.sub("", _shown(name)))) or name


def same_ids(names: Sequence[str]) -> NDArray[np.int64]:
    """Return the group of each id; ids of one group are one id in two spellings.

    Numbers may have decimals of zero, separators of thousands or an exponent, or stand behind a word such as MRN;
    letters may have lost their accents, or be letters of another alphabet that look alike; "Mei, Lin" is "Lin Mei".
    Decimals of zero count where others do not: among 1.1 and 1.2, 1.0 is not 1.
    """
    numbers = [_NUMBER.fullmatch(_tidy(name)) for name in names]
    fractions = any(n and n["part"] and n["part"].strip(".,0") and not n["power"] for n in numbers)
    values = {name: _value(n, fractions=fractions) for name, n in zip(names, numbers, strict=True) if n}
    return _joined(names, lambda name: _certain(name, values.get(name)))


def perhaps_same_ids(names: Sequence[str], same: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the group of each id; ids of one group may be one id, which a person has to decide.

    Args:
        names: The ids.
        same: What ``same_ids`` says; its groups stay whole.
    """
    plain = {plain_id(name): name for name in names}
    extra = [_prefixes(names, plain), _dates(names, plain), _rounded(names, plain), _visits(names, plain)]
    group = {name: str(g) for name, g in zip(names, same.tolist(), strict=True)}
    keys: dict[str, list[str]] = {name: [f"same {group[name]}", *_loose(name)] for name in names}
    for name, other in (pair for pairs in extra for pair in pairs):
        keys[name].append(f"same {group[other]}")
    return _joined(names, lambda name: keys[name])


def _joined(names: Sequence[str], keys: Keys) -> NDArray[np.int64]:
    """Return groups: ids that share a key, and those that are linked by others."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    number: dict[str, int] = {}
    pairs = [(i, number.setdefault(key, len(number))) for i, name in enumerate(names) for key in keys(name)]
    owner, key = np.array(pairs, np.int64).reshape(-1, 2).T
    n = len(names)
    edges = coo_array((np.ones(len(owner), bool), (owner, key + n)), shape=(n + len(number),) * 2)
    return np.asarray(connected_components(edges, directed=False)[1][:n], np.int64)


def _shown(name: str) -> str:
    """Return an id as it is read: no case, no signs that do not show, digits of our own."""
    if name.isascii():
        return name.lower()
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    kept = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in kept)


def _tidy(name: str) -> str:
    """Return an id as a number is looked for in it: one kind of apostrophe, and nothing around it."""
    return _shown(name).translate(_APOSTROPHES).strip(" '\"=\t").rstrip(".,;")


def _value(number: re.Match[str], *, fractions: bool) -> str | None:
    """Return an id that ends in a number with that number as digits alone; None where it is not whole."""
    front, whole, part = number["front"], re.sub(r"\D", "", number["whole"]), (number["part"] or "")[1:]
    if number["power"] is not None:  # what looks like thousands in front of an exponent is decimals: 1.001E+12
        digits = (number["whole"] + (number["part"] or "")).replace(",", ".")
        exact = re.fullmatch(r"\d+(?:\.\d+)?", digits) is not None and not front
        value = Decimal(digits).scaleb(int(number["power"])) if exact else Decimal("0.5")
        return f"{int(value)}" if value == int(value) else None
    if part and (fractions or part.strip("0")):
        return None
    return plain_id(f"{front}{whole}")


def _certain(name: str, value: str | None) -> Iterator[str]:
    yield plain_id(name)
    if value is not None:
        yield value
    latin = unicodedata.normalize("NFKC", name).translate(_LETTERS).casefold()
    if not name.isascii():
        yield plain_id(_bare(latin))
        yield plain_id(_bare("".join(_UMLAUTS.get(c, c) for c in latin)))
    last, comma, first = latin.partition(",")
    if comma and re.search(r"[^\W\d_]{2}", last) and re.search(r"[^\W\d_]", first):
        yield plain_id(_bare(f"{first} {last}"))
    yield from _behind_a_word(_tidy(name))


def _behind_a_word(text: str) -> Iterator[str]:
    """Yield the number of "MRN 1001", which is the whole of the id."""
    word = _ID_WORD.match(text)
    number = _NUMBER.fullmatch(text[word.end() :]) if word else None
    whole = _value(number, fractions=False) if number else None
    if whole is not None and len(whole) >= _ENOUGH_DIGITS:
        yield whole


def _bare(text: str) -> str:
    """Return a text without accents on Latin letters; those of other scripts make other letters."""
    return _MARKS.sub("", unicodedata.normalize("NFKD", text).translate(_WITHOUT))


def _loose(name: str) -> Iterator[str]:
    """Yield what an id may be beside what it is: digits for letters that look alike, ue for u, words in order."""
    text = unicodedata.normalize("NFKC", name)
    yield "plain " + plain_id(name)
    yield "plain " + plain_id(_DIGIT_LIKE.sub(lambda found: "0" if found[0] in "Oo" else "1", text))
    bare = _bare(text.casefold())
    if re.search(r"[a-z]{4}", bare):
        yield "plain " + plain_id(re.sub(r"(?<=[aou])e", "", bare))
    words = re.findall(r"[^\W_]+", bare)
    if len(words) > 1 and any(re.fullmatch(r"[^\W\d_]{2,}", word) for word in words):
        yield "words " + " ".join(sorted(words))


def _prefixes(names: Sequence[str], plain: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield ids of letters and a number whose number alone is an id too."""
    for name in names:
        found = re.fullmatch(r"[^\W\d_]+([0-9]+)", plain_id(name))
        if found and found[1] in plain:
            yield name, plain[found[1]]


def _dates(names: Sequence[str], plain: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield ids that are a day as a spreadsheet writes it, and the id that it may have been made of."""
    for name in names:
        day = _day(_tidy(name))
        if day is not None:
            d, m = day
            forms = (f"{_MONTHS[m - 1]}{d}", f"{d}{_MONTHS[m - 1]}", f"{d}-{m}", f"{m}-{d}")
            long = [key for key in plain if key.startswith(_MONTHS[m - 1]) and _day(key) == day]
            yield from ((name, plain[form]) for form in (*forms, *long) if form in plain)


def _day(text: str) -> tuple[int, int] | None:
    for pattern in (*_DATES, _ISO):
        found = pattern.fullmatch(text)
        if found is not None:
            month = found["month"]
            d, m = int(found["day"]), int(month) if month.isdigit() else _MONTHS.index(month) + 1
            return (d, m) if 1 <= d <= 31 and 1 <= m <= 12 else None
    return None


def _rounded(names: Sequence[str], plain: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield ids such as 1.23E+12 and the whole numbers that a spreadsheet shows like that."""
    found = {name: _ROUND.fullmatch(_tidy(name)) for name in names}
    short = {name: match for name, match in found.items() if match is not None}
    numbers = [key for key in plain if key.isascii() and key.isdigit() and len(key) <= 99] if short else []
    for decimals in {len(match["decimals"] or "") for match in short.values()}:
        shown = {f"{Decimal(number):.{decimals}e}".replace("+", ""): number for number in numbers}
        for name, match in short.items():
            text = f"{match['digits'].replace(',', '.')}e{int(match['power'])}"
            if len(match["decimals"] or "") == decimals and text in shown:
                yield name, plain[shown[text]]


def _visits(names: Sequence[str], plain: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield ids such as A3_2 with A3, if most ids are of such groups; elsewhere the end may be another patient."""
    found = {name: _VISIT.fullmatch(_tidy(name)) for name in names}
    bases = {name: plain_id(match["base"]) for name, match in found.items() if match is not None}
    pairs = [(name, plain[base]) for name, base in bases.items() if base in plain]
    if len({name for pair in pairs for name in pair}) * 2 > len(names):
        yield from pairs
