"""Make names harmless where they are printed; HTML itself is escaped by jinja2."""

from __future__ import annotations

import re
import unicodedata

FORMULA = ("=", "+", "-", "@")


def plain(text: str) -> str:
    """Replace control, format and line-break characters, which could move a cursor or turn text around, by spaces."""
    if text.isprintable():  # nearly always, and then nothing is to be replaced
        return text.strip()
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text).strip()


def csv_cell(text: str) -> str:
    """Quote a text that a spreadsheet would take for a formula with a leading apostrophe."""
    text = plain(text)
    return f"'{text}" if text.startswith(FORMULA) else text


def markdown(text: str) -> str:
    """Escape what Markdown or the HTML inside it would interpret."""
    text = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]#|!~])", r"\\\1", text)


_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "–": r"\textendash{}",
    "—": r"\textemdash{}", "…": r"\ldots{}",
    "[": "{[}", "]": "{]}", "µ": r"\textmu{}", "±": r"\textpm{}", "×": r"\texttimes{}",
}  # fmt: skip


def latex(text: str) -> str:
    """Escape what LaTeX would interpret; letters that pdflatex may lack become a question mark."""
    shown = "".join(_LATEX.get(c, c if ord(c) < 0x180 else "?") for c in plain(text))
    return shown.replace("--", "-{}-")  # two hyphens of an option would become a dash
