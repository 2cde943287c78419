"""The one reader of dates: forms by hand, a naive oracle, columns of every type, hostile texts."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.dates import format_dates, parse_dates, read_dates


def read(*texts, **options):
    """Return what each text of one column is read as, up to the minute where it has a time."""
    return [str(value).removesuffix("T00:00:00") for value in read_dates(list(texts), **options)]


FORMS = {
    "2025-01-31": "2025-01-31",
    "2025-01-31T10:00:00Z": "2025-01-31T10:00:00",
    "2025-01-31 10:00:00.123456": "2025-01-31T10:00:00",
    "2025-01-31T10:00+02:00": "2025-01-31T08:00:00",
    "2025-01-31T10:00:00-0530": "2025-01-31T15:30:00",
    "2025-01-31T10": "2025-01-31T10:00:00",
    "2025-01-31T24:00:00": "2025-02-01",
    "2025-01-31T10:00+01:00[Europe/Paris]": "2025-01-31T09:00:00",
    "2025-01-31 10:00:00 +0000 UTC": "2025-01-31T10:00:00",
    "2025-01-31 10:00:00 EST": "2025-01-31T15:00:00",
    "2025/01/31 10:00": "2025-01-31T10:00:00",
    "2025.01.31": "2025-01-31",
    "2025-1-3": "2025-01-03",
    "2025年1月31日": "2025-01-31",
    "2025-W10-1": "2025-03-03",
    "2020-W53-7": "2021-01-03",
    "2024-366": "2024-12-31",
    "20250131": "2025-01-31",
    "20250131.0": "2025-01-31",
    "20250131101500": "2025-01-31T10:15:00",
    "20250131T101500Z": "2025-01-31T10:15:00",
    "1738368000": "2025-02-01",
    "1738368000.25": "2025-02-01",
    "1738368000000": "2025-02-01",
    "1738368000000000": "2025-02-01",
    "1738368000000000000": "2025-02-01",
    "Fri, 31 Jan 2025 10:00:00 GMT": "2025-01-31T10:00:00",
    "31 Jan 25 10:00 +0100": "2025-01-31T09:00:00",
    "31 Jan 99 10:00 GMT": "1999-01-31T10:00:00",
    "Thu, 30 Apr 2015 08:57:00 MEST": "2015-04-30T06:57:00",
    "Thu, 05 Sept 2024 10:00:00 +0200": "2024-09-05T08:00:00",
    "Mon, May 25 2020 04:45:26 +0000": "2020-05-25T04:45:26",
    "Thu, 19 Jun 2014 17:00:00 Z": "2014-06-19T17:00:00",
    "Fri, 31 Jan 2025 10:00:00 +0000 (UTC)": "2025-01-31T10:00:00",
    "Fri Jan 31 2025 10:00:00 GMT+0100 (Central European Standard Time)": "2025-01-31T09:00:00",
    "Fri Jan 31 10:00:00 2025": "2025-01-31T10:00:00",
    "Fri Jan 31 10:00:00 +0000 2025": "2025-01-31T10:00:00",
    "Friday, 31-Jan-25 10:00:00 UTC": "2025-01-31T10:00:00",
    "31-JAN-2025": "2025-01-31",
    "January 31, 2025": "2025-01-31",
    "Jan. 31st, 2025 10:30 p.m.": "2025-01-31T22:30:00",
    "31 January 2025 at 12:15 am": "2025-01-31T00:15:00",
    "3rd of March 2025, 10 am": "2025-03-03T10:00:00",
    "10:30, 3 November 2025": "2025-11-03T10:30:00",
    "Montag, 3. März 2025, 10.30 Uhr": "2025-03-03T10:30:00",
    "lun., 03 mars 2025 10:00:00 +0100": "2025-03-03T09:00:00",
    "1er août 2025 à 10h30": "2025-08-01T10:30:00",
    "3 de marzo de 2025": "2025-03-03",
    "3 dicembre 2025": "2025-12-03",
    "31.01.2025": "2025-01-31",
    "3.2.2025": "2025-02-03",
    "3. 2. 2025": "2025-02-03",
    "31.01.25": "2025-01-31",
    "31/01/2025": "2025-01-31",
    "01/31/2025 10:00 PM": "2025-01-31T22:00:00",
    "31/1/25": "2025-01-31",
    "13-02-2025": "2025-02-13",
    "02/02/2025": "2025-02-02",
    "\u00a02025-01-31\t": "2025-01-31",
    "9999-12-31": "9999-12-31",
    "0001-01-01": "0001-01-01",
}
UNDATED = [
    *(
        "",
        " ",
        "NaT",
        "nan",
        "None",
        "null",
        "unknown",
        "today",
        "yesterday",
        "2 hours ago",
        "now",
        "-",
        "0",
        "-1",
        "12",
    ),
    *("10:30", "10:30:00", "2025", "2025-03", "March 2025", "3 March", "Q1 2025", "45688", "1e9"),
    *("2025-02-30", "2025-02-30T10:00:00Z", "30 February 2025", "30/02/2025", "2025-13-01", "2025-00-01", "2025-01-00"),
    *("2023-366", "2025-W53-1", "2025-W10-8", "20250230", "20251301"),
    *("2025-01-31T25:00:00", "2025-01-31T10:60:00", "2025-01-31T24:01", "13:00 pm, 3 March 2025"),
    *("2025-01-31T10:00:00 IST", "Sat, 28 Mar 2020 10:00:00 IST", "2025-01-31T10:00+25:00", "2025-01-31T10:00+02:75"),
    *("0000-01-01", "10000-01-01", "99999-12-31", "0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59-01:00"),
    *("03/02/2025", "31-01-25", "32/01/2025", "3 Marzipan 2025", "3 jui 2025", "2025-01-31x"),
]


@pytest.mark.parametrize(("text", "moment"), FORMS.items())
def test_a_form_is_read(text, moment):
    assert read(text) == [moment]


@pytest.mark.parametrize("text", UNDATED)
def test_what_has_no_certain_day_is_undated(text):
    assert read(text) == ["NaT"]


@pytest.mark.parametrize("text", UNDATED)
def test_an_undated_row_never_takes_another_rows_date(text):
    if text != "03/02/2025":  # which its neighbours may decide
        assert read("2025-01-31", text, "1 March 2025") == ["2025-01-31", "NaT", "2025-03-01"]


class TestTheColumnDecidesTheOrder:
    """Days and months that are both numbers."""

    def test_a_day_above_12_decides_for_all(self):
        assert read("03/02/2025", "31/01/2025", "04/02/2025 10:00") == [
            "2025-02-03",
            "2025-01-31",
            "2025-02-04T10:00:00",
        ]
        assert read("03/02/2025", "01/31/2025") == ["2025-03-02", "2025-01-31"]
        assert parse_dates(["03/02/2025", "31/01/2025"]).rule == "day first, as '31/01/2025' shows"

    def test_where_nothing_shows_it_the_rows_stay_undated(self):
        found = parse_dates(["03/02/2025", "02/02/2025", "2025-01-31", None])
        assert found.values.astype("M8[D]").astype(str).tolist() == ["NaT", "2025-02-02", "2025-01-31", "NaT"]
        assert found.ambiguous.tolist() == [True, False, False, False]
        assert found.n_undated == 2

    def test_the_caller_may_say_it(self):
        assert read("03/02/2025", day_first=True) == ["2025-02-03"]
        assert read("03/02/2025", day_first=False) == ["2025-03-02"]
        assert read("31/01/2025", "03/02/2025", day_first=False) == ["NaT", "2025-03-02"]
        assert not parse_dates(["31/01/2025"], day_first=False).ambiguous.any()

    def test_a_column_in_two_orders_is_read_only_where_one_is_possible(self):
        found = parse_dates(["03/02/2025", "31/01/2025", "01/30/2025", "02/02/2025"])
        assert found.values.astype("M8[D]").astype(str).tolist() == ["NaT", "2025-01-31", "2025-01-30", "2025-02-02"]
        assert found.ambiguous.tolist() == [True, False, False, False]

    def test_dots_put_the_day_first_unless_the_column_shows_otherwise(self):
        assert read("03.11.2025", "04.11.2025") == ["2025-11-03", "2025-11-04"]
        assert read("03.11.2025", "04.13.2025") == ["2025-03-11", "2025-04-13"]

    def test_what_is_no_day_decides_nothing(self):
        assert read("03/02/2025", "99/01/2025", "31/02/2025") == ["NaT", "NaT", "NaT"]


def test_numbers_are_seconds_only_where_all_numbers_of_the_column_can_be():
    assert read("2025-01-01", "1738368000", "0") == ["2025-01-01", "2025-02-01", "NaT"]
    assert read("1738368000", "1738368001", "17") == ["NaT", "NaT", "NaT"]


MOMENT = dt.datetime(2025, 1, 31, 10, tzinfo=dt.timezone(dt.timedelta(hours=2)))
COLUMNS = {
    "objects": [MOMENT, dt.date(2025, 2, 1), None, pd.Timestamp(MOMENT), pd.NaT, np.datetime64("2025-02-01"), pd.NA],
    "mixture": [MOMENT, "2025-02-01", float("nan"), 1738310400, [], "2025-02-01T00:00+00:00", np.datetime64("NaT")],
    "numpy": np.array(
        ["2025-01-31T08:00", "2025-02-01", "NaT", "2025-01-31T08:00", "NaT", "2025-02-01", "NaT"], "M8[ns]"
    ),
}
EXPECTED = ["2025-01-31T08:00:00", "2025-02-01T00:00:00", "NaT"] * 2
TEXTS = ["2025-01-31T08:00:00", "2025-02-01", None]
MOMENTS = pd.to_datetime(pd.Series(TEXTS), format="ISO8601")


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_objects(column):
    day, hour = "2025-02-01T00:00:00", "2025-01-31T08:00:00"
    assert read_dates(column).astype(str).tolist() == [hour, day, "NaT", hour, "NaT", day, "NaT"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(TEXTS),
        pa.array(TEXTS, pa.large_string()),
        pa.array(TEXTS).dictionary_encode(),
        pa.chunked_array([TEXTS[:1], TEXTS[1:]]),
        pa.array([MOMENT.replace(tzinfo=None) - dt.timedelta(hours=2), dt.datetime(2025, 2, 1), None]),
        pa.array([MOMENT, dt.datetime(2025, 2, 1, tzinfo=dt.UTC), None], pa.timestamp("ns", "Europe/Paris")),
        np.array(TEXTS, object),
        pd.Series(TEXTS, index=[7, 8, 9]),
        pd.Series(TEXTS, dtype="string"),
        pd.Series(TEXTS, dtype="category"),
        MOMENTS,
        pd.DatetimeIndex(MOMENTS),
        MOMENTS.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
    ],
    ids=lambda column: f"{type(column).__name__}-{getattr(column, 'type', getattr(column, 'dtype', ''))}",
)
def test_columns_of_every_type(column):
    assert read_dates(column).astype(str).tolist() == EXPECTED[:3]


@pytest.mark.parametrize(
    ("column", "moments"),
    [
        (pa.array([dt.date(2025, 1, 31), None]), ["2025-01-31T00:00:00", "NaT"]),
        (pa.array([20250131, None]), ["2025-01-31T00:00:00", "NaT"]),
        (pa.array([1738368000.0, float("nan")]), ["2025-02-01T00:00:00", "NaT"]),
        (np.array([1738368000000]), ["2025-02-01T00:00:00"]),
        (pa.array([[1], None]), ["NaT", "NaT"]),
        (pa.array([dt.time(10, 30)]), ["NaT"]),
        (pa.nulls(2), ["NaT", "NaT"]),
        (pa.array([5_000_000], pa.date32()), ["NaT"]),
        (np.array(["12025-01-01", "2025-01-01"], "M8[D]"), ["NaT", "2025-01-01T00:00:00"]),
        ([], []),
    ],
)
def test_other_columns(column, moments):
    found = read_dates(column)
    assert (found.dtype, found.astype(str).tolist()) == (np.dtype("M8[s]"), moments)


def test_a_single_string_is_an_error():
    with pytest.raises(ValueError, match=r"single date '2025-01-31'; expected a column"):
        read_dates("2025-01-31")


def test_moments_are_written_as_days_where_all_are_days():
    assert format_dates(read_dates(["2025-01-31", ""])).to_pylist() == ["2025-01-31", None]
    assert format_dates(read_dates(["2025-01-31 10:00", "2025-02-01"])).to_pylist() == [
        "2025-01-31T10:00:00Z",
        "2025-02-01T00:00:00Z",
    ]


PATTERNS = [
    "%Y-%m-%dT%H:%M:%SZ",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%d %B %Y, %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%B %d, %Y %I:%M:%S %p",
]
moments = st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2049, 12, 31)).map(lambda each: each.replace(microsecond=0))


@given(st.lists(st.tuples(moments, st.sampled_from(PATTERNS)), max_size=20))
def test_what_was_written_is_read_back(rows):
    texts = [moment.strftime(pattern) for moment, pattern in rows]
    assert read_dates(texts).tolist() == [moment for moment, _ in rows]


@given(st.lists(moments, min_size=1), st.booleans(), st.sampled_from(["/", "-", "."]))
def test_one_order_serves_a_whole_column(column, day_first, mark):
    order = f"%d{mark}%m{mark}%Y" if day_first else f"%m{mark}%d{mark}%Y"
    decides = any(moment.day > 12 for moment in column) or (mark == "." and day_first)
    found = parse_dates([moment.strftime(order) for moment in column])
    if decides:
        assert found.values.astype("M8[D]").tolist() == [moment.date() for moment in column]
    elif mark != ".":
        assert found.ambiguous.tolist() == [moment.day != moment.month for moment in column]


@given(st.lists(st.none() | st.text("0123456789-/.:TZ+ aJnMmPpÄä年\x00", max_size=24) | st.text()))
def test_any_text_gives_a_date_or_none(column):
    found = parse_dates(column)
    assert len(found.values) == len(column)
    assert not (found.ambiguous & ~np.isnat(found.values)).any()
    years = found.values[~np.isnat(found.values)].astype("M8[Y]").astype(int) + 1970
    assert ((years >= 1) & (years <= 9999)).all()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-02-03 10:00 (EST)", "2025-02-03T15:00:00"),
        ("2025-02-03T10:00:00.5 [UTC]", "2025-02-03T10:00:00"),
        ("Mon, 3 Feb 2025 10:00:00 (CET)", "2025-02-03T09:00:00"),
        ("Mon, 3 Feb 2025 10:00:00 (IST)", "NaT"),
        ("2025-02-03T10:00:00[Europe/Berlin]", "NaT"),
        ("2025-02-03T10:00:00+02:00[Europe/Berlin]", "2025-02-03T08:00:00"),
        ("Mon, 3 Feb 2025 10:00:00 +0100 (CET)", "2025-02-03T09:00:00"),
        ("2025-02-03 10:00:00 (updated)", "2025-02-03T10:00:00"),
    ],
)
def test_a_zone_in_brackets_is_a_zone(text: str, moment: str) -> None:
    """Without an offset of its own, it is read by name or leaves the row undated; it never counts as UTC."""
    assert str(read_dates([text])[0]) == moment
