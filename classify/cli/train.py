"""`classify train`: train a model on labelled headlines, and measure it on held-out ones."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from classify.cli import common, inputs
from classify.cli.progress import step

if TYPE_CHECKING:
    from classify.classifier import SearchResult
    from classify.evaluation import SectionEvaluation, Training
    from classify.evaluation.results import RareSection, SectionData
    from classify.features import Background
    from classify.headlines import Headlines

EXAMPLES = """  classify train
  classify train headlines.csv -m mine.safetensors --report reports/mine
  classify train january-to-may.csv --test june.csv -m news.safetensors --max-size 2MB
  classify train headlines.csv -m mine.safetensors --search 600
  classify train headlines.csv --unlabelled titles.txt -m mine.safetensors
  classify train headlines.csv --multi-label -m several.safetensors
"""
# What needs less than 4 GB: 400,000 headlines needed 2.3. On seven sections of News API 2022, January to May, the last
# doubling, to 113,000 headlines, brought 0.5 points of accuracy in June: with more memory, more may be worth it.
SAMPLE = 600_000
DESCRIPTION = (
    "Learn sections from labelled headlines (the embedded corpus without CORPUS), test on headlines kept apart, "
    "then learn again from all of them and write that model. Headlines of a FILE given to test on are not learned from."
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
    parser.add_argument(
        "--no-refit", dest="refit", action="store_false", help="write the model that was tested, without learning again"
    )
    parser.add_argument(
        "--background",
        default="auto",
        metavar="auto|none|FILE",
        help="words known beforehand: the English ones that come along, none, or a file of 'classify background'",
    )
    parser.add_argument(
        "--unlabelled",
        action="append",
        default=[],
        metavar="FILE",
        help="headlines without sections to learn words from",
    )
    parser.add_argument(
        "--sample",
        type=common.count,
        default=SAMPLE,
        metavar="N",
        help=f"use at most N headlines, chosen by a hash of their text (default: {SAMPLE:,})",
    )
    parser.add_argument("--none-label", metavar="L", help="section that means none of the sections; never answered")
    parser.add_argument(
        "--multi-label",
        action="store_true",
        help="learn any number of sections a headline, with semicolons between them: politics;sport",
    )
    parser.add_argument("--max-size", type=common.size, metavar="SIZE", help="largest model file, such as 2MB")
    parser.add_argument(
        "--search",
        type=_seconds,
        metavar="SECONDS",
        help="search for better hyper-parameters for so long; goes on where MODEL.search.json ends",
    )
    parser.add_argument("--corrections", metavar="FILE", help="list of 'classify audit' with its last column filled in")
    common.add_report(parser)
    parser.add_argument("--seed", type=common.seed, default=0, metavar="N", help="seed of the split and of training")
    parser.add_argument("--jobs", type=common.count, default=2, metavar="N", help="threads (default: 2)")
    parser.add_argument("-v", "--verbose", action="store_true", help="report what was detected")
    inputs.add_reading(parser)


def run(args: argparse.Namespace) -> int:
    """Train, test, write; return the exit code."""
    if args.report is not None and not args.test and not args.test_size:
        raise ValueError("--report was given with --test-size 0; expected headlines to test on; leave one of them out")
    if args.multi_label and (args.search or args.corrections):
        raise ValueError(
            "--multi-label was given with --search or --corrections; expected one section a headline for these; leave "
            "one of them out"
        )
    if args.corrections == "-":
        raise ValueError("--corrections was given standard input; expected a file, which is read twice; name one")
    files = [*args.corpora, *args.unlabelled, args.test, args.corrections, _background_file(args)]
    common.expect_report(args)
    common.expect_outputs(files, args.model, report=args.report)
    step("reading")
    headlines, skipped = inputs.labelled(args.corpora, args, args.multi_label)
    if args.corrections:
        from classify.audit import apply_corrections

        headlines = apply_corrections(headlines, args.corrections)
    test = inputs.labelled([args.test], args, args.multi_label)[0] if args.test else None
    background, unread = _background(args)
    step(f"training{' and testing' if args.test or args.test_size else ''} on {len(headlines):,} headlines")
    if args.multi_label:
        from classify.cli import several

        several.train(args, headlines, test, background)
        return 1 if skipped + unread else 0
    done = _train(args, headlines, test, background)
    if args.verbose:
        common.tell_suffixes(headlines, done.classifier.suffixes_)
    if headlines.code is not None and not done.classifier.codes_:
        common.tell("the column 'code' is not used: not every section has exactly one code")
    if done.search:
        _print_search(done, args.search)
    if done.evaluation is None:
        print(f"trained on {done.n_train:,} headlines; nothing was kept apart to test on")
    else:
        common.tell_unknown("the model", done.evaluation["data"]["unknown_sections"])
        _print_scores(done.evaluation)
        if done.evaluation["model"]["n_refit"]:
            print(
                f"learned again from all {done.n_train:,} headlines, those of the test included; this model is written"
            )
    for row in done.rare_sections:
        common.tell(_rare(row, done.evaluation is not None))
    print(f"model: {args.model} ({(done.size_bytes or 0) / 1e6:.1f} MB)")
    if args.report and done.evaluation:
        step("drawing the report")
        print(f"report: {common.write_report(done.evaluation, args)}")
    return 1 if skipped + unread else 0


def _background_file(args: argparse.Namespace) -> str | None:
    """Return the file named by --background, if it names one."""
    return None if args.background in ("auto", "none") else str(args.background)


def _background(args: argparse.Namespace) -> tuple[list[Background | str], int]:
    """Load what is known of words, and learn from unlabelled headlines; return how many rows were skipped."""
    from classify.cli.background import clean_batches
    from classify.features import learn_background, load_background

    path, skipped = _background_file(args), list[int]()
    found: list[Background | str] = ["auto"] if args.background == "auto" else []
    if path is not None:
        found.append(load_background(path))
    if args.unlabelled:
        step("learning words")
        found.append(learn_background(clean_batches(args.unlabelled, args, skipped), n_jobs=args.jobs))
    return found, sum(skipped)


def _train(
    args: argparse.Namespace, headlines: Headlines, test: Headlines | None, background: list[Background | str]
) -> Training:
    """Train and test as the options say."""
    from classify.classifier import HeadlineClassifier
    from classify.evaluation import N_PREDICTIONS, train

    with _progress(args.search) as progress:
        return train(
            headlines,
            classifier=HeadlineClassifier(
                random_state=args.seed, n_jobs=args.jobs, none_label=args.none_label, background=background
            ),
            test=test,
            search_seconds=args.search,
            search_state=f"{args.model}.search.json",
            progress=progress,
            **common.training_options(args),
            n_sizes=3 if args.report else 0,
            n_predictions=N_PREDICTIONS if args.report else 0,
        )


def _print_search(done: Training, seconds: float) -> None:
    """Print which setting the search chose."""
    found = done.search
    assert found is not None
    first, best = (sum(found.trials[i]["hits"]) for i in (0, found.best_index))
    gain = f"{best - first} more right than with the default: " if found.best_index else ""
    n_folds = done.classifier.n_folds
    print(
        f"search: {len(found.trials)} setting(s) on {done.n_train:,} training headlines, {n_folds} grouped folds; "
        f"{gain}{_changes(found) or 'the default stays'}"
    )
    if len(found.trials) == 1:
        common.tell(f"--search {seconds:g} left no time for a second setting; give it more seconds")


@contextmanager
def _progress(seconds: float | None) -> Iterator[Callable[[SearchResult], None] | None]:
    """Show the best setting so far: in a bar at a terminal, elsewhere as a line when it changes."""
    if seconds is None:
        yield None
        return
    from tqdm import tqdm

    with tqdm(total=seconds, disable=not sys.stderr.isatty(), bar_format="{l_bar}{bar}| {elapsed}{postfix}") as bar:

        def show(found: SearchResult) -> None:
            news = found.best_index == len(found.trials) - 1
            score = found.trials[found.best_index]["score"]
            said = f"setting {len(found.trials)}, best so far {score:.4f} with {_changes(found) or 'the default'}"
            bar.set_postfix_str(said)
            bar.update(min(found.trials[-1]["seconds"], seconds - bar.n))
            if bar.disable and (news or len(found.trials) % 10 == 0):
                common.tell(f"search: {said}")

        yield show


def _changes(found: SearchResult) -> str:
    """Return which parameters of the best setting differ from the default."""
    default = found.trials[0]["params"]
    return ", ".join(f"{name}={value}" for name, value in found.best.items() if value != default[name])


def _seconds(text: str) -> float:
    """Parse a time budget, for argparse."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text}; expected a number of seconds above 0")
    return value


def _print_scores(numbers: SectionEvaluation) -> None:
    """Print the figures with split, size and interval."""
    data = numbers["data"]
    print(
        f"trained on {data['n_train']:,} headlines, tested on {data['n_test']:,} ({_split_words(data)}; "
        f"{numbers['interval']})"
    )
    for name, score, over in (("accuracy", numbers["accuracy"], ""), ("macro-f1", numbers["macro_f1"], _over(numbers))):
        print(f"{name:9} {score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f}){over}")
    for level in (numbers["levels"] or [])[:-1]:
        score, words = level["accuracy"], f"accuracy with the {level['n_sections']} sections of level {level['level']}"
        print(f"{'':9} {score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f}) {words}")
    other = numbers["random_split"]
    if other:
        accuracy = other["accuracy"]
        print(
            f"{'':9} {accuracy['value']:.3f} on a random split, where {other['n_duplicates_crossing']} test headlines "
            "have a near-duplicate in training"
        )
    print(f"expected calibration error {numbers['expected_calibration_error']:.3f}")
    if data["n_duplicates_crossing"]:
        print(
            f"{data['n_duplicates_crossing']:,} of the test headlines have a near-duplicate among those trained on: "
            "the figures flatter"
        )


def _over(numbers: SectionEvaluation) -> str:
    """Return over how many of the sections macro-F1 is the mean, unless over all of them."""
    n, n_measured = len(numbers["per_section"]), sum(row["f1"] is not None for row in numbers["per_section"])
    return "" if n == n_measured else f" over {n_measured} of {n} sections"


def _rare(row: RareSection, tested: bool) -> str:
    """Describe a section that was not tested, or of few headlines."""
    n = (row["n_train"] or 0) + row["n_test"]
    counted = f"section {row['section']!r} has {n} headline{'' if n == 1 else 's'}"
    if not tested:
        return f"{counted}; expected ten or more; give more"
    if row["n_test"]:
        return f"{counted}, {row['n_test']} of them tested; expected ten or more for a figure that means something"
    return f"{counted}, none of them tested; a test needs two or more that are not near-duplicates"


def _split_words(data: SectionData) -> str:
    """Return how the test headlines were chosen."""
    return str(data["split"]) if data["seed"] is None else f"{data['split']} split, seed {data['seed']}"
