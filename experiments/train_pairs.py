"""Train the model that decides whether two headlines report one story.

Question: how well do stories match those of readers, on weeks and corpora that the pair model was not trained on?
Command:  python experiments/train_pairs.py --corpora DIR   (five minutes on two cores)
Figure:   mean B-cubed F1 of the weeks, each left out of training: 0.81 to 0.85.

The headlines are not part of this project; DIR holds weeks that were read and grouped by hand, and other corpora with
known stories. What is published is a weight for each feature of a pair. A fold is a week or a corpus: it is left out of
training whole, and its threshold is the best on the other folds. The background is learned without the headlines of any
fold, for those of a user are not in it either.

Each week is learned from five times, so that the model does well on headlines of other kinds: as it is; undated; in
lower case and without a background, as in a language whose words are not known; headlines on one topic alone; and a few
at a time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import _common as common
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from train_background import MAX_WORDS
from train_background import headlines as headlines_of

from classify import Background, Headlines, learn_background, load_sample, read_headlines
from classify.metrics import bcubed_scores
from classify.stories import engine, pairmodel
from classify.stories.agreement import Agreement
from classify.stories.bags import make_bags, search_rows
from classify.stories.days import as_days
from classify.stories.linkage import MergeTree, link_pairs
from classify.stories.neighbours import find_candidates
from classify.stories.pairmodel import Logistic, PairModel
from classify.stories.pairs import FORMULA, Columns, PairFeatures
from classify.text import clean, find_suffixes

WEEKS = (
    "stories_week_2025_35",
    "stories_week_2025_41",
    "stories_week_2025_50",
    "stories_week_2026_17",
    "stories_week_bbc_2025_20",
)
OTHERS = ("uci_news_partial", "googlenews_tset", "embedded", "neus_triples")
# Pairs of a regime that are learned from, at most, and what all of them weigh together.
PAIRS = 20_000
SHARES = {"dated": 1.0, "undated": 1.0, "unknown language": 0.6, "one topic": 0.4, "few": 0.4}
TOPIC = r"(?i)\b(?:trump|senate|court|president)"
FEW = 40

THRESHOLDS = np.arange(0.2, 0.61, 0.025).round(3)


class Corpus(NamedTuple):
    """Clean headlines with their days and their known stories."""

    column: pa.Array
    days: NDArray[np.float64] | None
    truth: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> Corpus:
        """Return some of the headlines."""
        days = None if self.days is None else self.days[rows]
        return Corpus(self.column.take(pa.array(rows)), days, self.truth[rows])


class Regime(NamedTuple):
    """Pairs of candidates of one corpus in one form."""

    fold: str
    kind: str
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    features: Columns
    truth: NDArray[np.int64]

    @property
    def same(self) -> NDArray[np.bool_]:
        """Whether the two headlines of each pair report one story."""
        return np.asarray(self.truth[self.left] == self.truth[self.right])


def read(folder: Path, name: str) -> Headlines:
    """Read a corpus."""
    return load_sample() if name == "embedded" else Headlines.concat(read_headlines(folder / f"{name}.csv.gz"))


def cleaned(headlines: Headlines) -> pa.Array:
    """Return headlines without publishers."""
    return pa.concat_arrays([clean(headlines.headline, find_suffixes(headlines.headline, headlines.publisher))])


def load(folder: Path, name: str) -> Corpus:
    """Read a corpus with known stories."""
    headlines = read(folder, name)
    truth = np.unique(np.array(headlines.story.to_pylist(), str), return_inverse=True)[1]
    return Corpus(cleaned(headlines), as_days(headlines.date, len(headlines)), truth)


def learn_words(folder: Path, left_out: dict[str, Corpus]) -> Background:
    """Learn the document frequencies of the package's background without the headlines of some corpora."""
    hidden = [text for corpus in left_out.values() for text in corpus.column.to_pylist()]
    # The vectors, which two dimensions make short work of, are not used.
    return learn_background(headlines_of(folder, hidden=hidden), n_dims=2, max_words=MAX_WORDS)


def regimes(corpora: dict[str, Corpus], words: Background) -> Iterator[Regime]:
    """Turn each corpus into pairs in its forms."""
    for fold, corpus in corpora.items():
        if corpus.days is not None:
            yield pairs(fold, "dated", corpus, words)
        yield pairs(fold, "undated", corpus._replace(days=None), words)
        if fold not in WEEKS:
            continue
        yield pairs(fold, "unknown language", Corpus(pc.utf8_lower(corpus.column), None, corpus.truth), None)
        on_topic = pc.match_substring_regex(corpus.column, TOPIC).to_numpy(zero_copy_only=False)
        yield pairs(fold, "one topic", corpus.take(np.flatnonzero(on_topic))._replace(days=None), words)
        rows = np.arange(len(corpus.truth))
        some = [pairs(fold, "few", corpus.take(rows[at : at + FEW]), words) for at in range(0, len(rows), 3 * FEW)]
        yield joined(some)


def pairs(fold: str, kind: str, corpus: Corpus, words: Background | None) -> Regime:
    """Compute the features of the candidates of a corpus."""
    bags = make_bags(corpus.column, words, 2)
    graph = find_candidates(search_rows(bags), engine.N_CANDIDATES, corpus.days, engine.WINDOW, n_jobs=2)
    left, right = engine.list_pairs(graph)
    return Regime(fold, kind, left, right, PairFeatures(bags, graph, corpus.days).compute(left, right), corpus.truth)


def joined(parts: Sequence[Regime]) -> Regime:
    """Concatenate parts of one corpus."""
    starts = np.cumsum([0, *(len(part.truth) for part in parts)])
    left, right = (
        np.concatenate([getattr(part, side) + start for part, start in zip(parts, starts, strict=False)])
        for side in ("left", "right")
    )
    features = {name: np.concatenate([part.features[name] for part in parts]) for name in parts[0].features}
    # The same story in two parts counts as two.
    truth = np.concatenate([part.truth + start * len(starts) * FEW for part, start in zip(parts, starts, strict=False)])
    return Regime(parts[0].fold, parts[0].kind, left, right, features, truth)


def fit(learned: Sequence[Regime], threshold: float = 0.5) -> PairModel:
    """Learn both regressions."""
    first = regress(learned, [regime.features for regime in learned])
    second = regress(learned, [agree(first, regime) for regime in learned])
    return PairModel(first, second, threshold)


def regress(learned: Sequence[Regime], features: Sequence[Columns]) -> Logistic:
    """Learn the weights of features; each regime weighs as much as its share."""
    from sklearn.linear_model import LogisticRegression

    rng, names = np.random.default_rng(0), tuple(name for name in features[0] if name != FORMULA)
    drawn = [rng.permutation(len(regime.left))[:PAIRS] for regime in learned]
    rows = np.concatenate(
        [np.stack([of[name][some] for name in names], axis=1) for of, some in zip(features, drawn, strict=True)]
    )
    same = np.concatenate([regime.same[some] for regime, some in zip(learned, drawn, strict=True)])
    shares = [SHARES[regime.kind] / len(some) for regime, some in zip(learned, drawn, strict=True)]
    weight = np.repeat(shares, [len(some) for some in drawn])
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + np.float32(1e-6)
    standard = np.clip((rows - mean) / scale, -pairmodel.LIMIT, pairmodel.LIMIT)
    fitted = LogisticRegression(max_iter=500).fit(standard, same, weight / weight.mean())
    return Logistic(names, mean, scale, fitted.coef_[0].astype(np.float32), float(fitted.intercept_[0]))


def agree(first: Logistic, regime: Regime) -> Columns:
    """Compute the features of the second regression."""
    guessed = first.probabilities(regime.features)
    agreement = Agreement(regime.left, regime.right, guessed, len(regime.truth), None)
    lags = {name: regime.features[name] for name in ("lag", "dated")}
    return agreement.compute(regime.left, regime.right, guessed) | lags


def tree_of(model: PairModel, regime: Regime) -> MergeTree:
    """Link the headlines of a regime."""
    probability = model.second.probabilities(agree(model.first, regime))
    n = len(regime.truth)
    absent = engine.absent_weights(regime.left, regime.right, probability, n)
    return link_pairs(regime.left, regime.right, probability, absent, np.arange(n), THRESHOLDS[0])


def leave_out(known: Sequence[Regime]) -> dict[str, PairModel]:
    """Return a model for each fold that never saw it."""
    folds = {regime.fold: None for regime in known}
    return {fold: fit([regime for regime in known if regime.fold != fold]) for fold in folds}


def curves_of(models: dict[str, PairModel], known: Sequence[Regime]) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Return the B-cubed F1 of each regime at each threshold, by the model that never saw its fold."""
    trees = {(regime.fold, regime.kind): (tree_of(models[regime.fold], regime), regime.truth) for regime in known}
    return {
        key: np.array([bcubed_scores(truth, tree.cut(threshold))[2] for threshold in THRESHOLDS])
        for key, (tree, truth) in trees.items()
    }


def best_threshold(curves: dict[tuple[str, str], NDArray[np.float64]], left_out: str = "") -> float:
    """Return the best threshold on the corpora with and without their dates, except one; weeks count as all others."""
    kept = {key: of for key, of in curves.items() if key[0] != left_out and key[1] in ("dated", "undated")}
    weeks, others = ([of for (fold, _), of in kept.items() if (fold in WEEKS) == is_week] for is_week in (True, False))
    return float(THRESHOLDS[(np.mean(weeks, axis=0) + np.mean(others, axis=0)).argmax()])


def run(args: argparse.Namespace, folder: Path) -> None:
    """Measure with folds left out, then train on everything, write the model and results.json."""
    corpora = {name: load(args.corpora, name) for name in (*WEEKS, *OTHERS)}
    words = learn_words(args.corpora, corpora)
    known = list(regimes(corpora, words))
    curves = curves_of(leave_out(known), known)
    rows = []
    for (fold, kind), values in curves.items():
        threshold = best_threshold(curves, fold)
        rows.append({"corpus": fold, "form": kind, "f1": float(values[np.searchsorted(THRESHOLDS, threshold - 1e-9)])})
    model = fit(known, best_threshold(curves))
    pairmodel.write_model(model, pairmodel.FILE)
    mean = float(np.mean([row["f1"] for row in rows if row["corpus"] in WEEKS and row["form"] == "dated"]))
    answer = f"Mean B-cubed F1 {mean:.3f} on {len(WEEKS)} weeks, each left out of training."
    table = {"title": "B-cubed F1 on what was left out of training", "rows": rows}
    parts = {"n_words": len(words), "threshold": model.threshold, "f1": mean, "tables": [table]}
    numbers = common.experiment(__doc__, "Which headlines are one story", answer, answer, **parts)
    common.write_results(numbers, folder, args)


def figure(numbers: common.Json) -> float:
    """Return the mean B-cubed F1 of the weeks."""
    return float(numbers["f1"])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    parser = common.arguments(__doc__ or "")
    parser.add_argument("--corpora", metavar="DIR", type=Path, required=True, help="folder of the corpora")
    return common.carry_out(__file__, parser.parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
