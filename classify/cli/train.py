"""`classify train`: labelled headlines in, a model and an honest figure out."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from classify.cli import common

if TYPE_CHECKING:
    from classify.readers import Headlines

EXAMPLES = """  classify train
  classify train headlines.csv -m mine.safetensors --report reports/mine
  classify train january-to-may.csv --test june.csv -m news.safetensors --max-size 2MB
"""
DESCRIPTION = (
    "Learn sections from labelled headlines (the embedded corpus without CORPUS), test on what was kept apart, "
    "and write the model that was tested."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("corpora", nargs="*", metavar="CORPUS", help="files of labelled headlines")
    parser.add_argument(
        "-m", "--model", default=common.DEFAULT_MODEL, metavar="MODEL", help="model to write (default: %(default)s)"
    )
    test = parser.add_mutually_exclusive_group()
    test.add_argument("--test", metavar="FILE", help="labelled headlines to test on")
    test.add_argument(
        "--test-size", type=common.share, default=0.2, metavar="F", help="share kept apart to test on (default: 0.2)"
    )
    parser.add_argument(
        "--split",
        choices=("grouped", "random", "time"),
        default="grouped",
        help="keep near-duplicates together, shuffle blindly, or test on the latest (default: grouped)",
    )
    parser.add_argument("--none-label", metavar="L", help="section that means none of the sections; never answered")
    parser.add_argument("--max-size", type=common.size, metavar="SIZE", help="largest model file, such as 2MB")
    parser.add_argument("--report", metavar="DIR", help="folder for a report")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the split and of training")
    parser.add_argument("--jobs", type=common.count, default=2, metavar="N", help="threads (default: 2)")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what was detected")
    common.add_columns(parser)


def run(args: argparse.Namespace) -> int:
    """Train, test, write; return the exit code."""
    headlines, skipped = common.labelled(args.corpora, args)
    model, numbers = _train(args, headlines)
    from classify.modelfile import save_model

    size = save_model(model, args.model, args.max_size)
    if numbers is None:
        print(f"trained on {len(headlines):,} headlines; nothing was kept apart to test on")
    else:
        numbers["model"]["size_bytes"] = size
        _print_scores(numbers)
    print(f"model: {args.model} ({size / 1e6:.1f} MB)")
    if args.report and numbers is not None:
        from classify.report import write_report

        print(f"report: {write_report(numbers, args.report)}")
    return 1 if skipped else 0


def _train(args: argparse.Namespace, headlines: Headlines) -> tuple[Any, dict[str, Any] | None]:
    """Train and test as the options say."""
    from classify.classifier import HeadlineClassifier
    from classify.splits import joint_groups

    model = HeadlineClassifier(random_state=args.seed, n_jobs=args.jobs, none_label=args.none_label)
    if not args.test and not args.test_size:
        sections = headlines.section.to_pylist() if headlines.section else []
        return model.fit(headlines.headline, sections, joint_groups(headlines)), None
    from classify.evaluation import train_and_evaluate

    test = common.labelled([args.test], args)[0] if args.test else None
    return train_and_evaluate(
        headlines,
        split=args.split,
        test=test,
        test_size=args.test_size,
        seed=args.seed,
        name=", ".join(args.corpora) or "the embedded corpus",
        classifier=model,
    )


def _print_scores(numbers: dict[str, Any]) -> None:
    """Print the figures with split, size and interval."""
    data = numbers["data"]
    print(
        f"trained on {data['n_train']:,} headlines, tested on {data['n_test']:,} ({data['split']} split, "
        f"seed {data['seed']}; {numbers['interval']})"
    )
    for name in ("accuracy", "macro_f1"):
        score = numbers[name]
        print(f"{name.replace('_', '-'):9} {score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})")
    other = numbers.get("random_split")
    if other:
        accuracy = other["accuracy"]
        print(
            f"{'':9} {accuracy['value']:.3f} on a random split, where {other['n_duplicates_crossing']} test headlines "
            "have a near-duplicate in training"
        )
    print(f"expected calibration error {numbers['expected_calibration_error']:.3f}")
