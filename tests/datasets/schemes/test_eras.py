"""Eras: what text sorts by time is taken in that order, all else is refused."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.schemes.eras import in_order

DATES = st.lists(st.dates(datetime.date(1950, 1, 1), datetime.date(2100, 1, 1)), min_size=2, unique=True)


@given(DATES, st.sampled_from(["%Y", "%Y-%m", "%Y-%m-%d", "%Y%m%d", "%Y%m", "%Y/%m/%d", "%Y-%m-%d %H:%M", "year %Y"]))
def test_iso_dates_are_in_the_order_of_time(dates, form):
    written = list(dict.fromkeys(date.strftime(form) for date in sorted(dates)))
    assert in_order(set(written)) == written


@given(DATES, st.sampled_from(["%d.%m.%Y", "%m/%d/%Y", "%d/%m/%y", "%d-%b-%Y", "%b %Y", "%m.%Y", "%d%m%Y", "%Y-%d-%m"]))
def test_no_other_date_is_sorted_wrongly(dates, form):
    written = list(dict.fromkeys(date.strftime(form) for date in sorted(dates)))
    try:
        assert in_order(set(written)) == written
    except ValueError as error:
        assert "write years (2019)" in str(error)


@pytest.mark.parametrize(
    "eras",
    [
        ["15.06.2010", "01.12.2012"], ["06/15/2010", "01/12/2012"], ["Jan 2010", "Feb 2010"], ["old", "new"],
        ["9", "10"], ["15.06.10", "01.12.12"], ["2010-01", "2010/02"], ["98", "03"], ["15062010", "01122012"],
        ["2010-15-06", "2011-01-01"], ["06/2010", "01/2011"], ["Q1 2010", "Q2 2009"], ["2010 spring", "2010 autumn"],
    ],
)  # fmt: skip
def test_what_text_does_not_sort_is_refused(eras):
    with pytest.raises(ValueError, match=r"write years \(2019\), months \(2019-03\) or days \(2019-03-28\)"):
        in_order(eras)


@pytest.mark.parametrize(
    "eras",
    [
        ["2010", "2011"], ["1", "2"], ["01", "02", "12"], ["era 1", "era 2"], ["2010/11", "2011/12"],
        ["2010-Q1", "2010-Q4"], ["2010-2014", "2015-2019"], ["2010-W01", "2010-W53"],
    ],
)  # fmt: skip
def test_other_forms_that_text_sorts_are_taken(eras):
    assert in_order(eras[::-1]) == eras
