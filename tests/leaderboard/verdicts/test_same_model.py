"""An entry that is the same model as another has one row without scores, and everything else looks at the other's."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leaderboard.exchange.compare import compare
from leaderboard.exchange.publish import publish
from leaderboard.exchange.submit import NoResults, submission
from leaderboard.pages.across_tasks import complete_scores
from leaderboard.pages.entry_page import entry_page
from leaderboard.pages.site import render_site
from leaderboard.records import same_as
from leaderboard.scores import details, summary, views
from leaderboard.text import file_name
from leaderboard.verdicts import notes, warnings
from leaderboard.verdicts import tested as what_was_tested
from leaderboard.verdicts.claims import CLAIMS, claim_table
from leaderboard.verdicts.model_card import headline, tuning
from leaderboard.verdicts.qc import failures
from tests.leaderboard.fake_board import fake_task, with_controls
from tests.leaderboard.shared_board import board_without_further

TWIN, ROW = "fusion-vit", "mlp-set-means"
SKILL = {"prior": 0.0, "xgboost": 1.0, ROW: 3.0}


def with_twin(task, twin=TWIN, row=ROW):
    """Return the task with one more entry, which is the same model as one that ran."""
    alike = task.trials[task.trials["entry"] == row]
    rows = alike.assign(entry=twin, status="same-as", error=row, stale=False, tuned=None, seconds=0.0)
    families = {**task.families, row: "deep", twin: "deep"}
    return replace(task, trials=pd.concat([task.trials, rows], ignore_index=True), families=families)


@pytest.fixture(scope="module")
def view():
    task = with_twin(with_controls(fake_task(skill=SKILL, failed=None, n=120)))
    return views(board_without_further(replace(task, trials=task.trials.assign(tuned=None)), resamples=50))[0]


def test_its_row_says_so_and_has_no_scores(view):
    assert same_as(view.task) == {TWIN: ROW}
    row = next(row for row in summary(view).rows if row[1].text == TWIN)
    assert {cell.text for cell in row[2:-2]} == {"same"} and row[-1].text == f"same as {ROW}"
    assert {c.text for r in details(view, "in-domain").rows if r[0].text == TWIN for c in r[1:]} == {"same"}
    scored = view.scores[view.scores["entry"] == TWIN]
    assert scored["value"].isna().all() and scored["tie"].isna().all() and set(scored["note"]) == {f"same as {ROW}"}
    assert f"{TWIN} is the same model as {ROW} here; its scores are in that row" in notes(view)


def test_it_is_no_hole_no_pair_and_no_copy(view):
    assert not any(TWIN in line for line in warnings(view))
    assert failures(view) == []
    assert TWIN not in {*view.board.pairs["a"], *view.board.pairs["b"]}


def test_a_claim_that_names_it_uses_the_other_row_and_says_so(view):
    found = claim_table(view.board)
    told = found[found["claim"] == CLAIMS[3].name].to_dict("records")
    assert [(t["entry"], t["beside"], t["verdict"]) for t in told] == [(TWIN, f"same as {ROW}", "holds")]
    pair = view.board.pairs.set_index(["a", "b"]).loc[("xgboost", ROW)]
    assert told[0]["value"] == pytest.approx(-pair["difference"])


def test_its_page_tells_of_the_other_row(view):
    assert headline(TWIN, view).endswith(f"in the row of {ROW}, the same model here.")
    score = view.cells[ROW, "in-domain", view.headline.name]
    assert f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}]" in headline(TWIN, view)
    assert tuning(TWIN, view) == tuning(ROW, view)
    page = entry_page(TWIN, (view,), {view.task.name: what_was_tested(view)})
    assert page["holes"] == [f"apl-sim: the same model as {ROW}; its scores are in that row"]
    pages = dict(render_site(view.board, pictures=False))
    assert f"same as {ROW}" in pages["index.html"] and f"same as {ROW}" in pages[file_name("entry", TWIN)]
    ranked = complete_scores((view,))
    assert ranked[TWIN].tolist() == ranked[ROW].tolist() and np.isfinite(ranked[TWIN]).all()


def test_what_leaves_the_house_knows_it(view, tmp_path):
    publish(view.board, tmp_path / "new", {})
    alone = replace(view.task, trials=view.task.trials[view.task.trials["entry"] != TWIN].reset_index(drop=True))
    renamed = {ROW: TWIN}
    before = replace(
        alone,
        trials=alone.trials.replace({"entry": renamed}),
        predictions=alone.predictions.replace({"entry": renamed}),
    )
    publish(board_without_further(before, resamples=20), tmp_path / "old", {})
    moved = compare(tmp_path / "old", tmp_path / "new").set_index("entry").loc[TWIN]
    assert moved["old"] == moved["new"] and moved["difference"] == 0 and not moved["beyond_noise"]
    with pytest.raises(NoResults, match=f"the same model as {ROW} there: submit that"):
        submission(view.board, TWIN, tmp_path / "mine", {})
