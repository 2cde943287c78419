"""Several sections a headline: what `predict`, `train` and `evaluate` write for a `MultiLabelClassifier`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from classify.cli import common
from classify.cli.progress import step

if TYPE_CHECKING:
    import pyarrow as pa

    from classify.classifier import MultiLabelClassifier, MultiLabelPredictions
    from classify.classifier.explain import Terms
    from classify.evaluation import MultiLabelEvaluation
    from classify.evaluation.results import Score
    from classify.features import Background
    from classify.headlines import Headlines


def joined_columns(found: MultiLabelPredictions) -> dict[str, pa.Array]:
    """Return sections and probabilities as texts, with semicolons between several of a headline."""
    return {
        "section": _joined(found, found.sections.values, ";"),
        "probability": _joined(found, _written(found), ";"),
    }


def json_columns(found: MultiLabelPredictions, codes: dict[str, str]) -> dict[str, pa.Array]:
    """Return the sections, their codes if there are any, and their probabilities as texts of JSON arrays."""
    from classify.core.arrow import from_strings
    from classify.core.json_text import quote

    names = found.sections.values
    parts = {"section": quote(names)}
    if codes:
        parts["code"] = quote(from_strings([codes[name] for name in names.to_pylist()]))
    parts["probability"] = _written(found)
    return {name: _in_brackets(_joined(found, values, ", ")) for name, values in parts.items()}


def json_terms(reasons: list[list[Terms]]) -> list[str]:
    """Return the JSON of the terms of each headline: a list for each of its sections."""
    lists = (
        [[{"term": term, "weight": round(weight, 6)} for term, weight in terms] for terms in answers]
        for answers in reasons
    )
    return [f', "terms": {json.dumps(each, ensure_ascii=False)}' for each in lists]


def table_columns(found: MultiLabelPredictions, reasons: list[list[Terms]] | None) -> dict[str, list[str]]:
    """Return the cells of a table: sections, probabilities, and reasons if they were asked for."""
    columns = {
        "sections": [";".join(names) or "-" for names in found.sections.to_pylist()],
        "sure": [", ".join(f"{p:.0%}" for p in row) for row in found.probabilities.to_pylist()],
    }
    if reasons is not None:
        columns["because of"] = [
            "; ".join(", ".join(f"{term} {weight:+.2f}" for term, weight in terms) for terms in answers)
            for answers in reasons
        ]
    return columns


def train(
    args: argparse.Namespace, headlines: Headlines, test: Headlines | None, background: list[Background | str]
) -> None:
    """Train, test and write as the options of `classify train` say, and print the figures."""
    from classify.classifier import MultiLabelClassifier
    from classify.evaluation import train_multi_label

    done = train_multi_label(
        headlines,
        classifier=MultiLabelClassifier(
            random_state=args.seed, n_jobs=args.jobs, none_label=args.none_label, background=background
        ),
        test=test,
        **common.training_options(args),
    )
    if done.evaluation is None:
        print(f"trained on {done.n_train:,} headlines; nothing was kept apart to test on")
    else:
        data = done.evaluation["data"]
        seed = "" if data["seed"] is None else f" split, seed {data['seed']}"
        print(
            f"trained on {data['n_train']:,} headlines, tested on {data['n_test']:,} ({data['split']}{seed}; "
            f"{done.evaluation['interval']})"
        )
        print("\n".join(_scores(done.evaluation)))
        if done.evaluation["model"]["n_refit"]:
            print(
                f"learned again from all {done.n_train:,} headlines, those of the test included; this model is written"
            )
    if headlines.code is not None:
        common.tell("the column 'code' is not used: with several sections a headline it is not known whose code it is")
    print(f"model: {args.model} ({(done.size_bytes or 0) / 1e6:.1f} MB)")
    if args.report and done.evaluation:
        print(f"report: {_report(done.evaluation, args.report)}")


def evaluate(
    args: argparse.Namespace, model: MultiLabelClassifier, headlines: Headlines, name: str, size: int | None
) -> None:
    """Measure a model as the options of `classify evaluate` say, and print the figures."""
    from classify.evaluation import evaluate_multi_label

    corpus = common.corpus_name(args.corpora)
    numbers = evaluate_multi_label(model, headlines, name=corpus, model_name=name, size_bytes=size)
    if args.report:
        common.tell(f"report: {_report(numbers, args.report)}")
    if (args.format or ("table" if sys.stdout.isatty() else "json")) == "json":
        from classify.report.numbers import to_json

        print(to_json(numbers))
    else:
        print(_table(numbers))


def _written(found: MultiLabelPredictions) -> pa.Array:
    """Return the probabilities of all answers as text, with six digits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.round(found.probabilities.values, 6).cast(pa.string())


def _joined(found: MultiLabelPredictions, values: pa.Array, separator: str) -> pa.Array:
    """Join the texts of each headline, whole columns at a time."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = pa.ListArray.from_arrays(found.sections.offsets.cast(pa.int32()), values)
    return pc.binary_join(lists, separator)


def _in_brackets(texts: pa.Array) -> pa.Array:
    """Make JSON arrays of the texts between their brackets."""
    import pyarrow.compute as pc

    from classify.core.arrow import EMPTY, from_strings

    opening, closing = from_strings(["[", "]"])
    return pc.binary_join_element_wise(opening, texts, closing, EMPTY)


def _report(numbers: MultiLabelEvaluation, folder: str) -> Any:  # noqa: ANN401 (a path)
    """Write a report and return its page."""
    from classify.report import write_report

    step("drawing the report")
    return write_report(numbers, folder)


def _scores(numbers: MultiLabelEvaluation) -> list[str]:
    """Return the main figures as lines."""
    return [
        f"micro-f1 {_score(numbers['micro_f1'])}",
        f"macro-f1 {_score(numbers['macro_f1'])}",
        f"exactly the true sections {_score(numbers['exact_match'])}",
        f"expected calibration error {numbers['expected_calibration_error']:.3f} of headline and section, from 0.05 on",
    ]


def _score(score: Score) -> str:
    """Write a score with its interval."""
    return f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"


def _table(numbers: MultiLabelEvaluation) -> str:
    """Return the figures as a table."""
    head = (
        f"{numbers['data']['n_test']:,} headlines of {numbers['data']['name']}, as new to the model: where it was "
        f"trained on some of them, the figures flatter; {numbers['interval']}"
    )
    rows = [
        [
            f"{row['support']:,}",
            *("-" if value is None else f"{value:.3f}" for value in (row["precision"], row["recall"], row["f1"])),
            row["section"],
        ]
        for row in numbers["per_section"]
    ]
    table = common.draw_table(rows, ["headlines", "precision", "recall", "f1", "section"])
    return "\n".join([head, *_scores(numbers), "", table.rstrip()])
