"""The environment of all templates: names are escaped and made plain, what is not defined is an error."""

from __future__ import annotations

import jinja2
import pytest

from leaderboard.pages.templating import environment
from tests.leaderboard.written_board import hand_task


def test_names_are_escaped_and_plain_and_blocks_leave_no_line() -> None:
    template = environment().from_string("{% if name %}\n<b>{{ name | plain }}</b>\n{% endif %}\n<i>")
    assert template.render(name="<a>\x1b") == "<b>&lt;a&gt;</b>\n<i>"
    with pytest.raises(jinja2.UndefinedError):
        environment().from_string("{{ nobody }}").render()


def test_templates_know_leaky_tasks_and_the_words_of_every_page() -> None:
    template = environment().from_string("{{ 'yes' if task is leaky else 'no' }} {{ leaky_banner }} {{ banner }}")
    for task, said in ((hand_task("t", "e"), "no "), (hand_task("t", "e", rung="slide"), "yes ")):
        told = template.render(task=task)
        assert told.startswith(f"{said}leaky, for demonstration: the split puts one patient on both sides")
        assert told.endswith("generated cohort: figures describe algorithms, not patients")
