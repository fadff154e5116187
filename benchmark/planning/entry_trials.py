"""The trials of one entry on one task."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.entries import GRID, RECIPE, EntrySpec, checked_params, effective, is_own, known_recipe
from benchmark.planning.planned import PlannedTask, PlannedTrial
from benchmark.records import Identity
from benchmark.suites import Profile
from benchmark.trials import EntryFacts, chosen_device
from datasets.cohort import Cohort


def entry_trials(
    spec: EntrySpec,
    facts: EntryFacts,
    task: PlannedTask,
    cohort: Cohort,
    profile_name: str,
    profile: Profile,
    seeds: Sequence[int],
    device: str,
) -> list[PlannedTrial]:
    """Return a trial a seed and fold.

    Args:
        spec: The entry.
        facts: What it says of itself.
        task: What is planned of the task.
        cohort: Its data.
        profile_name: Part of the identity.
        profile: Hyper-parameters, tuning and usual seeds.
        seeds: Instead of the usual ones.
        device: "auto", "cpu" or "cuda".

    Raises:
        UsageError: If the entry does not take a hyper-parameter that the profile gives, or not on this dataset.
    """
    lacking = _lacking(spec, facts, cohort)
    where = cohort.name if is_own(task.dataset) else task.dataset
    reason = f"needs {lacking}, which {where} does not have" if lacking else ""
    given = profile.params.get(spec.name, {})
    params = checked_params(f"profile {profile_name}, params of {spec.name}", spec, given, cohort)
    left = effective(known_recipe(spec.target), params, cohort) if _is_recipe(spec) and not reason else None
    common = {
        "dataset": task.fingerprint,
        "split": task.split,
        "entry": spec.target.rpartition(":")[2],
        "params": {**(left.params if left else {}), **params},
        "tune": profile.tune.model_dump() if facts.tunes and profile.tune else None,
        "device": chosen_device(device) if facts.takes_device else "cpu",
        **({"modality_grid": True} if task.options.get(GRID) else {}),
    }
    return [
        PlannedTrial(
            Identity(profile_name, task.name, spec.name, seed, fold),
            spec.target,
            {**common, "seed": seed, "fold": fold},
            facts.family,
            reason,
            left.told if left else "",
            left.lacking if left else 0,
        )
        for seed in (seeds or profile.seeds)
        for fold in task.folds
    ]


def _lacking(spec: EntrySpec, facts: EntryFacts, cohort: Cohort) -> str:
    """Return the modalities that an entry cannot do without and the dataset does not have, "" where there are none."""
    needed = facts.needs - set(cohort.modalities)
    if needed or not _is_recipe(spec):
        return ", ".join(sorted(needed))
    read = known_recipe(spec.target).modalities
    return "" if read & set(cohort.modalities) else " or ".join(sorted(read))


def _is_recipe(spec: EntrySpec) -> bool:
    return spec.target.startswith(RECIPE)
