"""`classify evaluate`: measure a model on labelled headlines, alone or compared with others."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from classify.cli import common, inputs
from classify.cli.progress import step

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier
    from classify.evaluation import Comparison, FoldEvaluation, SectionEvaluation
    from classify.evaluation.results import LevelScores, Score, SectionDifference
    from classify.headlines import Headlines

EXAMPLES = """  classify evaluate
  classify evaluate june.csv -m news.safetensors --report reports/june
  classify evaluate june.csv -m news.safetensors --compare older.safetensors
  classify evaluate june.csv -m news.safetensors -f json
  classify evaluate headlines.csv --folds 5
"""
DESCRIPTION = (
    "Measure a model on labelled headlines (the embedded corpus without CORPUS), alone or compared with others."
)

N_EXAMPLES = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("corpora", nargs="*", metavar="CORPUS", help="files of labelled headlines")
    common.add_model(parser)
    parser.add_argument(
        "--compare",
        action="append",
        default=[],
        metavar="MODEL",
        help="another model to compare with it, headline by headline; may be given several times",
    )
    parser.add_argument(
        "--folds",
        type=_folds,
        metavar="K",
        help="train K times with the settings of the model, each time without a part to test on; near-duplicates share "
        "a part",
    )
    common.add_level(parser)
    common.add_report(parser)
    parser.add_argument("-f", "--format", choices=("table", "json"), help="form of the figures")
    parser.add_argument("-v", "--verbose", action="store_true", help="report what was detected")
    inputs.add_reading(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and print; return the exit code."""
    if args.folds and (args.compare or args.level):
        raise ValueError(
            f"{'--compare' if args.compare else '--level'} was given with --folds; expected one of them; measure "
            "trained models without --folds"
        )
    common.expect_report(args)
    common.expect_outputs(args.corpora, report=args.report)
    from classify.classifier import MultiLabelClassifier

    names = _names([args.model, *args.compare])
    models = {name: common.load(path) for name, path in names.items()}
    step("reading")
    several = [name for name, model in models.items() if isinstance(model, MultiLabelClassifier)]
    if several and (args.compare or args.level or args.folds):
        raise ValueError(
            f"{several[0]}: answers with several sections a headline; expected a model of one section a headline for "
            "--compare, --level and --folds; leave them out"
        )
    headlines, skipped = inputs.labelled(args.corpora, args, bool(several))
    if args.verbose:
        for model in models.values():
            common.tell_suffixes(headlines, model.suffixes_)
    from classify.classifier.modelfile import model_path

    size = None if args.model is None else model_path(args.model).stat().st_size
    form = args.format or ("table" if sys.stdout.isatty() else "json")
    if args.folds:
        _run_folds(args, headlines, models[next(iter(models))], form)
        return 1 if skipped else 0
    step(f"testing on {len(headlines):,} headlines")
    (name, model), *others = models.items()
    if isinstance(model, MultiLabelClassifier):
        from classify.cli.several import evaluate as evaluate_several

        evaluate_several(args, model, headlines, name, size)
        return 1 if skipped else 0
    from classify.evaluation import N_PREDICTIONS, evaluate

    numbers = evaluate(
        model,
        headlines,
        name=common.corpus_name(args.corpora),
        n_predictions=N_PREDICTIONS if args.report or form == "json" else 0,
        model_name=name,
        size_bytes=size,
        others=dict(others),
        level=args.level,
    )
    n_repeats = numbers["data"]["n_repeats"]
    if n_repeats:
        common.tell(f"{n_repeats:,} repeat(s) are left out: each headline counts once, as in training")
    _tell_unknown(name, numbers)
    if args.model is None and not args.corpora:
        common.tell("the default model was trained on the embedded corpus: these figures flatter it; name a CORPUS")
    if args.report:
        step("drawing the report")
        common.tell(f"report: {common.write_report(numbers, args)}")
    _print(numbers, form)
    return 1 if skipped else 0


def _folds(text: str) -> int:
    """Parse the number of folds, for argparse."""
    value = int(text)
    if value < 2:
        raise argparse.ArgumentTypeError(f"{text}; expected 2 folds or more")
    return value


def _run_folds(args: argparse.Namespace, headlines: Headlines, model: HeadlineClassifier, form: str) -> None:
    """Measure in folds, write the report and print."""
    from classify.classifier import HeadlineClassifier
    from classify.evaluation import evaluate_folds
    from classify.report.numbers import to_json

    settings = model.get_params() if args.model else {}
    if headlines.section is None or settings.get("none_label") not in headlines.section.to_pylist():
        settings["none_label"] = None  # the corpus has no headlines of none of the sections
    step(f"training and testing in {args.folds} folds of {len(headlines):,} headlines")
    numbers = evaluate_folds(
        headlines, classifier=HeadlineClassifier(**settings), n_folds=args.folds, name=common.corpus_name(args.corpora)
    )
    if args.report:
        step("drawing the report")
        common.tell(f"report: {common.write_report(numbers, args)}")
    print(to_json(numbers) if form == "json" else _fold_table(numbers))


def _fold_table(numbers: FoldEvaluation) -> str:
    """Return the figures of an evaluation in folds as a table."""
    means, *_ = numbers["tables"]
    rows = [
        [f"{row['mean']:.3f}", f"{row['mean low']:.3f} to {row['mean high']:.3f}", row["score"]]
        for row in means["rows"]
    ]
    head = f"{numbers['data']['n_headlines']:,} headlines of {numbers['data']['name']}; {numbers['interval']}"
    return f"{head}\n{common.draw_table(rows, ['mean', 'interval', 'score'])}".rstrip()


def _names(paths: list[str | None]) -> dict[str, str | None]:
    """Return the names of model files: their stems, or their paths where two stems are equal."""
    default = "the default model"
    stems = [default if path is None else Path(path).stem for path in paths]
    names = [stem if stems.count(stem) == 1 else str(path or default) for stem, path in zip(stems, paths, strict=True)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"{twice}: is named twice; expected different models to compare; name another")
    return dict(zip(names, paths, strict=True))


def _tell_unknown(name: str, numbers: SectionEvaluation) -> None:
    """Report which sections each model does not know, and which headlines are not compared."""
    comparison = numbers["comparison"]
    found = {name: numbers["data"]["unknown_sections"]} if comparison is None else comparison["unknown_sections"]
    if comparison and comparison["n_left_out"]:
        common.tell(
            f"{comparison['n_left_out']:,} headline(s) of what a model takes for none of the sections are left out of "
            "the comparison"
        )
    for model, rows in found.items():
        common.tell_unknown(model, rows)


def _print(numbers: SectionEvaluation, form: str) -> None:
    """Print the figures, for a program or for a person."""
    from classify.report.numbers import to_json

    if form == "json":
        print(to_json(numbers))
        return
    print(_table(numbers))
    if numbers["comparison"]:
        print("\n" + _comparison(numbers["comparison"]))


def _table(numbers: SectionEvaluation) -> str:
    """Return the figures as a table."""
    lines = [
        f"{numbers['data']['n_test']:,} headlines of {numbers['data']['name']}, as new to the model: where it was "
        f"trained on some of them, the figures flatter; {numbers['interval']}"
    ]
    lines += [f"accuracy {_score(numbers['accuracy'])}", f"macro-f1 {_score(numbers['macro_f1'])}"]
    lines.append(f"expected calibration error {numbers['expected_calibration_error']:.3f}\n")
    if numbers["levels"]:
        lines.append(_levels(numbers["levels"]))
    rows = [
        [f"{row['support']:,}", *map(_share, (row["precision"], row["recall"], row["f1"])), row["section"]]
        for row in numbers["per_section"]
    ]
    table = common.draw_table(rows, ["headlines", "precision", "recall", "f1", "section"])
    return "\n".join(lines) + "\n" + table.rstrip()


def _levels(rows: list[LevelScores]) -> str:
    """Lay the scores of each level of sections out."""
    cells = [
        [str(row["level"]), f"{row['n_sections']:,}", _score(row["accuracy"]), _score(row["macro_f1"]),
         f"{row['expected_calibration_error']:.3f}"]
        for row in rows
    ]  # fmt: skip
    return common.draw_table(cells, ["level", "sections", "accuracy", "macro-F1", "calibration error"])


def _comparison(found: Comparison) -> str:
    """Lay a comparison out: models, paired differences, sections, examples."""
    models = [[_score(row["accuracy"]), _score(row["macro_f1"]), row["name"]] for row in found["models"]]
    pairs = [
        [
            _points(row["difference"], row["low"], row["high"]),
            f"{row['p_value']:.3f}" if row["p_value"] >= 0.0005 else "<0.001",
            _points(row["macro_f1_difference"], row["macro_f1_low"], row["macro_f1_high"]),
            f"{row['only_a']:,} : {row['only_b']:,}",
            f"{row['a']} - {row['b']}",
        ]
        for row in found["paired"]
    ]
    return "\n".join(
        [
            f"models on the same {found['n_headlines']:,} headlines",
            common.draw_table(models, ["accuracy", "macro-F1", "model"]),
            "paired differences, in points (95 % bootstrap over groups; p of the exact sign-flip test over groups)",
            common.draw_table(pairs, ["accuracy", "p", "macro-F1", "only one right", "models"]),
            *_sections(found["wins"]),
            *_examples(found),
        ]
    ).rstrip()


def _sections(wins: list[SectionDifference]) -> list[str]:
    """List the sections where one of two models leads by more than chance, and count the others."""
    sure = [row for row in wins if row["low"] > 0 or row["high"] < 0]
    rows = [
        [
            f"{row['support']:,}",
            _points(row["difference"], row["low"], row["high"]),
            f"{row['only_a']:,} : {row['only_b']:,}",
            row["a"] if row["difference"] > 0 else row["b"],
            row["section"],
        ]
        for row in sure
    ]
    head = f"where each wins: {len(sure)} of {len(wins)} differences in F1 by section leave out 0"
    table = common.draw_table(rows, ["headlines", "F1, points", "only one right", "better", "section"]) if sure else ""
    return [head, table]


def _examples(found: Comparison) -> list[str]:
    """List some headlines that the models answer differently."""
    chosen = found["disagreements"][:N_EXAMPLES]
    if not chosen:
        return ["they agree on every headline"]
    head = f"{len(chosen)} of {found['n_disagreements']:,} headlines they disagree on"
    rows = [[row["section"], *row["answers"].values(), " ".join(row["headline"].split())] for row in chosen]
    return [head, common.draw_table(rows, ["true", *chosen[0]["answers"], "headline"])]


def _share(value: float | None) -> str:
    """Write a share with three digits, a dash where it has no meaning."""
    return "-" if value is None else f"{value:.3f}"


def _score(score: Score) -> str:
    """Write a score with its interval."""
    return f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"


def _points(value: float, low: float, high: float) -> str:
    """Write a difference in percentage points with its interval."""
    return f"{100 * value:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
