"""Compare our stories with other ways to cluster, on weeks of news that were read and grouped by hand.

Question: do our stories match those of readers better than KMeans, HDBSCAN, average linkage and Leiden do?
Command:  python experiments/compare_stories.py --corpora DIR [--growth]   (two minutes on two cores, and two more for
          --growth; Leiden needs ``.[bench]``)
Figure:   points of B-cubed F1 by which our mean is above that of the best rival: 4 to 10.

DIR holds the corpora of train_pairs.py. Whatever is learned or chosen is learned or chosen without the week that is
scored: our model and its threshold as in train_pairs.py, the cut of average linkage and the resolution of Leiden as the
best mean on the other weeks. KMeans is told the true number of stories. Rivals cluster TF-IDF rows of words without
English stop words; Leiden the graph of the 30 nearest by cosine. --growth measures time and memory on headlines drawn
at random from newsapi_2022_en, each number of them in a process of its own; quadratic methods only up to 5,000.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter
from typing import Any

import _common as common
import numpy as np
import train_pairs as trained
from numpy.typing import NDArray

from classify import StoryClusterer
from classify.evaluation.bootstrap import interval, resampled_sums
from classify.metrics import bcubed_scores

Labels = NDArray[np.int64]

OURS, ALONE = "ours", "every headline its own story"
CUTS = np.arange(0.60, 0.96, 0.05).round(2)  # cosine distances
RESOLUTIONS = (10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
NEIGHBORS = 30
SIZES = {OURS: (1_000, 10_000, 100_000), "Leiden": (1_000, 10_000), "average linkage": (1_000, 5_000)}
SIZES |= {"HDBSCAN": (1_000, 5_000), "KMeans": (1_000,)}


def tf_idf(texts: Sequence[str]) -> Any:  # noqa: ANN401 (sparse rows)
    """Return unit TF-IDF rows."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(stop_words="english", sublinear_tf=True, dtype=np.float32).fit_transform(texts)


def distances(rows: Any) -> NDArray[np.float32]:  # noqa: ANN401 (sparse rows)
    """Return the cosine distances of all pairs."""
    return np.asarray(1 - (rows @ rows.T).toarray()).clip(0).astype(np.float32)


def kmeans(rows: Any, k: int) -> Labels:  # noqa: ANN401 (sparse rows)
    """Return k clusters."""
    from sklearn.cluster import KMeans

    return np.asarray(KMeans(k, n_init=1, random_state=0).fit_predict(rows))


def hdbscan(rows: Any) -> Labels:  # noqa: ANN401 (sparse rows)
    """Return the clusters of HDBSCAN; each headline that it calls noise is a cluster of its own."""
    from sklearn.cluster import HDBSCAN

    labels = HDBSCAN(min_cluster_size=2, metric="precomputed", copy=False).fit_predict(distances(rows))
    noise = labels < 0
    return np.asarray(np.where(noise, labels.max() + np.cumsum(noise), labels))


def average_linkage(rows: Any, cuts: Sequence[float] = (0.8,)) -> list[Labels]:  # noqa: ANN401 (sparse rows)
    """Return the clusters at each cosine distance."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    tree = linkage(squareform(distances(rows), checks=False), "average")
    return [fcluster(tree, cut, "distance").astype(np.int64) for cut in cuts]


def leiden(rows: Any, resolutions: Sequence[float] = (80.0,)) -> list[Labels]:  # noqa: ANN401 (sparse rows)
    """Return the communities of the graph of nearest neighbours at each resolution; none where leidenalg is missing."""
    try:
        import igraph
        import leidenalg
    except ImportError:
        return []
    from classify.stories.neighbours import find_candidates

    rows.sort_indices()
    graph = find_candidates(rows, NEIGHBORS).tocoo()
    once = graph.row < graph.col
    links = np.stack([graph.row[once], graph.col[once]], axis=1)
    network, weights = igraph.Graph(rows.shape[0], links.tolist()), graph.data[once].tolist()
    method = leidenalg.RBConfigurationVertexPartition
    return [
        np.array(
            leidenalg.find_partition(network, method, weights=weights, resolution_parameter=each, seed=0).membership
        )
        for each in resolutions
    ]


def ours(corpora: dict[str, trained.Corpus], folder: Path) -> dict[str, Labels]:
    """Return our stories of each week, by a model and a threshold that are learned without it."""
    known = list(trained.regimes(corpora, trained.learn_words(folder, corpora)))
    models = trained.leave_out(known)
    curves = trained.curves_of(models, known)
    dated = [regime for regime in known if regime.kind == "dated" and regime.fold in trained.WEEKS]
    return {
        regime.fold: trained.tree_of(models[regime.fold], regime).cut(trained.best_threshold(curves, regime.fold))
        for regime in dated
    }


def rivals(weeks: dict[str, trained.Corpus]) -> Iterator[tuple[str, str, Labels]]:
    """Return the name of a rival, the week, and its labels."""
    rows = {name: tf_idf(week.column.to_pylist()) for name, week in weeks.items()}
    for name, week in weeks.items():
        yield ALONE, name, np.arange(len(week.truth))
        yield "KMeans, true number given", name, kmeans(rows[name], len(np.unique(week.truth)))
        yield "HDBSCAN", name, hdbscan(rows[name])
    for method, run_all, values in (("average linkage", average_linkage, CUTS), ("Leiden", leiden, RESOLUTIONS)):
        found = {name: run_all(rows[name], values) for name in weeks}
        if all(found.values()):
            yield from chosen(method, weeks, found)


def chosen(
    method: str, weeks: dict[str, trained.Corpus], found: dict[str, list[Labels]]
) -> Iterator[tuple[str, str, Labels]]:
    """Choose the setting for each week by the others."""
    f1 = {name: np.array([bcubed_scores(week.truth, each)[2] for each in found[name]]) for name, week in weeks.items()}
    for name in weeks:
        best = int(np.mean([of for other, of in f1.items() if other != name], axis=0).argmax())
        yield method, name, found[name][best]


def score(method: str, week: str, truth: Labels, labels: Labels) -> common.Json:
    """Return a row of the table."""
    from sklearn.metrics.cluster import pair_confusion_matrix

    precision, recall, f1 = bcubed_scores(truth, labels)
    low, high = f1_interval(truth, labels)
    (_, only_found), (only_true, both) = pair_confusion_matrix(truth, labels)
    row = {"method": method, "week": week.removeprefix("stories_week_"), "B-cubed F1": f1, "low": low, "high": high}
    row |= {"precision": precision, "recall": recall, "pair F1": 2 * both / max(2 * both + only_found + only_true, 1)}
    return row | {"stories": len(np.unique(labels))}


def f1_interval(truth: Labels, labels: Labels) -> tuple[float, float]:
    """Return a 95 % interval of B-cubed F1: true stories are resampled, headlines keep their precision and recall."""
    true, found = (np.unique(of, return_inverse=True)[1] for of in (truth, labels))
    cell = np.unique(true * (found.max() + 1) + found, return_inverse=True)[1]
    shared = np.bincount(cell)[cell]
    each = np.stack([shared / np.bincount(found)[found], shared / np.bincount(true)[true], np.ones(len(true))], axis=1)
    precision, recall, count = resampled_sums(each, true).T
    low, high = interval(2 * precision * recall / (precision + recall) / count)
    return float(low), float(high)


def grow(folder: Path) -> list[common.Json]:
    """Measure time and memory of each method on more and more headlines."""
    tasks = [(str(folder), method, size) for method, sizes in SIZES.items() for size in sizes]
    # A process of its own each, so that the peak of one is not that of another.
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        return pool.starmap(measure, tasks, chunksize=1)


def measure(folder: str, method: str, n: int) -> common.Json:
    """Cluster n headlines; return seconds by the clock and the peak memory of this process."""
    headlines = trained.read(Path(folder), "newsapi_2022_en")
    headlines = headlines.take(np.sort(np.random.default_rng(0).permutation(len(headlines))[:n]))
    texts = trained.cleaned(headlines)
    run_one: dict[str, Callable[[], object]] = {
        OURS: lambda: StoryClusterer().fit(texts, headlines.date),
        "Leiden": lambda: leiden(tf_idf(texts.to_pylist())),
        "average linkage": lambda: average_linkage(tf_idf(texts.to_pylist())),
        "HDBSCAN": lambda: hdbscan(tf_idf(texts.to_pylist())),
        "KMeans": lambda: kmeans(tf_idf(texts.to_pylist()), n // 2),
    }
    before, started = getrusage(RUSAGE_SELF).ru_maxrss, perf_counter()
    run_one[method]()
    seconds, peak = perf_counter() - started, getrusage(RUSAGE_SELF).ru_maxrss
    row = {"method": method, "headlines": n, "seconds": round(seconds, 1)}
    return row | {"peak memory in GB": round(peak / 2**20, 2), "of it before": round(before / 2**20, 2)}


def run(args: argparse.Namespace, folder: Path) -> None:
    """Score every method on every week, measure how they grow, and write results.json."""
    corpora = {name: trained.load(args.corpora, name) for name in (*trained.WEEKS, *trained.OTHERS)}
    weeks = {name: corpora[name] for name in trained.WEEKS}
    found = [(OURS, name, labels) for name, labels in ours(corpora, args.corpora).items()]
    found += rivals(weeks)
    rows = [score(method, name, weeks[name].truth, labels) for method, name, labels in found]
    means = {
        method: float(np.mean([row["B-cubed F1"] for row in rows if row["method"] == method]))
        for method in {row["method"]: None for row in rows}
    }
    best = max((mean, method) for method, mean in means.items() if method != OURS)
    answer = (
        f"Mean B-cubed F1 {means[OURS]:.3f} on {len(weeks)} weeks, each left out of training; the best rival, "
        f"{best[1]}, reaches {best[0]:.3f}."
    )
    tables = [
        {"title": "Mean of the weeks", "rows": [{"method": name, "B-cubed F1": mean} for name, mean in means.items()]},
        {"title": "Each week, with 95 % intervals by bootstrap over true stories", "rows": rows},
    ]
    if args.growth:
        tables.append({"title": "Time and memory", "rows": grow(args.corpora)})
    numbers = common.experiment(
        __doc__, "Stories beside other ways to cluster", answer, answer, lead=means[OURS] - best[0], tables=tables
    )
    common.write_results(numbers, folder, args)


def figure(numbers: common.Json) -> float:
    """Return the points of B-cubed F1 by which we lead."""
    return 100 * float(numbers["lead"])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    parser = common.arguments(__doc__ or "")
    parser.add_argument("--corpora", metavar="DIR", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("--growth", action="store_true", help="also measure how time and memory grow with headlines")
    return common.carry_out(__file__, parser.parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
