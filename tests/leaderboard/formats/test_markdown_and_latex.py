"""A board written by hand as Markdown and as LaTeX, line by line."""

from __future__ import annotations

from dataclasses import replace

from leaderboard.formats.latex import render_latex
from leaderboard.formats.markdown import render_markdown
from leaderboard.records.results import Board, Published
from leaderboard.scores.tables import BANNER, FLAGS
from leaderboard.verdicts.claims import CLAIMS
from tests.leaderboard.hand_board import hand_task, hand_view, score

FIGURES = (Published("accuracy .98", "images", "Frontiers", "images of a patient leak"), Published("r", "p", "c"))


def board(**changed: object) -> Board:
    task = hand_task(["a_b", "c"], n_classes=2, published=FIGURES, generated=True, **changed)
    told = {("a_b", "in-domain", "auroc"): score(0.75, 1), ("c", "in-domain", "auroc"): {"value": 0.5, "tie": 1}}
    return hand_view(task, told).board


SUMMARY = [
    "| tie | entry | AUROC, in-domain | balanced accuracy, in-domain | NLL, in-domain | ECE, in-domain | seconds "
    "| flags |",
    "| ---: | --- | ---: | ---: | ---: | ---: | ---: | --- |",
    r"| 1 | a\_b | 0.750 [0.650, 0.850] | not evaluable | not evaluable | not evaluable | 6.0 |  |",
    "| 1 | c | 0.500 | not evaluable | not evaluable | not evaluable | 6.0 |  |",
]


def test_markdown_block_by_block() -> None:
    text = render_markdown(board())
    blocks = text.removesuffix("\n").split("\n\n")
    assert blocks[:3] == ["# APL", "## t: title of t", f"> {BANNER}"]
    assert blocks[3].splitlines()[0] == "- in-domain: 3 patients, 4 specimens"
    assert blocks[3].splitlines()[-1].startswith(r"- \[low, high\]: 95 % interval")
    assert blocks[4].splitlines()[0].startswith("- On AUROC (in-domain) these patients do not separate")
    assert blocks[4].splitlines()[-1] == r"- Warning: Identical predictions: a\_b, c; they count as one."
    assert blocks[5].splitlines() == SUMMARY
    assert blocks[6] == "### t, every metric, in-domain" and blocks[7].startswith(
        "| entry | balanced accuracy, in-domain |"
    )
    assert blocks[8] == "### Published by others, not measured here"
    assert blocks[9].splitlines() == [
        "- accuracy .98 (not comparable, because images of a patient leak). images. Frontiers",
        "- r (comparable). p. c",
    ]
    assert blocks[10] == "## Published claims" and len(blocks[11].splitlines()) == len(CLAIMS)
    assert blocks[11].splitlines()[2].endswith(f"Trap: {CLAIMS[2].trap}")
    assert blocks[12] == "## How to read this" and blocks[14] == "## Flags"
    assert blocks[15].splitlines() == [f"- **{flag}**: {meaning}" for flag, meaning in FLAGS.items()]
    made = "Suite apl, profile quick, commit abc1234, 2026-11-22, made by: python -m benchmark run --suite apl"
    assert blocks[16:] == [f"{made}. Not for clinical use."]
    plain = replace(board(), tasks=(replace(board().tasks[0], generated=False, published=()),))
    shorter = render_markdown(plain)
    assert BANNER not in shorter and "Published by others" not in shorter


def test_latex_line_by_line() -> None:
    lines = render_latex(board()).splitlines()
    start = lines.index(r"\begin{table}[htbp]")
    assert lines[start - 2 : start] == [r"\begin{document}", ""] and lines[start + 1] == r"\centering"
    assert lines[start + 2].startswith(
        r"\caption{title of t. t, best first by AUROC, in-domain. {[}low, high{]}: 95 \% "
    )
    assert lines[start + 2].endswith(". Generated cohort: figures describe algorithms, not patients.}")
    assert lines[start + 4 :] == [
        r"\begin{tabular}{rlrrrr}",
        r"\toprule",
        r"\shortstack[r]{tie} & \shortstack[l]{entry} & \shortstack[r]{AUROC\\{\footnotesize in-domain}} & "
        r"\shortstack[r]{balanced accuracy\\{\footnotesize in-domain}} & \shortstack[r]{NLL\\{\footnotesize in-domain}}"
        r" & \shortstack[r]{ECE\\{\footnotesize in-domain}} \\",
        r"\midrule",
        r"1 & a\_b & 0.750 {\footnotesize {[}0.650, 0.850{]}} & not evaluable & not evaluable & not evaluable \\",
        r"1 & c & 0.500 & not evaluable & not evaluable & not evaluable \\",
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table}",
        "",
        r"\noindent Suite apl, profile quick, commit abc1234, 2026-11-22, made by: python -m benchmark run -{}-suite "
        r"apl. Not for clinical use.",
        r"\end{document}",
    ]
    recorded = replace(board(), tasks=(replace(board().tasks[0], generated=False),))
    assert "Generated cohort" not in render_latex(recorded)
