"""Turn the numbers of a report into data frames, one for each table and figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from classify.core.display import elide
from classify.report.reasons import words_text
from classify.report.rows import rows_of

if TYPE_CHECKING:
    import pandas as pd

# Columns of a name or a headline in a table.
LONGEST = 300

Numbers = Mapping[str, Any]
Row = Mapping[str, Any]


def to_frames(numbers: Numbers) -> dict[str, pd.DataFrame]:
    """Make a data frame of each part of an evaluation.

    Parameters
    ----------
    numbers
        What ``evaluate`` or ``evaluate_stories`` returned, or any part of it.

    Returns
    -------
    dict of str to DataFrame
        By name of the figure or table: scores, confusion_matrix, per_section, budgets, predictions
        and so on. Parts that are missing or null have none.

    Examples
    --------
    >>> frames = to_frames({"labels": ["a", "b"], "confusion_matrix": [[3, 1], [0, 2]]})
    >>> frames["confusion_matrix"].to_numpy().tolist()
    [['a', 3, 1], ['b', 0, 2]]
    """
    import pandas as pd

    made = {name: list(make(numbers) or ()) for name, make in TABLES.items()}
    made |= {part["title"]: [_flat(row) for row in part["rows"]] for part in numbers.get("tables") or ()}
    return {name: pd.DataFrame(rows) for name, rows in made.items() if rows}


def _rows(*keys: str) -> Callable[[Numbers], Iterable[Row]]:
    """Return a function that finds a list of rows by its path."""

    def find(numbers: Numbers) -> Iterable[Row]:
        part: Any = numbers
        for key in keys:
            part = (part or {}).get(key)
        return part or ()

    return find


def _flat(row: Row) -> dict[str, Any]:
    """Spread scores with intervals over columns, and join lists."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, Mapping) and "value" in value:
            flat |= {key: value["value"], f"{key} low": value.get("low"), f"{key} high": value.get("high")}
        elif isinstance(value, Mapping):
            flat |= {f"{key} {inner}": item for inner, item in value.items()}
        else:
            flat[key] = ", ".join(map(str, value)) if isinstance(value, list) else value
    return flat


def _scores(numbers: Numbers) -> Iterable[Row]:
    """List the model, its random split and the baselines with their scores."""
    if numbers.get("accuracy") is None:
        return _story_scores(numbers)
    from classify.plots.comparison import baseline_rows

    sizes = [(numbers.get("data") or {}).get("n_test")]
    if numbers.get("random_split"):
        sizes.append(numbers["random_split"].get("n_test"))
    rows = baseline_rows(numbers)
    sizes += [sizes[0]] * (len(rows) - len(sizes))
    return [{**_flat(row), "test headlines": size} for row, size in zip(rows, sizes, strict=True)]


def _story_scores(numbers: Numbers) -> Iterable[Row]:
    """List the stories found and the naive ways to group, with their scores."""
    rows = [{"name": "these stories", **numbers["scores"]}] if numbers.get("scores") else []
    for row in [*rows, *(numbers.get("baselines") or [])]:
        bcubed = row.get("bcubed") or {}
        named = {f"B-cubed {key.replace('f1', 'F1').replace('_', ' ')}": value for key, value in bcubed.items()}
        others = {"adjusted Rand": row.get("adjusted_rand"), "V-measure": row.get("v_measure")}
        yield {"name": row["name"], **named, **others}


def _matrix(numbers: Numbers) -> Iterable[Row]:
    """List the confusion matrix, a row for each true section."""
    labels = numbers.get("labels") or []
    for label, counts in zip(labels, numbers.get("confusion_matrix") or [], strict=False):
        yield {"true section": label, **dict(zip(labels, counts, strict=True))}


def confusions(numbers: Numbers, n: int = 15) -> list[dict[str, Any]]:
    """List the most frequent confusions, as rows of true section, predicted, headlines and share.

    Parameters
    ----------
    numbers
        ``labels`` and ``confusion_matrix``.
    n
        How many to list.

    Examples
    --------
    >>> confusions({"labels": ["a", "b"], "confusion_matrix": [[3, 1], [0, 2]]})
    [{'true section': 'a', 'predicted': 'b', 'headlines': 1, 'share': 0.25}]
    """
    labels, matrix = numbers.get("labels") or [], numbers.get("confusion_matrix") or []
    cells = [(-count, i, j) for i, row in enumerate(matrix) for j, count in enumerate(row) if count and i != j]
    return [
        {"true section": labels[i], "predicted": labels[j], "headlines": -count, "share": -count / sum(matrix[i])}
        for count, i, j in sorted(cells)[:n]
    ]


def _average_precision(numbers: Numbers) -> Iterable[Row]:
    """List the average precision of each section."""
    for curve in numbers.get("precision_recall") or ():
        yield {"section": curve["section"], "average precision": curve["average_precision"]}


def _risk(numbers: Numbers) -> Iterable[Row]:
    """List the risk-coverage curve."""
    part = numbers.get("risk_coverage") or {}
    for coverage, risk in zip(part.get("coverage") or [], part.get("risk") or [], strict=True):
        yield {"coverage": coverage, "risk": risk}


def _terms(numbers: Numbers) -> Iterable[Row]:
    """List the terms of each section with their weights."""
    for section, terms in (numbers.get("top_terms") or {}).items():
        for term in terms:
            yield {"section": section, **term}


def _search(numbers: Numbers) -> Iterable[Row]:
    """List the trials of the search, the chosen one marked."""
    part = numbers.get("search") or {}
    for i, trial in enumerate(part.get("trials") or ()):
        params = ", ".join(f"{key}={value}" for key, value in trial["params"].items())
        yield {**trial, "params": params, "chosen": i == part["best"]}


def _by_model(numbers: Numbers) -> Iterable[Row]:
    """List the F1 of each model in each section."""
    scores = (numbers.get("comparison") or {}).get("per_section") or {}
    for section, values in scores.items():
        yield {"section": section, **values}


def _predictions(numbers: Numbers) -> Iterable[Row]:
    """List the predictions, their reasons as text."""
    for row in rows_of(numbers):
        reasons = words_text(row["headline"], row.pop("words"))
        yield {**row, "terms": reasons}


def _choice(numbers: Numbers) -> Iterable[Row]:
    """List the numbers of stories that were tried."""
    part = numbers.get("choice") or {}
    for k, score in zip(part.get("k") or [], part.get("score") or [], strict=True):
        yield {"stories": k, part.get("score_name") or "score": score, "chosen": k == part.get("chosen")}


def _sizes(numbers: Numbers) -> Iterable[Row]:
    """Count the stories of each size."""
    sizes = list(numbers.get("sizes") or ())
    for size in sorted(set(sizes)):
        yield {"headlines in the story": size, "stories": sizes.count(size)}


def _stories(numbers: Numbers) -> Iterable[Row]:
    """List the stories without their headlines."""
    for story in numbers.get("stories") or ():
        yield _flat({key: value for key, value in story.items() if key not in ("parts", "headlines")})


def _story_headlines(numbers: Numbers) -> Iterable[Row]:
    """List the headlines of all stories."""
    for story in numbers.get("stories") or ():
        yield from ({"story": story["story"], "title": story["title"], **row} for row in story["headlines"])


def _days(numbers: Numbers) -> Iterable[Row]:
    """Count headlines and running stories by day."""
    for day in numbers.get("timeline") or ():
        yield {"date": day["date"], "headlines": sum(day["counts"].values()), "stories": len(day["counts"])}


def _flattened(*keys: str) -> Callable[[Numbers], Iterable[Row]]:
    """Return a function that finds rows by their path and flattens them."""
    find = _rows(*keys)
    return lambda numbers: [_flat(row) for row in find(numbers) if isinstance(row, Mapping)]


def table(frame: pd.DataFrame, limit: int = 120) -> dict[str, Any]:
    """Write a data frame as header and rows of text: no empty columns, intervals in brackets, at most so many rows."""
    frame = frame.dropna(axis="columns", how="all")
    texts = {name: _column_text(frame[name].head(limit).tolist()) for name in frame.columns}
    for name in [name for name in texts if {f"{name} low", f"{name} high"} <= texts.keys()]:
        bounds = zip(texts[name], texts.pop(f"{name} low"), texts.pop(f"{name} high"), strict=True)
        texts[name] = [value if low == cell_text(None) else f"{value} ({low}–{high})" for value, low, high in bounds]
    return {
        "header": [elide(name, LONGEST).replace("_", " ").replace("macro f1", "macro-F1") for name in texts],
        "rows": [list(row) for row in zip(*texts.values(), strict=True)],
        "left_out": max(len(frame) - limit, 0),
    }


def _column_text(values: Sequence[object]) -> list[str]:
    """Write a column for a person: counts without decimals, even among missing values."""
    numbers = [v for v in values if isinstance(v, float) and v == v]
    counts = bool(numbers) and all(v == int(v) for v in numbers) and max(numbers) > 1
    return [cell_text(int(v) if counts and isinstance(v, float) and v == v else v) for v in values]


def cell_text(value: object) -> str:
    """Write one value for a person.

    Examples
    --------
    >>> [cell_text(v) for v in (0.12345, 1e-9, 1234, True, None, float("nan"), "text")]
    ['0.123', '<0.001', '1,234', 'yes', '–', '–', 'text']
    """
    if value is None or value != value:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float) and 0 < value < 0.0005:
        return "<0.001"
    return f"{value:,.3f}" if isinstance(value, float) else elide(value, LONGEST)


TABLES: dict[str, Callable[[Numbers], Iterable[Row]]] = {
    "scores": _scores,
    "per_section": _rows("per_section"),
    "levels": _flattened("levels"),
    "confusion_matrix": _matrix,
    "confusions": confusions,
    "precision_recall": _average_precision,
    "reliability": _rows("reliability"),
    "risk_coverage": _risk,
    "budgets": _rows("risk_coverage", "budgets"),
    "learning_curve": _rows("learning_curve"),
    "growth": _rows("growth"),
    "few_labels": _rows("few_labels"),
    "top_terms": _terms,
    "by_month": _rows("by_month"),
    "by_publisher": _rows("by_publisher"),
    "by_length": _rows("by_length"),
    "search": _search,
    "models": _flattened("comparison", "models"),
    "paired_differences": _rows("comparison", "paired"),
    "section_differences": _rows("comparison", "wins"),
    "section_comparison": _by_model,
    "disagreements": _flattened("comparison", "disagreements"),
    "predictions": _predictions,
    "choice": _choice,
    "sizes": _sizes,
    "stories": _stories,
    "story_headlines": _story_headlines,
    "worst_mixed": _flattened("worst_mixed"),
    "worst_split": _flattened("worst_split"),
    "map": _rows("map"),
    "timeline": _days,
}
