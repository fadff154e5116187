"""A table as HTML, read back by a parser of XML."""

from __future__ import annotations

from xml.etree import ElementTree

from leaderboard.layout.table_html import table_html
from leaderboard.scores.tables import Cell, Column, Table

TABLE = Table(
    "Caption <1>",
    (
        Column("entry", "Who & what", numeric=False),
        Column("n", "How <many>", 'in"A', numeric=True),
        Column("word", "W", numeric=False),
    ),
    (
        (Cell("a<b", order="a<b"), Cell("0.500", "[0.4, <0.6]", 0.5), Cell("–")),
        (Cell("b", order="b"), Cell("0", order=0), Cell("b", order="")),
    ),
)


def test_a_parser_reads_back_what_the_table_holds() -> None:
    links = {"entry": {"a<b": "entry-a.html?x=1&y"}, "word": {"a<b": "nowhere"}}
    root = ElementTree.fromstring(table_html(TABLE, "na&me", links))
    assert root.attrib["aria-labelledby"] == "na&me" and root.attrib["class"] == "scroll"
    caption = root.find("table/caption/span")
    assert caption is not None and caption.text == "Caption <1>" and caption.attrib["id"] == "na&me"
    heads = root.findall("table/thead/tr/th")
    assert [(head.text or "").strip() for head in heads] == ["entry", "n", "word"]
    assert [head.attrib["title"] for head in heads] == ["Who & what", "How <many>", "W"]
    assert [head.attrib.get("class") for head in heads] == [None, "number", None]
    assert [head.findtext("small") for head in heads] == [None, 'in"A', None]
    rows = [list(row) for row in root.findall("table/tbody/tr")]
    assert [[cell.tag for cell in row] for row in rows] == [["th", "td", "td"]] * 2
    assert all(row[0].attrib["scope"] == "row" for row in rows)
    assert [["".join(cell.itertext()) for cell in row] for row in rows] == [
        ["a<b", "0.500 [0.4, <0.6]", "–"],
        ["b", "0", "b"],
    ]
    assert [[cell.attrib["data-order"] for cell in row] for row in rows] == [["a<b", "0.5", ""], ["b", "0", ""]]
    assert [[cell.attrib.get("class") for cell in row] for row in rows] == [[None, "number", None]] * 2
    assert [cell.findtext("small") for cell in rows[0]] == [None, "[0.4, <0.6]", None]
    assert [link.attrib["href"] for link in root.iter("a")] == ["entry-a.html?x=1&y"]
    assert "".join(rows[0][0].find("a").itertext()) == "a<b"  # type: ignore[union-attr]


def test_another_column_may_name_the_rows_and_nothing_leads_anywhere_by_itself() -> None:
    root = ElementTree.fromstring(table_html(TABLE, "x", head="n"))
    rows = [list(row) for row in root.findall("table/tbody/tr")]
    assert [[cell.tag for cell in row] for row in rows] == [["td", "th", "td"]] * 2
    assert rows[0][1].attrib["class"] == "number" and rows[0][1].attrib["scope"] == "row" and not list(root.iter("a"))
