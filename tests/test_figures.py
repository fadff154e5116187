"""Tables in the docs are those of the files that commands of ``perf`` and published boards wrote."""

import csv
import re
from pathlib import Path

import pandas as pd
import pytest

from leaderboard.formats.excerpt import excerpt

ROOT = Path(__file__).parent.parent
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
MEASURED = sorted((ROOT / "perf/measured").glob("*.csv"))
BOARDS = {
    "apl-curve": [(f"apl-sim-curve-{n}", "in-domain", "balanced_accuracy") for n in (107, 300, 1000)],
    "apl-jhu-images": [("apl-jhu", "in-domain", "auroc")],
    "mito": [("mito-sim", "in-domain", "balanced_accuracy"), ("mito-sim", "C", "balanced_accuracy")],
}
PAIRED = {"mito": ("balanced_accuracy", "naive-bayes-clinical"), "apl-jhu-images": ("auroc", "missingness-only")}


def marked(name: str) -> list[str]:
    """Return what stands between the marks of a name on any page."""
    pattern = rf"<!-- {name}:begin -->\n(.*?)\n<!-- {name}:end -->"
    return [text for page in PAGES.values() for text in re.findall(pattern, page, re.DOTALL)]


def markdown(path: Path) -> str:
    header, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
    return "\n".join(f"| {' | '.join(line)} |" for line in [header, ["---"] * len(header), *rows])


@pytest.mark.parametrize("path", MEASURED, ids=lambda path: path.stem)
def test_a_table_of_the_docs_is_what_its_command_wrote(path):
    assert marked(path.stem) == [markdown(path)], f"copy the table of {path.relative_to(ROOT)} into the docs"
    (page,) = (text for text in PAGES.values() if f"{path.stem}:begin" in text)
    assert f"--csv perf/measured/{path.name}" in page, "name the command that wrote it"


def paired(pairs: pd.DataFrame, metric: str, reference: str) -> str:
    """Return how far entries lie above one of them in-domain, best first, with the paired interval."""
    rows = pairs[(pairs["test_set"] == "in-domain") & (pairs["metric"] == metric)]
    found = []
    for row in rows.itertuples():
        if reference in (row.a, row.b):
            sign = 1 if row.b == reference else -1
            low, high = sorted((sign * row.low, sign * row.high))
            found.append((sign * row.difference, row.a if sign == 1 else row.b, low, high))
    lines = [f"| {entry} | {value:.3f} [{low:.3f}, {high:.3f}] |" for value, entry, low, high in sorted(found)[::-1]]
    return "\n".join([f"| entry | {metric.replace('_', ' ')} above {reference} |", "| --- | --- |", *lines])


@pytest.mark.parametrize("name", PAIRED)
def test_paired_differences_in_the_docs_are_those_of_the_published_board(name):
    pairs = pd.read_csv(ROOT / f"leaderboard/published/{name}/pairs.csv")
    assert marked(f"{name}-pairs") == [paired(pairs, *PAIRED[name])]


@pytest.mark.parametrize("name", BOARDS)
def test_an_excerpt_in_the_docs_is_that_of_the_published_board(name):
    scores = pd.read_csv(ROOT / f"leaderboard/published/{name}/leaderboard.csv")
    assert marked(name) == [excerpt(scores, BOARDS[name])]


def test_what_the_docs_say_of_the_curve_is_what_its_pairs_show():
    pairs = pd.read_csv(ROOT / "leaderboard/published/apl-curve/pairs.csv")
    pairs = pairs[(pairs["test_set"] == "in-domain") & (pairs["metric"] == "balanced_accuracy")]

    def lies_behind(behind: str, ahead: str, patients: int) -> bool:
        here = pairs[pairs["task"] == f"apl-sim-curve-{patients}"].set_index(["a", "b"])
        if (behind, ahead) in here.index:
            return bool(here.loc[(behind, ahead), "high"] < 0)
        return bool(here.loc[(ahead, behind), "low"] > 0)

    assert [lies_behind("fusion-pretrained", "product-of-experts", n) for n in (107, 300, 1000)] == [True, False, False]
    assert not lies_behind("random-forest", "rules-apl", 107) and not lies_behind("rules-apl", "random-forest", 107)
    assert lies_behind("rules-apl", "random-forest", 300)
    for patients in (300, 1000):
        for early in ("random-forest", "logistic-regression"):
            assert lies_behind(early, "fusion-pretrained", patients)


def test_the_networks_that_beat_the_best_single_modality_are_those_that_the_docs_name():
    (table,) = marked("mito-pairs")
    better = re.findall(r"^\| (fusion-\S+) \| \S+ \[0\.\d+, ", table, re.MULTILINE)
    (told,) = (text for text in PAGES.values() if "mito-pairs:begin" in text)
    named = re.search(r"so are (.*?) of the five networks", told.replace("\n", " "))
    assert named is not None and set(re.findall(r"`(\S+)`", named[1])) == set(better)


def test_every_marked_table_is_checked():
    names = {name for page in PAGES.values() for name in re.findall(r"<!-- (\S+):begin -->", page)}
    assert names == {path.stem for path in MEASURED} | set(BOARDS) | {f"{name}-pairs" for name in PAIRED}
