"""Read columns of dates: one reader for every command and every estimator."""

from classify.dates.read import DateColumn, Dates, format_dates, parse_dates, read_dates

__all__ = [
    "DateColumn",
    "Dates",
    "format_dates",
    "parse_dates",
    "read_dates",
]
