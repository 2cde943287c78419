"""Group a corpus into stories and, with --rivals, put the usual ways to cluster beside ours.

Question: how well do the stories found match the known ones, what do the rivals of scikit-learn reach, how well do
          stories keep up that are fed day by day, how stable are they, and how do time and memory grow?
Command:  python experiments/cluster_stories.py [--rivals] [--scale FILE ...]   (half a minute; --rivals five more
          minutes; --scale a minute for each 100,000 headlines)
Figure:   B-cubed F1 on the embedded corpus, where "every headline its own story" has 0.56: 0.78 to 0.88.

The rivals cluster scikit-learn's TF-IDF rows (words without English stop words) and 200 LSA dimensions of them. Those
that must be told how many stories there are get the true number where it is known, and ours where not; HDBSCAN finds
its own. Agglomerative and HDBSCAN need memory quadratic in the headlines and are left out above 12,000 headlines; the
k-means family is left out where headlines times stories are more than 20,000,000. Stability takes four more runs and
is measured up to 20,000 headlines. Fed day by day means: begun with the first tenth of the days, then one day at a
time; each headline keeps the story it was first given. --scale clusters 1,000, 10,000, 100,000 and all headlines of
the files named, drawn at random, each number in a process of its own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter, process_time
from typing import Any

import _common as common
import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray
from sklearn.cluster import HDBSCAN, AgglomerativeClustering, BisectingKMeans, KMeans, MiniBatchKMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from classify import Headlines, StoryClusterer, evaluate_stories, read_headlines
from classify.cli.common import load
from classify.evaluation.stories import measure_stability, story_scores
from classify.evaluation.story_results import Choice, StoryBaseline
from classify.report.words import bcubed_text
from classify.text import clean_corpus

N_LISTED = 100  # stories with their headlines in results.json, which is kept in git
LARGE = 20_000
QUADRATIC = 12_000
PRODUCT = 20_000_000
SIZES = (1_000, 10_000, 100_000)
SHARES = (0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.2)
PAIRWISE = ("Agglomerative", "HDBSCAN")


def run(args: argparse.Namespace, folder: Path) -> None:
    """Cluster, score where the true stories are known, and write results.json."""
    headlines = common.load(args)
    clusterer = StoryClusterer().fit(headlines.headline, dates=headlines.date)
    true = true_stories(headlines)
    k = len(set(true) - {""}) or clusterer.n_stories_
    numbers = evaluate_stories(
        clusterer,
        headlines,
        name=common.corpus_name(args),
        classifier=load(None),
        stability=measure_stability(clusterer, headlines) if len(headlines) <= LARGE else None,
        choice=hindsight(headlines, true, np.asarray(clusterer.labels_)) if (true != "").any() else None,
        baselines=[score(name, true, labels) for name, labels in others(headlines, true, k, args)],
        scale=measure_scale(args.scale, args.seed) if args.scale else (),
    )
    numbers["stories"] = numbers["stories"][:N_LISTED]
    common.write_results(numbers | answer(numbers), folder, args)


def others(
    headlines: Headlines, true: NDArray[np.str_], k: int, args: argparse.Namespace
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Group the headlines in other ways: with the number of stories given, day by day, and as rivals do."""
    if (true != "").any():
        yield "these stories, number given", regroup(headlines, k)
        fed = feed(headlines)
        if fed is not None:
            yield "these stories, fed day by day", fed
    if args.rivals:
        yield from rivals(headlines, k, args.seed)


def answer(numbers: common.Json) -> common.Json:
    """Write the answer: the score beside those of the other ways to group, or the number of stories."""
    data = numbers["data"]
    start = f"{numbers['n_stories']:,} stories of {data['n_headlines']:,} headlines"
    if not numbers["scores"]:
        return common.answered(__doc__, f"{start}; the true stories of {data['name']} are not known.", start)
    score = bcubed_text(numbers["scores"]["bcubed"])
    others = ", ".join(f"{row['bcubed']['f1']:.3f} for {row['name']}" for row in numbers["baselines"])
    stable = numbers["stability"]
    text = f"B-cubed F1 {score}, with {start}; by comparison {others}."
    if stable:
        text += f" Stories of four fifths of the headlines agree with them: adjusted Rand index {stable['bootstrap']}."
    return common.answered(__doc__, text, f"B-cubed F1 {score}, {start}")


def figure(numbers: common.Json) -> float:
    """Return the B-cubed F1."""
    return float(numbers["scores"]["bcubed"]["f1"])


def feed(headlines: Headlines) -> NDArray[np.int64] | None:
    """Find the stories of the first tenth of the days, then give them the other days one by one; None where undated."""
    if headlines.date is None:
        return None
    days = pc.utf8_slice_codeunits(pc.fill_null(headlines.date, ""), 0, 10).to_numpy(zero_copy_only=False).astype(str)
    known = np.unique(days[days != ""])
    if len(known) < 2:
        return None
    # Undated headlines come with the first.
    part = np.searchsorted(known[max(len(known) // 10, 1) :], days, "right")
    labels = np.empty(len(headlines), np.int64)
    clusterer = StoryClusterer()
    for number in np.unique(part):
        rows = np.flatnonzero(part == number)
        some = headlines.take(rows)
        act = clusterer.assign if number else clusterer.fit_predict
        labels[rows] = act(some.headline, some.date)
    return labels


def measure_scale(files: Sequence[str], seed: int) -> list[dict[str, float]]:
    """Measure time and memory on more and more headlines of some files."""
    n = len(read_files(files))
    sizes = [size for size in SIZES if size < n] + [n]
    # A process of its own each, so that the peak of one is not that of another.
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        return pool.starmap(measure_one, [(files, size, seed) for size in sizes], chunksize=1)


def measure_one(files: Sequence[str], n: int, seed: int) -> dict[str, float]:
    """Cluster n headlines; return the time it took, by the clock and the processor, and this process's peak memory."""
    headlines = read_files(files)
    rows = np.sort(np.random.default_rng(seed).permutation(len(headlines))[:n])
    headlines = headlines.take(rows)
    started, used = perf_counter(), process_time()
    clusterer = StoryClusterer().fit(headlines.headline, headlines.date)
    seconds, processor = perf_counter() - started, process_time() - used
    peak = getrusage(RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "headlines": n,
        "stories": clusterer.n_stories_,
        "seconds": round(seconds, 1),
        "processor seconds": round(processor, 1),
        "peak memory in GB": round(peak, 2),
    }


def read_files(files: Sequence[str]) -> Headlines:
    """Read the headlines of some files."""
    return Headlines.concat([batch for file in files for batch in read_headlines(file)])


def regroup(headlines: Headlines, k: int) -> NDArray[np.int64]:
    """Find a given number of stories."""
    clusterer = StoryClusterer(n_stories=k).fit(headlines.headline, dates=headlines.date)
    return np.asarray(clusterer.labels_)


def hindsight(headlines: Headlines, true: NDArray[np.str_], labels: NDArray[np.int64]) -> Choice:
    """Score other numbers of stories than the one found; nobody could choose by this, for the truth is needed."""
    found = len(np.unique(labels))
    others = sorted({max(int(found * share), 1) for share in SHARES} - {found})
    scores = {k: score("", true, regroup(headlines, k))["bcubed"]["f1"] for k in others}
    scores[found] = score("", true, labels)["bcubed"]["f1"]
    tried = sorted(scores)
    return {
        "k": tried,
        "score": [scores[k] for k in tried],
        "chosen": found,
        "score_name": "B-cubed F1 (seen only in hindsight)",
    }


def true_stories(headlines: Headlines) -> NDArray[np.str_]:
    """Return the known story of each headline, blank where unknown."""
    if headlines.story is None:
        return np.full(len(headlines), "")
    return np.array(pc.fill_null(headlines.story, "").to_pylist(), str)


def score(name: str, true: NDArray[np.str_], labels: NDArray[Any]) -> StoryBaseline:
    """Score labels where the true story is known; the name has the number of stories."""
    known = true != ""
    words = f"{name}: {len(np.unique(labels)):,} stories"
    return {"name": words, **(story_scores(true[known], labels[known]) if known.any() else {})}


def rivals(headlines: Headlines, k: int, seed: int) -> Iterator[tuple[str, NDArray[Any]]]:
    """Cluster in the usual ways."""
    texts = clean_corpus(headlines.headline, headlines.publisher)[0]
    rows = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit_transform(texts.to_pylist())
    n_dimensions = min(200, rows.shape[1] - 1, rows.shape[0] - 1)
    lsa = normalize(TruncatedSVD(n_dimensions, random_state=seed).fit_transform(rows))
    for space, points in (("TF-IDF", rows), ("LSA", lsa)):
        for name, make in methods(len(texts), min(k, len(texts)), seed).items():
            yield f"{name} on {space}", alone(make().fit_predict(distances(points) if name in PAIRWISE else points))


def distances(points: Any) -> NDArray[np.float32]:  # noqa: ANN401 (sparse or dense rows of unit length)
    """Return the cosine distances of all pairs."""
    products = points.astype(np.float32) @ points.astype(np.float32).T
    dense = products if isinstance(products, np.ndarray) else products.toarray()
    return np.clip(1 - np.maximum(dense, dense.T), 0, None)


def methods(n: int, k: int, seed: int) -> dict[str, Callable[[], Any]]:
    """Name the methods that a corpus of n headlines and k stories is not too large for, and how to make each."""
    found: dict[str, Callable[[], Any]] = {}
    if n * k <= PRODUCT:
        found["KMeans"] = lambda: KMeans(k, n_init=3, random_state=seed)
        found["MiniBatchKMeans"] = lambda: MiniBatchKMeans(k, n_init=3, random_state=seed)
        found["BisectingKMeans"] = lambda: BisectingKMeans(k, random_state=seed)
    if n <= QUADRATIC:
        found["Agglomerative"] = lambda: AgglomerativeClustering(k, metric="precomputed", linkage="average")
        found["HDBSCAN"] = lambda: HDBSCAN(min_cluster_size=2, metric="precomputed", copy=False)
    return found


def alone(labels: NDArray[Any]) -> NDArray[Any]:
    """Number each headline that HDBSCAN labels as noise (-1) as a story."""
    noise = labels < 0
    return np.where(noise, labels.max() + np.cumsum(noise), labels)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    parser = common.arguments(__doc__ or "")
    parser.add_argument("--rivals", action="store_true", help="also cluster in the usual ways")
    parser.add_argument("--scale", metavar="FILE", nargs="+", help="also measure time and memory on these headlines")
    return common.carry_out(__file__, parser.parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
