"""Measure whether the label audit finds labels that were changed on purpose.

Question: of the labels that the audit lists first, how many are wrong?
Command:  python experiments/audit.py [--corpus FILE ...]   (five seconds; a quarter of a minute for 50,000 headlines)
Figure:   share of changed labels among the first rows listed, on the embedded corpus: 0.75 to 0.9.

Of each corpus (its first 60,000 headlines) a twentieth of the labels, drawn at random, are changed to another section,
each as likely as the other. Labels that are wrong at their source are listed too, and count as misses here: the figures
are lower bounds. Exact binomial intervals (Clopper and Pearson 1934) of the share of changed labels.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import _common as common
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest

from classify import Headlines
from classify.audit import audit_labels
from classify.core.arrow import from_strings
from classify.core.display import score_text
from classify.report.words import percent

SHARE = 0.05
ROWS = 60_000
FIRST = 2_500
REASONS = {
    "words": "^its words",
    "the same headline elsewhere": "the same headline has",
    "a near-duplicate": "a near-duplicate has",
    "publisher": "headlines of .+ are ",
}
STEPS = (100, 250, 500, 1_000, 1_500, 2_000, 2_500)


def run(args: argparse.Namespace, folder: Path) -> None:
    """Change labels, audit, count, and write results.json."""
    corpora = []
    for file in [None, *args.files]:
        one = argparse.Namespace(corpus=file)
        corpora.append({"name": common.corpus_name(one), **measure(common.load_labelled(one), args.seed)})
    recorded = argparse.Namespace(corpus=args.files, seed=args.seed)
    common.write_results(page({"share": SHARE, "seed": args.seed, "corpora": corpora}), folder, recorded)


def page(numbers: common.Json) -> common.Json:
    """Write the answer: the share of changed labels among the first rows listed, and the share of them found."""
    corpora = numbers["corpora"]
    first = "; ".join(f"{interval(each['first'])} of {each['first']['rows']:,} on {each['name']}" for each in corpora)
    low, high = (percent(end(each["found"] for each in corpora)) for end in (min, max))
    answer = (
        f"With {percent(numbers['share'])} of the labels changed at random to another section, the share of changed "
        f"labels among the first rows listed is {first}. Of all changed labels {low} to {high} are listed. Labels that "
        f"were wrong before count as misses, so the figures are lower bounds; a list in random order would have "
        f"{percent(numbers['share'])}."
    )
    shares = [each["first"]["share"] for each in corpora]
    return common.experiment(
        __doc__,
        "Label audit",
        answer,
        f"{percent(min(shares))} to {percent(max(shares))} of the first rows listed are changed labels",
        **numbers,
        tables=[
            {"title": "Each corpus", "rows": list(map(summary, corpora)), "note": "Intervals: 95 %, exact binomial."},
            *(table for each in corpora for table in details(each)),
        ],
    )


def figure(numbers: common.Json) -> float:
    """Return the share of changed labels among the first rows listed, on the first corpus."""
    return float(numbers["corpora"][0]["first"]["share"])


def measure(headlines: Headlines, seed: int) -> dict[str, Any]:
    """Change a share of the labels and count how many of the first rows listed are changed ones."""
    some = headlines.slice(0, ROWS)
    section, changed = change_labels(some.section.to_pylist(), seed)
    # Without ids the table names headlines by line: here, by their place from 1.
    noisy = Headlines(some.headline, section=section, publisher=some.publisher)
    audit = audit_labels(noisy, random_state=seed)
    table = audit.table
    right = changed[table.id.astype(int).to_numpy() - 1]
    first = min(FIRST, int(changed.sum()), len(table))
    return {
        "n_headlines": len(some),
        "n_sections": len(set(section.to_pylist())),
        "n_changed": int(changed.sum()),
        "n_listed": len(table),
        "first": share_changed(right[:first]),
        "steps": [share_changed(right[:k]) for k in STEPS if k <= len(right)],
        "found": float(right.sum() / changed.sum()),
        "suggestion_right": suggestions(table[:first], right[:first], some),
        "reasons": reasons(table[:first], right[:first]),
        "predicting_publishers": len(audit.publishers),
    }


def change_labels(sections: list[str], seed: int) -> tuple[Any, NDArray[np.bool_]]:
    """Change a share of the labels, each to any of the others; return the labels and which were changed."""
    names, y = np.unique(np.array(sections, str), return_inverse=True)
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(y), round(SHARE * len(y)), replace=False)
    y[rows] = (y[rows] + rng.integers(1, len(names), len(rows))) % len(names)
    changed = np.zeros(len(y), bool)
    changed[rows] = True
    return from_strings(names[y].tolist()), changed


def share_changed(right: NDArray[np.bool_]) -> dict[str, Any]:
    """Count the changed labels among some listed ones, with an interval."""
    test = binomtest(int(right.sum()), len(right)).proportion_ci()
    return {"rows": len(right), "share": float(right.mean()), "low": float(test.low), "high": float(test.high)}


def suggestions(table: pd.DataFrame, right: NDArray[np.bool_], headlines: Headlines) -> float:
    """Return the share of the changed labels listed for which the former section is suggested."""
    former = np.array(headlines.section.to_pylist(), str)[table.id.astype(int).to_numpy() - 1]
    return float((table.suggested.to_numpy(str) == former)[right].mean())


def reasons(table: pd.DataFrame, right: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Count the listed rows that have each reason, and the changed ones among them."""
    found = []
    for reason, words in REASONS.items():
        has = table.reason.str.contains(words).to_numpy(bool)
        found.append({"reason": reason, "rows": int(has.sum()), "changed": int(right[has].sum())})
    return found


def summary(corpus: dict[str, Any]) -> dict[str, Any]:
    """Return one corpus as a row of the table."""
    return {
        "corpus": corpus["name"],
        "headlines": corpus["n_headlines"],
        "sections": corpus["n_sections"],
        "changed": corpus["n_changed"],
        "first rows": corpus["first"]["rows"],
        "changed among them": interval(corpus["first"]),
        "former section suggested": corpus["suggestion_right"],
        "listed in all": corpus["n_listed"],
        "changed ones listed": corpus["found"],
    }


def details(corpus: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the tables of how the share falls along the list, and of the reasons."""
    steps = [{"first rows": step["rows"], "changed among them": interval(step)} for step in corpus["steps"]]
    return [
        {"title": f"{corpus['name']}: along the list", "rows": steps},
        {"title": f"{corpus['name']}: reasons among the first {corpus['first']['rows']:,}", "rows": corpus["reasons"]},
    ]


def interval(share: dict[str, Any]) -> str:
    """Write a share with its interval."""
    return score_text({**share, "value": share["share"]})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    args = common.arguments(__doc__ or "", several=True).parse_args(argv)
    # One report of all corpora, the embedded one first.
    args.files, args.corpus = args.corpus or [], None
    return common.carry_out(__file__, args, run)


if __name__ == "__main__":
    sys.exit(main())
