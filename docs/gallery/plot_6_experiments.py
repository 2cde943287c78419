"""
What experiments measured
=========================

These figures need hours of training, so they are drawn from the ``results.json`` of the repository's reports.
"""

import json
from pathlib import Path

import classify
from classify import plots

REPORTS = Path("..", "..", "reports")


def read(report: str) -> dict:
    """Return the numbers of a report."""
    return json.loads((REPORTS / report / "results.json").read_text(encoding="utf-8"))


# %%
# Accuracy with few labelled headlines a section.

plots.plot_few_labels(read("few_labels"))

# %%
# Time to train and to predict.

plots.plot_growth(read("benchmark"))

# %%
# A search for hyper-parameters draws each trial. Here it has a fifth of a second, for the sake of this page.

headlines = classify.load_sample().slice(0, 400)
found = classify.search(headlines.headline, headlines.section, seconds=0.2)
plots.plot_search({"search": {"trials": found.trials, "best": found.best_index}})
