"""Write what the first screen of a report tells about training, testing and error budgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classify.core.display import score_text
from classify.report.words import SPLITS, percent, points, random_split_words

Numbers = Mapping[str, Any]

# Pairs of models named on the first screen; all are below.
PAIRS = 3

BUDGET_HEADER = (
    "error budget",
    "answers from probability",
    "headlines answered",
    "error among them (95 % interval)",
    "held here",
)


def section_facts(numbers: Numbers) -> list[tuple[str, str]]:
    """List what a reader must know to judge the scores, as names and sentences.

    Parameters
    ----------
    numbers
        What ``evaluate`` returned.

    Examples
    --------
    >>> data = {"name": "june.csv", "n_train": 900, "n_test": 50, "sections": ["a", "b"], "split": "time"}
    >>> numbers = {"model": {"description": "a model"}, "data": data, "interval": "95 % bootstrap"}
    >>> [name for name, _ in section_facts(numbers)]
    ['Model', 'Trained on', 'Tested on', 'Intervals']
    """
    makers = {
        "Model": _model,
        "Trained on": _trained,
        "Tested on": _tested,
        "Learned again": _learned_again,
        "Levels": _levels,
        "Not known to it": _unknown,
        "Rare sections": _rare,
        "New publishers": _publishers,
        "Intervals": lambda n: str(n["interval"]),
        "Random split": random_split_words,
        "Compared": _compared,
        "None of these": _none,
    }
    found = {name: make(numbers) for name, make in makers.items()}
    return [(name, text) for name, text in found.items() if text]


def _model(numbers: Numbers) -> str:
    """Name the model, with its size where it is a file."""
    model = numbers["model"]
    size = model.get("size_bytes")
    parts = [model.get("name"), model["description"], f"{size / 1e6:.1f} MB" if size else None]
    return ", ".join(part for part in parts if part)


def _trained(numbers: Numbers) -> str:
    """Return what the model was trained on, or that this is not known."""
    data = numbers["data"]
    n_train = f"{data['n_train']:,} headlines"
    if data.get("trained_on", data["name"]) is None:
        return (
            f"{n_train}; its file does not say which. If some of the test headlines were among "
            "them, the scores here are too good."
        )
    n_sections = len(data["sections"]) - len(data.get("unknown_sections") or [])
    return f"{n_train} of {data.get('trained_on', data['name'])}, {n_sections} sections"


def _tested(numbers: Numbers) -> str:
    """Return what it was tested on and how the split was made."""
    data = numbers["data"]
    known = data.get("seed") is not None and data.get("split") != "time"
    seed = f", seed {data['seed']}" if known else ""
    crossing = data.get("n_duplicates_crossing")
    twins = f"; {crossing:,} of them have a near-duplicate among the training headlines" if crossing else ""
    split = str(data.get("split") or "unknown")
    return f"{data['n_test']:,} test headlines of {data['name']}; {SPLITS.get(split, split)}{seed}{twins}"


def _learned_again(numbers: Numbers) -> str:
    """Return what the model in the file learned from, where that is not the model that was measured."""
    n = numbers["model"].get("n_refit")
    if not n:
        return ""
    return (
        f"the model in the file learned again from all {n:,} headlines, those of the test too; the scores here are "
        "those of the model that had not seen them, with the same probabilities and thresholds"
    )


def _levels(numbers: Numbers) -> str:
    """Return the accuracy at each level of sections such as sport/football."""
    rows = numbers.get("levels") or []
    said = [f"{row['n_sections']} sections of level {row['level']}: {score_text(row['accuracy'])}" for row in rows]
    return f"accuracy with the {'; '.join(said)}" if said else ""


def _rare(numbers: Numbers) -> str:
    """Name the sections that were not tested, which macro-F1 leaves out, and those of few headlines."""
    rows = numbers.get("rare_sections") or []
    named = {
        "not tested": [f"“{row['section']}”" for row in rows if not row["n_test"]],
        "of fewer than ten headlines": [f"“{row['section']}”" for row in rows if row["n_test"]],
    }
    n_measured = sum(row["f1"] is not None for row in numbers.get("per_section") or ())
    over = f"; macro-F1 is the mean over {n_measured} sections" if named["not tested"] else ""
    found = [f"{what}: {', '.join(names)}" for what, names in named.items() if names]
    return "; ".join(found) + over


def _unknown(numbers: Numbers) -> str:
    """Name the sections that the model does not know."""
    rows = numbers["data"].get("unknown_sections") or []
    names = ", ".join(f"“{row['section']}”" for row in rows[:8]) + (" and others" if len(rows) > 8 else "")
    count = sum(row["n_headlines"] for row in rows)
    return f"{names}: their {count:,} headlines count as mistakes" if rows else ""


def _publishers(numbers: Numbers) -> str:
    """Return the accuracy on publishers that it was not trained on."""
    rows = {row["publishers"]: row for row in numbers.get("by_source") or ()}
    if "new" not in rows or "in training" not in rows:
        return ""
    new, known = rows["new"], rows["in training"]
    scores = [score_text({**row, "value": row["accuracy"]}) for row in (new, known)]
    return (
        f"accuracy {scores[0]} on the {new['count']:,} test headlines of publishers that are not in training, "
        f"{scores[1]} on the {known['count']:,} of those that are"
    )


def _compared(numbers: Numbers) -> str:
    """Return the paired differences in accuracy to the models compared with it."""
    pairs = (numbers.get("comparison") or {}).get("paired") or []
    said = [
        f"{pair['a']} minus {pair['b']}: {points(pair['difference'])} points of accuracy "
        f"({points(pair['low'])} to {points(pair['high'])})"
        for pair in pairs[:PAIRS]
    ]
    more = [f"{len(pairs) - PAIRS} more pairs are below"] if len(pairs) > PAIRS else []
    return "; ".join([*said, *more])


def _none(numbers: Numbers) -> str:
    """Return how well headlines of none of the sections are separated from the others."""
    found = numbers.get("none_of_these")
    if not found:
        return ""
    area = f"{score_text(found['area_under_roc'])} (0.5 is chance, 1 is perfect)"
    return (
        f"{found['n_headlines']:,} more test headlines belong to none of the sections (“{found['label']}”): "
        f"area under ROC against the others by their probability {area}; {percent(found['answered'])} of them "
        f"would be answered within an error budget of {percent(found['max_error'])}. The other scores leave them "
        "out, but for risk and error budgets, where to answer one is a mistake."
    )


def budget_table(numbers: Numbers) -> dict[str, Any] | None:
    """Return for each error budget the threshold, the share answered and the error among those answered.

    Parameters
    ----------
    numbers
        ``risk_coverage``: its budgets, as ``evaluate`` wrote them.

    Returns
    -------
    dict or None
        header and rows of text; None where there are no budgets.

    Examples
    --------
    >>> budget = {"max_error": 0.05, "threshold": 0.8, "coverage": 0.4, "error": 0.06}
    >>> [c.replace(chr(0xA0), " ") for c in budget_table({"risk_coverage": {"budgets": [budget]}})["rows"][0]]
    ['5 %', '0.800', '40 %', '6.0 %', 'no']
    """
    budgets = (numbers.get("risk_coverage") or {}).get("budgets") or []
    if not budgets:
        return None
    return {"header": list(BUDGET_HEADER), "rows": [_budget(row) for row in budgets], "left_out": 0}


def _budget(row: Mapping[str, Any]) -> list[str]:
    """Write one budget; one that cannot be met answers nothing."""
    threshold = "–" if row.get("threshold") is None else f"{row['threshold']:.3f}"
    start = [percent(row["max_error"]), threshold]
    if not row.get("coverage") or row.get("error") is None:
        return [*start, "none", "–", "–"]
    low, high = row.get("error_low"), row.get("error_high")
    interval = "" if low is None or high is None else f" ({100 * low:.1f}–{percent(high, 1)})"
    return [*start, percent(row["coverage"]), percent(row["error"], 1) + interval, _held(row)]


def _held(row: Mapping[str, Any]) -> str:
    """Return whether a budget was held on the test headlines."""
    if row["error"] <= row["max_error"]:
        return "yes"
    return "no" if (row.get("error_low") or row["error"]) > row["max_error"] else "within chance"
