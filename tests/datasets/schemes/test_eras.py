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


@pytest.mark.parametrize(
    ("era", "taken"),
    [
        ("1800", 1), ("1799", 0), ("2199", 1), ("2200", 0), ("999", 1), ("12345", 0), ("201901", 1), ("201900", 0),
        ("201912", 1), ("201913", 0), ("20190131235959", 1), ("201901312359599", 0), ("2019013123595999", 0),
        ("220001", 0), ("2019-12", 1), ("2019-53", 1), ("2019-54", 0), ("2019-00", 1), ("2019-054", 1),
        ("2019-366", 1), ("2019-20", 1), ("2098-99", 1), ("2099-00", 1), ("2098-97", 0), ("2019-2025", 1),
        ("2019-1799", 0), ("2019-13-01", 0), ("2019-12-31", 1), ("2019-53-01", 0), ("1799-01-01", 0), ("201-01-01", 0),
        ("20190-01", 0), ("2019-0201-01", 0), ("2019-2020-01", 1), ("99", 1), ("era", 0),
    ],
)  # fmt: skip
def test_which_numbers_say_a_time(era, taken):
    if taken:
        assert in_order([era]) == [era]
    else:
        with pytest.raises(ValueError, match="sort"):
            in_order([era])


@pytest.mark.parametrize(("eras", "taken"), [
    (["39", "70"], 0), (["40", "70"], 1), (["39", "69"], 1), (["139", "170"], 1), (["0", "7"], 1), (["00", "99"], 0),
])  # fmt: skip
def test_a_century_may_not_turn_within_two_digits(eras, taken):
    if taken:
        assert in_order(eras) == eras
    else:
        with pytest.raises(ValueError, match="does not sort"):
            in_order(eras)


@pytest.mark.parametrize(
    ("eras", "told"),
    [
        ({"10", "9", "11"}, "eras '10', '11', '9' are of unequal length"),
        ({"2010-1", "201-01"}, "eras '201-01', '2010-1' are of unequal length"),
        ({"a1", "b1"}, "eras 'a1', 'b1' are no numbers in one form, so text does not sort them"),
        ({"b", "a"}, "eras 'a', 'b' are no numbers in one form, so text does not sort them"),
        ({"2019-13-01", "2019-01-01"}, "text does not sort the eras '2019-13-01' by time"),
        ({f"0{k}" for k in range(9)} | {"98"}, "text does not sort the eras '00', '01', '02', '03', '04' by time"),
    ],
)
def test_the_first_eras_are_named_and_the_remedy(eras, told):
    with pytest.raises(ValueError, match=r"sort|length") as caught:
        in_order(eras)
    assert str(caught.value) == (
        f"{told}; write years (2019), months (2019-03) or days (2019-03-28), all alike, or running numbers of equal "
        "length"
    )
