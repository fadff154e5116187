"""What the path of an image says of its specimen: the pattern of a cohort.toml."""

from __future__ import annotations

import re

SAID = ("label", "patient", "domain", "era")  # what a path may say of a specimen besides its name
WORDS = ("specimen", "cell_type", *SAID)
_PARTS = {f"{{{word}}}": rf"(?P<{word}>[^/]+?)" for word in WORDS} | {"**": r".+", "*": r"[^/]*"}
_TOKEN = re.compile("(" + "|".join(map(re.escape, sorted(_PARTS, key=len, reverse=True))) + ")")
_BRACES = re.compile(r"\{([^{}]*)\}")


def words_of(pattern: str) -> list[str]:
    """Return the ``{words}`` of a pattern in order.

    Raises:
        ValueError: If one is unknown, or stands twice.
    """
    words = _BRACES.findall(pattern)
    unknown = [word for word in words if word not in WORDS]
    if unknown:
        known = ", ".join(f"{{{word}}}" for word in WORDS)
        raise ValueError(f"pattern has {{{unknown[0]}}}; known: {known}")
    twice = [word for word in words if words.count(word) > 1]
    if twice:
        raise ValueError(f"pattern has {{{twice[0]}}} more than once")
    return words


def path_rule(pattern: str) -> re.Pattern[str]:
    """Return a pattern as a regular expression with a group for each ``{word}``."""
    return re.compile("".join(_PARTS.get(token, re.escape(token)) for token in _TOKEN.split(pattern)))


def said_by(rule: re.Pattern[str], path: str, *, joined: bool) -> dict[str, str] | None:
    """Return what a path says of its specimen, or None where it does not fit the rule.

    Args:
        rule: From ``path_rule``.
        path: Below the folder of the images, with slashes.
        joined: Whether a specimen is named by all that its path says of it, such as "APL/17" for the image 17.jpg of
            the class APL: names that count within a folder recur in others.
    """
    found = rule.fullmatch(path)
    if found is None:
        return None
    said = {word: text for word, text in found.groupdict().items() if text is not None}
    if joined:
        named = [word for word in said if word != "cell_type"]
        said["specimen"] = "/".join(said[word] for word in sorted(named, key=found.start))
    return said
