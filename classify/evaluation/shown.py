"""What a notebook shows of the result of an evaluation."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from classify.core.display import score_text
from classify.core.notebook import facts_html, table_html

_Parameters = ParamSpec("_Parameters")
_Numbers = TypeVar("_Numbers")

_STORIES = 20  # the largest ones


class Results(dict[str, Any]):
    """The dict that an evaluation returns, which a notebook shows as tables."""

    def _repr_html_(self) -> str:
        """Return the scores with their intervals, and a table of the sections or stories."""
        facts = facts_html(self["title"], _facts(self))
        if self.get("per_section"):
            rows = ([r["section"], r["support"], r["precision"], r["recall"], r["f1"]] for r in self["per_section"])
            return facts + table_html("Sections", ["section", "headlines", "precision", "recall", "F1"], rows)
        stories = self.get("stories") or ()
        rows = ([each["title"], each["size"], ", ".join(each["terms"])] for each in stories[:_STORIES])
        return facts + table_html("Largest stories", ["title", "headlines", "terms"], rows)


def shown_in_notebooks(function: Callable[_Parameters, _Numbers]) -> Callable[_Parameters, _Numbers]:
    """Decorate a function that returns a dict of results."""

    @wraps(function)
    def evaluate(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Numbers:
        return cast(_Numbers, Results(cast(dict[str, Any], function(*args, **kwargs))))

    return evaluate


def _facts(numbers: Results) -> list[tuple[str, object]]:
    """List the scores, with split, size and interval."""
    if numbers["kind"] == "stories":
        scores = numbers["scores"] or {}
        found = [("B-cubed F1", score_text(scores["bcubed"]["f1"]))] if scores else []
        return [("headlines", numbers["data"]["n_headlines"]), ("stories", numbers["n_stories"]), *found]
    scores = numbers.get("means") or numbers
    names = {"accuracy": "accuracy", "macro_f1": "macro-F1", "expected_calibration_error": "calibration error"}
    data = numbers["data"]
    size = data.get("n_test", data.get("n_headlines"))
    split = f"{data['n_folds']} grouped folds" if "n_folds" in data else data["split"]
    return [
        ("test headlines", size),
        ("split", split),
        *((name, score_text(scores[key])) for key, name in names.items()),
        ("interval", numbers["interval"]),
    ]
