"""Every gate against a patient in two roles is shut, for each pair of roles, in the first fold and in a later one."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.planning.auditing import AuditBlocks, judge
from benchmark.planning.plan import Plan, PlannedTask, PlannedTrial
from benchmark.planning.splitting import make_split
from benchmark.records.store import Identity
from benchmark.suites.suite import Split
from datasets.audits.rules import RULES
from datasets.cohort import Cohort
from datasets.splits import SplitError, SplitPlan, check_patients, load_plan, save_plan
from tests.toy import toy_cohort

ROLES = ("train", "valid", "test", "test:B")
PAIRS = [pair for pair in combinations(ROLES, 2) if pair != ("test", "test:B")]  # tested in two domains is no leak
FOLDS = 3


def siblings() -> Cohort:
    """Return 48 patients with two specimens each, S000 and S048 of the first, all of signal nought."""
    cohort = toy_cohort(n=96, signal=0, missing=0, images=False)
    patient = np.array([f"P{i % 48:02d}" for i in range(96)])
    return replace(cohort, patient=patient, specimen=np.array([f"S{i:02d}" for i in range(96)]))


COHORT = siblings()
RULE = "patient-in-two-roles"


def sound() -> pd.DataFrame:
    """Return a plan in which both specimens of a patient play one role, another in each of three folds."""
    patient = np.arange(96) % 48
    frames = [
        pd.DataFrame({"specimen": COHORT.specimen, "fold": fold, "role": np.array(ROLES)[(patient // 3 + fold) % 4]})
        for fold in range(FOLDS)
    ]
    return pd.concat(frames, ignore_index=True)


def leaking(pair: tuple[str, str], fold: int) -> tuple[SplitPlan, set[str]]:
    """Return a plan in which one specimen of one patient moves from the first role to the second, and the siblings."""
    table = sound()
    moved = table.index[(table["fold"] == fold) & (table["role"] == pair[0])][-1]
    table.loc[moved, "role"] = pair[1]
    number = int(table.loc[moved, "specimen"][1:]) % 48
    return SplitPlan(table), {f"S{number:02d}", f"S{number + 48:02d}"}


def test_a_sound_plan_passes_both_gates(tmp_path: Path) -> None:
    plan = SplitPlan(sound())
    check_patients(COHORT, plan)
    save_plan(plan, tmp_path / "plan.csv")
    assert make_split(Split(scheme="plan", plan=str(tmp_path / "plan.csv")), COHORT).checksum == plan.checksum
    assert list(RULES[RULE].check(COHORT, plan)) == []


@pytest.mark.parametrize("fold", [0, FOLDS - 1])
@pytest.mark.parametrize("pair", [*PAIRS, *(pair[::-1] for pair in PAIRS)], ids="->".join)
def test_a_patient_in_two_roles_of_one_fold_passes_neither_gate(
    tmp_path: Path, pair: tuple[str, str], fold: int
) -> None:
    plan, siblings = leaking(pair, fold)
    save_plan(plan, tmp_path / "plan.csv")  # its checksum is right: only the patients tell
    both = " and ".join(sorted(role.partition(":")[0] for role in pair))
    with pytest.raises(SplitError, match=rf"^1 patients cross roles; first: P\d\d in fold {fold} is {both}$"):
        make_split(Split(scheme="plan", plan=str(tmp_path / "plan.csv")), COHORT)
    (found,) = RULES[RULE].check(COHORT, load_plan(tmp_path / "plan.csv"))
    assert found.blocks and set(found.specimens) == siblings


def test_the_audit_of_a_run_applies_its_gate_whatever_other_rules_say() -> None:
    plan, _ = leaking(("valid", "test"), 2)
    with pytest.raises(AuditBlocks, match=RULE):
        judge(COHORT, plan, ())
    with pytest.raises(AuditBlocks, match=RULE):
        judge(COHORT, plan, ("duplicate-images", "duplicate-rows"))
    assert judge(COHORT, plan, (RULE,)).allowed == (RULE,)


def test_every_leaking_patient_is_counted_over_all_folds() -> None:
    table = sound()
    for fold, wanted in ((1, "train"), (2, "valid")):
        rows = table.index[(table["fold"] == fold) & (table["role"] == wanted)]
        table.loc[rows[: 2 + fold], "role"] = "test"
    patients = {int(s[1:]) % 48 for s in table["specimen"][table["role"] != sound()["role"]]}
    with pytest.raises(SplitError, match=f"{len(patients)} patients cross roles"):
        check_patients(COHORT, SplitPlan(table))


@pytest.mark.parametrize("roles", [("train", "valid"), ("valid", "test"), ("train", "test")])
def test_one_list_of_specimens_in_two_roles_is_no_plan(roles: tuple[str, str]) -> None:
    table = sound()
    again = table[(table["role"] == roles[0]) & (table["fold"] == 2)].assign(role=roles[1])
    with pytest.raises(SplitError, match="two roles in one fold"):
        SplitPlan(pd.concat([table, again], ignore_index=True))


def test_an_unseen_patient_who_is_learnt_from_is_refused() -> None:
    unseen = np.array([""] * 96)
    unseen[[5]] = "CML"
    y = COHORT.y.copy()
    y[5] = -1
    torn = replace(COHORT, y=y, unseen=unseen, target_level="specimen")
    with pytest.raises(SplitError, match="P05"):
        make_split(Split(scheme="kfold", folds=3), torn)


def planned(split: str, *, data: str = "d", entries: tuple[str, ...] = ("prior",), task: str = "sim") -> Plan:
    told = PlannedTask(task, task, "apl-sim", {}, ("a", "b"), True, (), (), data, split, (0, 1))
    trials = tuple(
        PlannedTrial(Identity("quick", task, entry, 0, fold), f"m:{entry}", {"dataset": data, "split": split}, "rule")
        for entry in entries
        for fold in (0, 1)
    )
    return Plan("tiny", "Tiny", "quick", {task: told}, trials)


def names(plan: Plan) -> list[tuple[str, str, int]]:
    return sorted((t.identity.task, t.identity.entry, t.identity.fold) for t in plan.trials)


def test_plans_on_the_same_data_and_split_join() -> None:
    now, before = planned("s"), planned("s", entries=("prior", "xgboost"))
    merged = now.merged(before, ["sim"])
    assert names(merged) == [("sim", e, f) for e in ("prior", "xgboost") for f in (0, 1)]
    assert merged.trials[:2] == now.trials and merged.tasks == now.tasks
    assert now.merged(None, ["sim"]) == now


@pytest.mark.parametrize("other", [{"split": "other"}, {"split": "s", "data": "other"}])
def test_trials_on_another_split_or_other_data_never_join(other: dict[str, str]) -> None:
    before = planned(**other, entries=("xgboost",))
    merged = planned("s").merged(before, ["sim"])
    assert names(merged) == [("sim", "prior", 0), ("sim", "prior", 1)]
    assert (merged.tasks["sim"].split, merged.tasks["sim"].fingerprint) == ("s", "d")


def test_an_earlier_task_stays_while_the_suite_has_it() -> None:
    before = planned("t", task="other", entries=("xgboost",))
    assert names(planned("s").merged(before, ["sim", "other"])) == [
        *(("other", "xgboost", f) for f in (0, 1)), *(("sim", "prior", f) for f in (0, 1))
    ]  # fmt: skip
    alone = planned("s").merged(before, ["sim"])
    assert set(alone.tasks) == {"sim"} and names(alone) == [("sim", "prior", 0), ("sim", "prior", 1)]
