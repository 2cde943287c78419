"""Say in one line what each report in the index found, not what all of them have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from classify.report.words import headline_figure, percent, points, score_text

Numbers = Mapping[str, Any]


def card_figure(name: str, numbers: Numbers) -> str:
    """Write the figure that a report was made for.

    Parameters
    ----------
    name
        Of its folder; the experiments' reports are known by the beginning of theirs.
    numbers
        Its results.json.

    Returns
    -------
    str
        Empty where the numbers are not those of a report, or not those that such a folder should hold.

    Examples
    --------
    >>> card_figure("calibration-june", {"kind": "sections", "expected_calibration_error": 0.0206})
    'expected calibration error 0.021'
    """
    own = next((figure for start, figure in OF_EXPERIMENT.items() if name.split("-")[0] == start), None)
    for figure in filter(None, (own, _by_content)):
        try:
            return figure(numbers)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            # Someone else's folder of that name: the figure that stands for any report may still be there.
            continue
    return ""


def _by_content(n: Numbers) -> str:
    """Write the figure of a report that no experiment wrote."""
    if n.get("figure") == "learning_curve":
        return _curve(n)
    return _compared(n) if (n.get("comparison") or {}).get("models") else headline_figure(n)


def _curve(n: Numbers) -> str:
    """Write the score with all labels."""
    row = n["learning_curve"][-1]
    return f"accuracy {score_text({**row, 'value': row['accuracy']})} with all {row['n_train']:,} labels"


def _ranked(n: Numbers) -> list[Mapping[str, Any]]:
    """Sort the models compared, the most accurate first."""
    return sorted(n["comparison"]["models"], key=lambda row: -row["accuracy"]["value"])


def _lead(n: Numbers, better: Mapping[str, Any], worse: Mapping[str, Any]) -> str:
    """Write by how many points one model leads, with the interval of the pair where it was measured."""
    for pair in n["comparison"].get("paired") or ():
        if {pair["a"], pair["b"]} == {better["name"], worse["name"]}:
            sign = 1 if pair["a"] == better["name"] else -1
            low, high = sorted((sign * pair["low"], sign * pair["high"]))
            return f"{points(sign * pair['difference'])} points ({points(low)} to {points(high)})"
    return f"{points(better['accuracy']['value'] - worse['accuracy']['value'])} points"


def _compared(n: Numbers) -> str:
    """Write the best model and its lead on the next."""
    best, *others = _ranked(n)
    start = f"best: {best['name']}, accuracy {best['accuracy']['value']:.3f}"
    return f"{start}, {_lead(n, best, others[0])} before {others[0]['name']}" if others else start


def _ablated(n: Numbers) -> str:
    """Write what the best variant gains on the classifier as it is, and what the worst costs."""
    usual, ranked = n["comparison"]["models"][0], _ranked(n)
    best, worst = ranked[0], ranked[-1]
    gain = "none better than as it is" if best is usual else f"best: {best['name']}, {_lead(n, best, usual)}"
    return f"{gain}; the most is lost with {worst['name']}, {_lead(n, worst, usual)}"


def _leaked(n: Numbers) -> str:
    """Write the accuracy on the random split minus that on the grouped one."""
    # The first row of each split is that of the whole split, and of the first corpus; the others are pieces of it.
    rows = reversed(n["comparison"]["models"])
    scores = {row["name"].split(",")[0]: row["accuracy"]["value"] for row in rows}
    random, grouped = scores["random"], scores["grouped"]
    return f"random minus grouped split: {points(random - grouped)} points ({random:.3f} and {grouped:.3f})"


def _audited(n: Numbers) -> str:
    """Write the share of the changed labels that was found, and of the first rows that were such."""
    found = _span([corpus["found"] for corpus in n["corpora"]])
    first = _span([corpus["first"]["share"] for corpus in n["corpora"]])
    return f"{found} of the changed labels found; {first} of the first rows are such"


def _span(shares: Sequence[float]) -> str:
    """Write the least and the greatest of some shares, or the only one."""
    return percent(max(shares)) if len(shares) == 1 else f"{100 * min(shares):.0f} to {percent(max(shares))}"


def _calibrated(n: Numbers) -> str:
    """Write the expected calibration error."""
    return f"expected calibration error {n['expected_calibration_error']:.3f}"


def _solved(n: Numbers) -> str:
    """Write the most accurate solver."""
    best = max(n["solvers"], key=lambda row: row["accuracy"])
    return f"best: {best['solver']}, accuracy {best['accuracy']:.3f} in {best['seconds']:.1f} s"


def _timed(n: Numbers) -> str:
    """Write how long training took beside scikit-learn on words."""
    ours, theirs = n["training"]["ours, words"], n["training"]["scikit-learn, words"]
    times = f"{ours['process_seconds']:.1f} and {theirs['process_seconds']:.1f} s"
    return f"training on {n['n_train']:,} headlines by words, ours and scikit-learn's: {times}"


def _transferred(n: Numbers) -> str:
    """Write the mean accuracy over the sources left out, of the last variant."""
    last: Sequence[Mapping[str, Any]] = [row for row in n["rows"] if row["variant"] == n["rows"][-1]["variant"]]
    mean = sum(row["accuracy"] for row in last) / len(last)
    return f"accuracy {mean:.3f} on a source left out, mean of {len(last)}; {last[0]['variant']}"


OF_EXPERIMENT: Mapping[str, Callable[[Numbers], str]] = {
    "ablate_features": _ablated,
    "audit": _audited,
    "benchmark": _timed,
    "calibration": _calibrated,
    "leakage": _leaked,
    "solvers": _solved,
    "transfer": _transferred,
}
