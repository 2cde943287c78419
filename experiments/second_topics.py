"""Answer headlines of which two editors may name different topics: two most probable topics, or several a headline.

Question: do the two most probable topics cover what two editors would say, and does learning second topics help?
Command:  python experiments/second_topics.py --corpora DIR   (two minutes on two cores)
Figure:   share of headlines of two topics that have both among the two most probable, learned as several: 0.58 to 0.70.

The headlines of 2024 to 2026 that were read (see _topics.py): their first topic, and for half of them a second that a
sensible editor might choose instead. A third of them, with their near-duplicates, is tested on. Three models learn from
the rest: from first topics alone; with a third of the weight of a headline for its second topic; and several topics a
headline, each with a probability of its own.
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
import pyarrow as pa
from _topics import NONE, RECENT, topics
from train_topics import COPIES, LEAST_DF, LEAST_DF_OF_COPIES, fit, grouped, interval, refit

from classify import Headlines, MultiLabelClassifier
from classify.core.display import score_text
from classify.evaluation import train_multi_label

Array = np.ndarray[Any, Any]
SEVERAL = "several topics a headline"


def divide(rows: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw a third of the groups of near-duplicates to test on."""
    tested = np.random.default_rng(seed).integers(0, 3, rows.group.max() + 1)[rows.group] == 0
    return rows[~tested], rows[tested]


def several(rows: pd.DataFrame) -> Headlines:
    """Return headlines with one or two topics each."""
    cells = [";".join(filter(None, pair)) for pair in zip(rows.topic, rows.second, strict=True)]
    return Headlines(pa.array(rows.text.tolist()), section=pa.array(cells))


def covered(name: str, classes: Array, proba: Array, rows: pd.DataFrame) -> common.Json:
    """Measure how often the topics of the reader are among the two most probable ones."""
    two = classes[np.argsort(-proba, axis=1, kind="stable")[:, :2]]
    first, second = (two == rows[column].to_numpy(str)[:, None] for column in ("topic", "second"))
    both, groups = (rows.second != "").to_numpy(), rows.group.to_numpy()
    pairs = (first.any(axis=1) & second.any(axis=1))[both]
    return {
        "learned": name,
        "first topic right": interval(first[:, 0].astype(float), groups),
        "first topic among two": interval(first.any(axis=1).astype(float), groups),
        "both topics among two": interval(pairs.astype(float), groups[both]),
    }


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train the three models, measure, and write results.json."""
    read = topics(args.corpora)[0]
    (read,) = grouped(read[read.source.isin(RECENT)])
    train, test = divide(read, args.seed)
    texts = pa.array(test.text.tolist())
    plain = fit(train.assign(calibrate=True))
    copy = train.assign(topic=train.second.where(train.second != "", train.topic))
    weighed = refit(plain, pd.concat([*[train] * (COPIES - 1), copy]), LEAST_DF_OF_COPIES)
    classifier = MultiLabelClassifier(none_label=NONE, min_df=LEAST_DF)
    training = train_multi_label(several(train), test=several(test), classifier=classifier)
    models = {
        "first topics": plain,
        "first topics, and second ones at a third of the weight": weighed,
        SEVERAL: training.classifier,
    }
    rows = [covered(name, model.classes_, model.predict_proba(texts), test) for name, model in models.items()]
    assert training.evaluation is not None
    common.write_results(page(rows, training.evaluation, len(train), test), folder, args)


def page(rows: list[common.Json], found: Any, n_train: int, test: pd.DataFrame) -> common.Json:  # noqa: ANN401 (typed)
    """Write the answer: the coverage of each model, and the scores of several topics a headline."""
    plain, _, last = (row["both topics among two"] for row in rows)
    n_two = int((test.second != "").sum())
    answer = (
        f"Learned from {n_train:,} headlines of 2024 to 2026 and tested on {len(test):,} others, {n_two:,} of which "
        f"have a second topic: both are among the two most probable in {score_text(plain)} of these after learning "
        f"first topics, and in {score_text(last)} after learning {SEVERAL}. As sets of topics, those answers have a "
        f"micro-F1 of {score_text(found['micro_f1'])} and a macro-F1 of {score_text(found['macro_f1'])}, and are "
        f"exactly those of the reader in {score_text(found['exact_match'])}; expected calibration error "
        f"{found['expected_calibration_error']:.3f}."
    )
    return common.experiment(
        __doc__,
        "Second topics of headlines",
        answer,
        f"both topics of a headline among two: {plain['value']:.2f} learned from first ones, {last['value']:.2f} from "
        f"both, {len(test):,} test headlines",
        per_section=found["per_section"],
        reliability=found["reliability"],
        confidence_histogram=found["confidence_histogram"],
        expected_calibration_error=found["expected_calibration_error"],
        figures={
            "per_section": "Several topics a headline: precision, recall and F1 of each; in brackets test headlines.",
            "reliability": "Pairs of headline and topic by the probability given, from 5 % on.",
        },
        tables=[
            {"title": "The two most probable topics", "rows": rows},
            {"title": "Several topics a headline, by error budget", "rows": found["budgets"]},
        ],
    )


def figure(numbers: common.Json) -> float:
    """Return the share of headlines with both topics among the two most probable, learned as several topics."""
    rows = {row["learned"]: row for row in numbers["tables"][0]["rows"]}
    return float(rows[SEVERAL]["both topics among two"]["value"])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    parser = common.arguments(__doc__ or "")
    parser.add_argument("--corpora", type=Path, required=True, help="folder of the corpora named in _topics.py")
    return common.carry_out(__file__, parser.parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
