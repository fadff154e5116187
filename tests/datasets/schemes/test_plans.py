"""The committed plans are whole, are what the schemes give, and fit the real data."""

import numpy as np
import pytest

from benchmark.entries.registry import load_dataset
from benchmark.planning.splitting import make_split
from benchmark.suites.suite import Split
from datasets.schemes.splitters import kfold, leave_one_domain_out, official
from datasets.splits import PLAN_FOLDER, check_patients, load_plan

MADE = {
    "apl-jhu-kfold5": ("apl-jhu", lambda cohort: kfold(cohort, folds=5, train_domains=["Discovery"])),
    "apl-labs-official": ("apl-labs", lambda cohort: official(cohort, train_domains=["Training"], repeats=5)),
    "apl-labs-hospitals": ("apl-labs", leave_one_domain_out),
}


def test_every_committed_plan_is_named_here():
    assert {p.stem for p in PLAN_FOLDER.glob("*.csv")} == set(MADE)


@pytest.mark.parametrize("name", MADE)
def test_plans_match_their_checksums(name):
    assert load_plan(PLAN_FOLDER / f"{name}.csv").folds


@pytest.mark.parametrize("name", MADE)
def test_plans_say_how_they_were_made_and_for_which_domains(name):
    plan = load_plan(PLAN_FOLDER / f"{name}.csv")
    assert Split.model_validate(plan.made).scheme != "plan"
    tested = {role.removeprefix("test:") for role in plan.test_roles if ":" in role}
    assert tested <= set(plan.domains)
    assert plan.rotates == (name == "apl-labs-hospitals")


@pytest.mark.realdata
@pytest.mark.parametrize("name", MADE)
def test_plans_fit_the_data_and_no_patient_crosses(name):
    dataset, scheme = MADE[name]
    cohort = load_dataset(dataset, None, {})
    plan = load_plan(PLAN_FOLDER / f"{name}.csv")
    fitted = plan.fitted_to(cohort)
    check_patients(cohort, fitted)
    listed = np.isin(cohort.specimen, plan.table["specimen"].to_numpy(str))
    known = cohort[listed]
    assert plan.fitted_to(known).checksum == plan.checksum == scheme(known).checksum
    assert make_split(Split.model_validate(plan.made), known).checksum == plan.checksum
    assert plan.other_domains(known) == ([], [])
