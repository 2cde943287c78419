"""Compare speed, memory, size and accuracy with scikit-learn and fastText, in one run on one machine.

Question: is it faster than fastText and more accurate, from ten thousand to a million headlines?
Command:  python experiments/benchmark.py --corpus JAN_TO_MAY.csv --test JUNE.csv   (about 15 minutes, two cores;
          needs ``pip install .[bench]``)
Figure:   seconds of fastText over ours, a million headlines labelled from file to file: 1.3 to 2.5.

On newsapi_2022_en, January to May against June 2022, words fit_transform is 8 to 12 times faster than scikit-learn's,
and the accuracy is above fastText's best setting.

Every contender runs as a process of its own, in turn, several times, and ratios are of the medians; but vectorizers are
measured within one process, best of three, and each size of the growth once. "From file" means reading and writing
files is part of the time, as is starting Python.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import _common as common
import _contenders as contenders
import numpy as np
from _contenders import FASTTEXT, REPEATS, column, vectorizers
from _one_headline import one_headline_ratios

from classify.core.files import write_whole

SIZES = (10_000, 100_000, 1_000_000)
Rows = dict[str, dict[str, Any]]
GROWING = ("ours, default", "ours, words", "scikit-learn, words", "fastText defaults, word pairs, 2 threads")


def measure(*child: object) -> dict[str, Any]:
    """Run one contender as a process; return its seconds, peak memory in megabytes and what else it measured."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer.json")
        command = [sys.executable, contenders.__file__, answer, *map(str, child)]
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        seconds = time.perf_counter() - start
        return {"process_seconds": seconds, **json.loads(answer.read_text(encoding="utf-8"))}


def in_turn(contenders: dict[str, tuple[object, ...]], repeats: int = REPEATS) -> dict[str, dict[str, Any]]:
    """Measure contenders in turn, so that a slow minute of the machine hits them alike; return the medians."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, child in contenders.items():
            runs[name].append(measure(*child))
            print(f"{name}: {runs[name][-1]}", file=sys.stderr, flush=True)
    return {
        name: {key: statistics.median(run[key] for run in found) for key in found[0]} for name, found in runs.items()
    }


def prepare(args: argparse.Namespace, folder: Path) -> dict[str, Path]:
    """Write the headlines in the forms the contenders read: cleaned, suffixes removed, doubles dropped."""
    import pandas as pd

    from classify.text import clean, find_suffixes

    parts = _parts(args)
    suffixes = find_suffixes(parts["train"].headline)
    paths = {}
    for name, part in parts.items():
        texts = clean(part.headline, suffixes)
        frame = pd.DataFrame({"headline": texts.to_pylist(), "section": part.section.to_pylist()})
        paths[name] = _write(frame.drop_duplicates("headline"), folder / f"{name}.csv")
    every = pd.concat([pd.read_csv(path, keep_default_na=False) for path in paths.values()], ignore_index=True)
    for size in args.sizes:
        # Beyond the corpus's own size it is gone through again.
        paths[str(size)] = _write(every.iloc[np.arange(size) % len(every)], folder / f"{size}.csv")
    return paths


def _parts(args: argparse.Namespace) -> dict[str, Any]:
    """Read the headlines to train on and to test on."""
    from classify import Headlines, load_sample, read_headlines, split_headlines

    rows = load_sample() if args.corpus is None else Headlines.concat(read_headlines(args.corpus))
    if args.test:
        return {"train": rows, "test": Headlines.concat(read_headlines(args.test))}
    train, test = split_headlines(rows, seed=args.seed)
    return {"train": rows.take(train), "test": rows.take(test)}


def _write(frame: Any, path: Path) -> Path:  # noqa: ANN401 (a data frame)
    """Write headlines as CSV, as plain lines, and with fastText's labels."""
    frame.to_csv(path, index=False)
    words = frame.headline.str.lower().str.replace(r"([^\w\s])", r" \1 ", regex=True).str.split().str.join(" ")
    write_whole(path.with_suffix(".plain.txt"), "\n".join(words) + "\n")
    labels = "__label__" + frame.section.str.replace(" ", "_")
    write_whole(path.with_suffix(".fasttext.txt"), "\n".join(labels + " " + words) + "\n")
    return path


def accuracy(kind: str, answers: Path, truth: Path) -> float:
    """Compare written labels with the true ones."""
    true = np.array(column(truth, "section"))
    if kind.startswith("ours"):
        found = np.array(column(answers, "section"))
    else:
        lines = answers.read_text(encoding="utf-8").splitlines()
        found = np.array([line.removeprefix("__label__") for line in lines])
        true = np.char.replace(true, " ", "_") if kind.startswith("fastText") else true
    return float(np.mean(found == true))


def run(args: argparse.Namespace, folder: Path) -> None:
    """Measure everything and write results.json; times change from run to run."""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        paths = prepare(args, work)
        results: dict[str, Any] = {
            "corpus": common.corpus_name(args),
            "n_train": len(column(paths["train"], "headline")),
            "n_test": len(column(paths["test"], "headline")),
            "vectorizers": {kind: measure("vectorizer", kind, paths["train"]) for kind in vectorizers()},
        }
        trainers = ["ours, words", "ours, default", "scikit-learn, words"]
        trainers += [f"fastText {setting}, {threads} threads" for setting in FASTTEXT for threads in (1, 2)]
        models = {kind: work / f"model{number}" for number, kind in enumerate(trainers)}
        results["training"] = in_turn({k: ("train", k, paths["train"], models[k]) for k in trainers}, args.repeats)
        for kind, model in models.items():
            measure("predict", kind, paths["test"], model, work / "answers")
            results["training"][kind]["accuracy"] = accuracy(kind, work / "answers", paths["test"])
        results["prediction"] = _predictions(args, paths, models, results["training"], work)
        results["growth"] = _growth(args, paths, work)
        results["one headline"] = _one_headline(paths["test"], models, args.repeats)
        results["cold"] = _cold(models["ours, default"], args.repeats)
    common.write_results(page(results), folder, args)


def _predictions(
    args: argparse.Namespace,
    paths: dict[str, Path],
    models: dict[str, Path],
    trained: dict[str, dict[str, Any]],
    work: Path,
) -> dict[str, Any]:
    """Label the largest file with ours, scikit-learn, and fastText's default and best settings."""
    rivals = _rivals(trained)
    kinds = dict.fromkeys(["ours, default", "ours, words", "scikit-learn, words", rivals[0], _best(trained)])
    rows = paths[str(max(args.sizes))]
    return in_turn({k: ("predict", k, rows, models[k], work / "answers") for k in kinds}, args.repeats)


def _growth(args: argparse.Namespace, paths: dict[str, Path], work: Path) -> list[dict[str, Any]]:
    """Train and predict at each size, in turn with the rivals."""
    points = []
    for size in args.sizes:
        rows, model = paths[str(size)], work / "growing"
        for kind in GROWING:
            fitted = measure("train", kind, rows, model)
            labelled = measure("predict", kind, rows, model, work / "answers")
            point = {"kind": kind, "n": size, "train": fitted["process_seconds"]}
            point["predict"] = labelled["process_seconds"]
            points.append({**point, "predict_megabytes": labelled["peak_megabytes"]})
            print(points[-1], file=sys.stderr, flush=True)
    return points


def _one_headline(rows: Path, models: dict[str, Path], repeats: int) -> Rows:
    """Answer one headline at a time, with reasons and without, beside scikit-learn."""
    kinds = {kind: models[kind] for kind in ("ours, default", "scikit-learn, words")}
    kinds["ours, with reasons"] = models["ours, default"]
    return in_turn({kind: ("alone", kind, rows, model) for kind, model in kinds.items()}, repeats)


def _cold(model: Path, repeats: int) -> dict[str, float]:
    """Time one headline on the command line against importing scikit-learn's linear models."""
    ours = [sys.executable, "-m", "classify", "predict", "-m", str(model), "Rovers win the cup"]
    default = [sys.executable, "-m", "classify", "predict", "Rovers win the cup"]
    theirs = [sys.executable, "-c", "import sklearn.linear_model"]
    names = {"ours, default model": default, "ours, this model": ours, "import sklearn.linear_model": theirs}
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(repeats + 2):
        for name, command in names.items():
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(found) for name, found in times.items()}


def page(results: dict[str, Any]) -> common.Json:
    """Write the answer and the tables: ratios first."""
    found = ratios(results)
    trained, cold = results["training"], results["cold"]
    best = _best(trained)
    answer = (
        f"Trained on {results['n_train']:,} headlines and tested on {results['n_test']:,}: accuracy "
        f"{trained['ours, default']['accuracy']:.3f}, fastText at its best {trained[best]['accuracy']:.3f}. Training "
        f"takes {trained['ours, default']['process_seconds']:.1f} s, with fastText's best setting "
        f"{trained[best]['process_seconds']:.1f} s; headlines are labelled from file to file {found[LABELLED]:.1f} "
        f"times as fast as by the fastest fastText."
    )
    ratio = {what: " / " in what for what in found}
    tables = [
        {
            "title": "Ratios, above 1 where ours is better",
            "rows": [{"what": what, "ratio": value} for what, value in found.items() if ratio[what]],
        },
        {
            "title": "Accuracy and memory",
            "rows": [{"what": what, "value": value} for what, value in found.items() if not ratio[what]],
        },
    ]
    for part in ("vectorizers", "training", "prediction", "one headline"):
        rows = [{"contender": name, **_whole(row)} for name, row in results[part].items()]
        tables.append({"title": part.capitalize(), "rows": rows})
    tables.append({"title": "Cold start", "rows": [{"command": k, "seconds": v} for k, v in cold.items()]})
    caption = "Both axes are logarithmic: a line with the slope 1 is time in proportion to the headlines."
    figures = {"growth": f"Seconds from file to model, and from file to file. {caption}"}
    headline = f"labelling {found[LABELLED]:.1f} times as fast as fastText, {found[ABOVE]:+.1f} points of accuracy"
    return common.experiment(
        __doc__, f"Benchmark on {results['corpus']}", answer, headline, **results, tables=tables, figures=figures
    )


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """Return counts, which medians turn into floats, as integers."""
    return {key: int(value) if key in ("terms", "stored", "bytes") else value for key, value in row.items()}


def figure(numbers: common.Json) -> float:
    """Return how many times as fast headlines are labelled from file to file as by fastText."""
    return float(_prediction_ratios(numbers["prediction"])[LABELLED])


LABELLED = "prediction from file to file, fastText / ours"
ABOVE = "by default: points of accuracy above fastText's best"


def ratios(results: dict[str, Any]) -> dict[str, float]:
    """Divide what the targets are stated in; above 1 is better than the rival."""
    cold = results["cold"]
    return {
        **_vectorizer_ratios(results["vectorizers"]),
        **_training_ratios(results["training"]),
        **_prediction_ratios(results["prediction"]),
        **one_headline_ratios(results["one headline"]),
        "cold start, import sklearn.linear_model / ours": cold["import sklearn.linear_model"]
        / cold["ours, default model"],
        **_growth_ratios([point for point in results["growth"] if point["kind"] == "ours, default"]),
    }


def _vectorizer_ratios(found: Rows) -> dict[str, float]:
    """Compare the same n-grams, and both kinds of scikit-learn's with ours as they are by default."""
    seconds = {name: row["seconds"] for name, row in found.items()}
    words, both = seconds["scikit-learn words"], seconds["scikit-learn words and characters"]
    every, rare = "words and characters of all words", "words and characters of rare words"
    return {
        "words fit_transform, scikit-learn / ours": words / seconds["ours words"],
        f"{every} fit_transform, scikit-learn / ours": both / seconds[f"ours {every}"],
        "words and characters as by default, scikit-learn / ours": both / seconds[f"ours {rare}"],
    }


def _training_ratios(found: Rows) -> dict[str, float]:
    """Compare our words with the faster of fastText's defaults, and our default with fastText's most accurate."""
    default = min(_rivals(found)[:2], key=lambda name: found[name]["process_seconds"])
    ratios = {}
    for what, ours, rival, called in (
        ("on words", "ours, words", default, "fastText's defaults"),
        ("by default", "ours, default", _best(found), "fastText's best"),
    ):
        one, other = found[rival], found[ours]
        ratios[f"training {what}, {rival} / ours"] = one["process_seconds"] / other["process_seconds"]
        ratios[f"{what}: points of accuracy above {called}"] = 100 * (other["accuracy"] - one["accuracy"])
    return ratios


def _prediction_ratios(found: Rows) -> dict[str, float]:
    """Compare with the fastest of fastText's."""
    ours, fastest = found["ours, default"], min(found[name]["process_seconds"] for name in _rivals(found))
    return {
        LABELLED: fastest / ours["process_seconds"],
        "peak memory of prediction from file to file, megabytes": ours["peak_megabytes"],
    }


def _growth_ratios(points: list[dict[str, Any]]) -> dict[str, float]:
    """Compare the last step of the growth with time in proportion to the headlines."""
    first, last = points[-2:]
    linear = last["n"] / first["n"]
    return {
        f"{what} time, linear growth / measured": linear * first[key] / last[key]
        for what, key in (("training", "train"), ("prediction", "predict"))
    }


def _rivals(found: Rows) -> list[str]:
    """List fastText's settings."""
    return [name for name in found if name.startswith("fastText")]


def _best(trained: Rows) -> str:
    """Name fastText's most accurate setting."""
    return max(_rivals(trained), key=lambda name: trained[name]["accuracy"])


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark."""
    parser = common.arguments(__doc__ or "")
    parser.add_argument("--test", metavar="FILE", help="headlines to test on (default: a fifth, grouped)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="headlines to grow through")
    parser.add_argument("--repeats", type=int, default=REPEATS, metavar="N", help="runs of each contender")
    args = parser.parse_args(argv)
    if len(args.sizes) < 2:
        parser.error("found one of --sizes; expected two or more to tell the growth; give another")
    return common.carry_out(__file__, args, run)


if __name__ == "__main__":
    sys.exit(main())
