"""Pages of a dataset on the terminal: counts by brute force, the oracle and what each modality adds, audits, cards."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from sklearn.metrics import balanced_accuracy_score

from benchmark.commands import data_pages as pages
from datasets.audits import RULES, Finding
from datasets.card import Card, Reference
from datasets.cohort import Truth
from datasets.roots import DataMissing
from tests.toy import toy_cohort

SUBSETS = ("all", "images", "genes", "clinical", "images+genes", "images+clinical", "genes+clinical")
COHORT = toy_cohort(n=60, missing=0.3)
CARD = Card("A title", "https://x", "", "MIT", "Cells", "A class", "An id", "Sites", "none published")


def cells(table):
    """Return the rows of a table as text, its header first."""
    columns = [[str(column.header), *map(str, column.cells)] for column in table.columns]
    return list(zip(*columns, strict=True))


def printed(call, *words, **more) -> str:
    console = Console(file=io.StringIO(), width=400)
    return call(*words, console, **more), console.file.getvalue()


def twins(**more):
    """Return two specimens a patient, of two domains, the seventh part of none of the classes."""
    odd = np.arange(60) % 7 == 5
    return replace(
        COHORT, patient=np.array([f"P{i % 30:02d}" for i in range(60)]), target_level="specimen",
        y=np.where(odd, -1, COHORT.y), unseen=np.where(odd, np.where(np.arange(60) < 30, "near", "far"), ""), **more,
    )  # fmt: skip


@pytest.mark.parametrize("known", [True, False])
def test_patients_are_counted_by_domain_and_class_each_once(known):
    cohort = twins(patients_known=known)
    who = cohort.patient if known else cohort.specimen
    for table, names in ((pages.counts_table(cohort), cohort.classes), (pages.unseen_table(cohort), ("far", "near"))):
        rows = [
            [len({w for w, d, k in zip(who, cohort.domain, cohort.label, strict=True) if (d, k) == (domain, name)})
             for name in names] for domain in ("A", "B")
        ]  # fmt: skip
        assert cells(table) == [
            ("domain", *names, "all"),
            *((domain, *map(str, row), str(sum(row))) for domain, row in zip("AB", rows, strict=True)),
        ]
    unit = "patients" if known else "specimens; the source names no patients"
    assert pages.counts_table(cohort).title == f"toy: {unit}"
    assert pages.unseen_table(cohort).title == f"toy: unseen, never learned from: {unit}"
    with_empty = replace(cohort, domain=np.where(cohort.y == 0, "Z", "A"))
    assert cells(pages.counts_table(with_empty))[2][2:4] == ("0", "0")


def test_modalities_are_counted_by_domain_in_order_with_their_images():
    rows = cells(pages.modality_table(replace(COHORT, domain=np.array(list("edcba"))[np.arange(60) % 5])))
    assert rows[0] == ("domain", "specimens", "images", "genes", "clinical", "cell images")
    for k, (domain, *numbers) in enumerate(rows[1:]):
        here = np.arange(60) % 5 == 4 - k
        assert domain == "abcde"[k]
        assert numbers == [str(n) for n in (12, *COHORT.present[here].sum(axis=0), COHORT.images.sizes[here].sum())]
    assert cells(pages.modality_table(toy_cohort(n=9, images=False)))[1][-1] == "0"


def known_truth(**more):
    rng = np.random.default_rng(1)
    return Truth({name: rng.dirichlet(np.ones(3) * 2, 60) for name in SUBSETS}, **more)


def test_the_oracle_is_scored_on_all_and_on_those_with_every_modality():
    cohort = replace(COHORT, truth=known_truth())
    rows = cells(pages.oracle_table(cohort))
    whole = COHORT.present.all(axis=1)
    assert [row[0] for row in rows[1:]] == list(SUBSETS)
    for name, *values in rows[1:]:
        called = cohort.truth.posterior[name].argmax(axis=1)
        assert values == [f"{balanced_accuracy_score(COHORT.y[g], called[g]):.3f}" for g in (slice(None), whole)]
    without_genes = replace(toy_cohort(n=60, genes=False), truth=known_truth())
    assert {row[2] for row in cells(pages.oracle_table(without_genes))[1:]} == {"–"}
    with pytest.raises(ValueError, match="toy is not generated"):
        pages.oracle_table(COHORT)


@pytest.mark.parametrize("noise", [False, True])
def test_what_only_one_modality_tells_and_the_headroom_of_fusing(noise):
    true = np.where(np.arange(60) % 7 == 1, (COHORT.y + 1) % 3, COHORT.y)
    cohort = replace(COHORT, truth=known_truth(y=true if noise else None))
    y, told = (true if noise else COHORT.y), cohort.truth.posterior
    score = {name: balanced_accuracy_score(y, told[name].argmax(axis=1)) for name in SUBSETS}
    headroom = score["all"] - max(score[m] for m in ("images", "genes", "clinical"))
    rest = {"images": "genes+clinical", "genes": "images+clinical", "clinical": "images+genes"}
    own = {
        m: np.mean([np.log(told["all"][i, y[i]] / told[rest[m]][i, y[i]]) for i in np.flatnonzero(COHORT.has(m))])
        for m in rest
    }
    line = pages.information_line(cohort, cohort.truth)
    assert f"best single modality: {headroom:.3f}. " in line
    assert line.endswith(f"in nats: {', '.join(f'{m} {own[m]:.2f}' for m in rest)}.")


def test_without_every_part_of_the_posterior_nothing_is_said():
    for lacking in ("images", "genes", "clinical", "genes+clinical"):
        some = Truth({k: v for k, v in known_truth().posterior.items() if k != lacking})
        assert pages.information_line(COHORT, some) == ""


def test_difficulty_stands_beside_the_design():
    rows = pd.DataFrame({"design": [0.9, np.nan], "seen": ["all", "genes"], "effect": [1.0, 0.5],
                         "standard_error": [0.00123, 0.01], "balanced_accuracy": [0.8765, 0.5]})  # fmt: skip
    assert cells(pages.difficulty_table(rows))[1:] == [
        ("1", "all", "0.876", "0.0012", "0.900"), ("0.5", "genes", "0.500", "0.0100", "–")
    ]  # fmt: skip


@pytest.mark.parametrize(("n", "said"), [(0, ""), (1, "1 lost: a\n"), (5, "5 lost: a; b; c; d; e\n"),
                                         (6, "6 lost: a; b; c; d; e and 1 more\n")])  # fmt: skip
def test_the_first_five_are_shown(n, said):
    console = Console(file=io.StringIO(), width=4)
    pages.say_some(console, "lost", tuple("abcdef"[:n]))
    assert console.file.getvalue() == said


def test_a_card_says_of_each_published_figure_whether_it_may_be_compared():
    references = (
        Reference("0.9", "p", "c"), Reference("0.8", "p", "c", not_comparable="other cells", incomplete="lost"),
        Reference("0.7", "p", "c", incomplete="lost"),
    )  # fmt: skip
    card = replace(CARD, traps=("First [b]trap[/b].", "Second."), references=references)
    _, text = printed(lambda console: pages._show_card("name", card, console))
    for line in (
        "0.9 (p; c; comparable)", "0.8 (p; c; not comparable: other cells)", "First [b]trap[/b].", "Second.", "none",
        "0.7 (p; c; comparable where the dataset is whole, else not: lost)", "https://x", "MIT",
    ):  # fmt: skip
        assert line in text
    assert "0.8 (p; c; comparable" not in text


@pytest.fixture
def described(monkeypatch):
    """Let a dataset be one that a test makes."""
    told = {"cohort": COHORT}

    def load(name, root, options):
        told.update(asked=(name, root, options))
        if isinstance(told["cohort"], Exception):
            raise told["cohort"]
        return told["cohort"]

    monkeypatch.setattr(pages, "dataset_module", lambda name: told.get("module", SimpleNamespace(CARD=CARD)))
    monkeypatch.setattr(pages, "load_told", load)
    return told


def test_a_page_shows_what_there_is(described, tmp_path):
    code, text = printed(lambda console: pages.describe("d", {"seed": 3}, tmp_path, console))
    assert code == 0 and described["asked"] == ("d", tmp_path, {"seed": 3})
    for said in ("A title", "toy: patients", "specimens with each modality"):
        assert said in text
    for unsaid in ("unseen", "posterior", "headroom", "design", "unreadable", "not on this machine"):
        assert unsaid not in text
    source = replace(COHORT.provenance, absent=("A part.",), skipped=("x.png",))
    described["cohort"] = replace(twins(), truth=known_truth(), provenance=source)
    row = pd.DataFrame(
        {"effect": [1.0], "seen": ["all"], "balanced_accuracy": [0.5], "standard_error": [0.1], "design": [0.4]}
    )
    described["module"] = SimpleNamespace(CARD=CARD, difficulty=lambda: row)
    _, text = printed(lambda console: pages.describe("d", {}, None, console))
    text = " ".join(text.split())
    for said in (
        "unseen, never learned from: patients", "Bayes posterior, site unknown", "Fusion headroom", "effect scale",
        "1 not on this machine: A part.", "1 unreadable, left out: x.png",
    ):  # fmt: skip
        assert said in text
    described["cohort"] = replace(COHORT, truth=Truth({}))
    assert "Bayes posterior, site" not in printed(lambda console: pages.describe("d", {}, None, console))[1]
    described["cohort"] = DataMissing("d", [tmp_path])
    code, text = printed(lambda console: pages.describe("d", {}, None, console))
    assert code == 0 and text.splitlines()[-1].startswith("d is not on this machine (looked in")


@pytest.mark.parametrize("blocks", [(), (False,), (False, True), (True, True)])
def test_an_audit_page_fails_where_any_finding_blocks(described, monkeypatch, blocks):
    found = [Finding("rule", b, f"where {i}", "[problem]", "remedy") for i, b in enumerate(blocks)]
    plan = SimpleNamespace(notes=("a note",))
    monkeypatch.setattr(pages, "split_of", lambda name: f"split of {name}")
    monkeypatch.setattr(pages, "make_split", lambda split, cohort: plan if split == "split of d" else None)
    monkeypatch.setattr("datasets.audits.audit", lambda cohort, split: found if split is plan else None)
    code, text = printed(lambda console: pages.audit_page("d", {}, None, console))
    assert code == (1 if any(blocks) else 0)
    assert f"d: {len(blocks)} finding{'s' * (len(blocks) != 1)} of {len(RULES)} rules" in text
    assert text.endswith("Split: a note\n")
    rows = [line.split("│")[1:4] for line in text.splitlines() if "[problem]" in line]
    assert [row[1].strip() for row in rows] == ["yes" if b else "no" for b in blocks]
