"""Search for the hyper-parameters of a classifier within a time budget, on the training headlines alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from classify.classifier.classifier import HeadlineClassifier
from classify.classifier.labels import deal_folds, encode_sections
from classify.core.arrow import as_column
from classify.core.files import write_whole
from classify.splits import near_duplicate_groups
from classify.text import clean, find_suffixes

if TYPE_CHECKING:
    from classify.core.arrow import Texts

Params = dict[str, Any]
Trial = dict[str, Any]

SPACE: dict[str, tuple[Any, ...]] = {
    "word_ngrams": (None, (1, 1), (1, 2)),
    "char_ngrams": (None, (2, 4), (2, 5), (2, 6)),
    "char_weight": (0.35, 0.5, 0.7, 1.0, 1.4),
    "min_df": (1, 2, 3),
    "C": (0.25, 0.5, 0.7, 1.0, 2.0, 4.0),
    "class_weight": (None, "balanced"),
}
"""What is searched: the values of each hyper-parameter in order, so that neighbours in a list are alike."""

_NEEDS_NEW_ROWS = ("word_ngrams", "char_ngrams", "min_df")

# Folds after which a setting that is behind the best one is given up: one round of two threads.
_FIRST_FOLDS = 2


@dataclass(frozen=True)
class SearchResult:
    """Say what a search has found.

    Attributes
    ----------
    best
        The hyper-parameters of the best trial, for `HeadlineClassifier.set_params`.
    trials
        In the order in which they were made, the default first: ``params``; ``score``, the out-of-fold accuracy, 0 to
        1; ``seconds`` taken; ``hits``, the right answers in each fold. A trial given up after the first folds, which
        has ``hits`` for these alone, is scored by them: the score of the best trial at that time, less what it was
        behind per headline.
    best_index
        Position of the best trial; the first of those of equal score.
    """

    best: Params
    trials: list[Trial]
    best_index: int


def search(
    headlines: Texts,
    sections: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    seconds: float,
    classifier: HeadlineClassifier | None = None,
    space: Mapping[str, Sequence[Any]] = SPACE,
    n_jobs: int | None = 2,
    random_state: int = 0,
    progress: Callable[[SearchResult], object] | None = None,
    state: str | Path | None = None,
    publishers: Texts | None = None,
) -> SearchResult:
    """Search for hyper-parameters by grouped cross-validation.

    The classifier's own parameters come first. Then the neighbours of the best setting so far are tried, one
    hyper-parameter moved one step, in a seeded order; where none is left, any other setting. All settings are scored
    on the same folds, by the largest margin without calibration. The first setting stays the best unless another
    has more right answers in all folds together, having been level or ahead in the first two.

    A trial's score depends on the headlines, the folds' seed and the trials before it, not on the number of threads.
    How many trials fit into the budget depends on the machine, and with it which one is the best.

    Parameters
    ----------
    headlines
        n headlines.
    sections
        Shape (n,): the section of each; at least two different ones.
    groups
        Shape (n,): headlines with the same number never stand on both sides of a fold. None: near-duplicates share a
        number.
    seconds
        Time budget, above 0; infinity for the whole space. The default is tried at any rate; another trial begins
        where there is time left for one of mean length.
    classifier
        Where to begin, and what all settings have in common, such as `n_folds`; a default one by default. It is
        left as it is.
    space
        The values of each hyper-parameter to search, in an order in which neighbours are alike; names of `SPACE`.
    n_jobs
        Threads; folds are scored side by side.
    random_state
        Seed of the folds and of the order, 0 or more.
    progress
        Called after each trial with what was found so far.
    state
        File in which the trials are kept, written whole after each; where it holds trials of the same data,
        parameters and seed, the search goes on behind them, otherwise it is replaced. A file that is something else is
        a ValueError.
    publishers
        As in `HeadlineClassifier.fit`.

    Examples
    --------
    >>> headlines = ["Rovers win the cup", "Striker signs for Rovers", "MPs vote on tax", "Senate passes tax bill"]
    >>> start = HeadlineClassifier(n_folds=2)
    >>> found = search(headlines, list("sspp"), seconds=float("inf"), classifier=start, space={"C": (0.5, 0.7, 2.0)})
    >>> len(found.trials), found.trials[0]["params"]
    (3, {'C': 0.7})
    """
    if not seconds > 0:
        raise ValueError(f"seconds={seconds!r}; expected a time above 0")
    if not set(space) <= set(SPACE):
        raise ValueError(f"space with {sorted(set(space) - set(SPACE))}; expected names from {sorted(SPACE)}")
    begin = perf_counter()
    folds = _Folds(headlines, sections, groups, classifier or HeadlineClassifier(), n_jobs, random_state, publishers)
    lists = {name: _with(folds.model.get_params()[name], values) for name, values in space.items()}
    key = folds.key(lists, random_state)
    trials = [] if state is None else _read(Path(state), key)
    while (params := _next(trials, lists, folds.model, random_state)) is not None:
        if trials and perf_counter() - begin + np.mean([t["seconds"] for t in trials]) > seconds:
            break
        trials.append(folds.score(params, trials[_best(trials)] if trials else None))
        if state is not None:
            write_whole(state, json.dumps({"search": key, "trials": trials}))
        if progress is not None:
            progress(_result(trials))
    return _result(trials)


class _Folds:
    """The training headlines, dealt out to folds, on which settings are scored."""

    def __init__(
        self,
        headlines: Texts,
        sections: ArrayLike,
        groups: ArrayLike | None,
        classifier: HeadlineClassifier,
        n_jobs: int | None,
        random_state: int,
        publishers: Texts | None,
    ) -> None:
        """Check the input, clean the headlines and deal the groups out."""
        column = as_column(headlines)
        self.model, self.n_jobs = _copy(classifier, n_jobs=1), n_jobs
        self.model._check_parameters()
        self.classes, self.y = encode_sections(sections, len(column), classifier.none_label)
        self.column = clean(column, find_suffixes(column, publishers))
        groups = near_duplicate_groups(self.column) if groups is None else groups
        self.folds = deal_folds(groups, len(column), classifier.n_folds, random_state)
        self._rows: tuple[Any, ...] = ()

    def key(self, lists: Params, random_state: int) -> str:
        """Digest everything that the scores depend on, and their order."""
        import sklearn

        parts = [self.column.to_pylist(), self.classes.tolist(), self.y.tolist(), self.folds.tolist()]
        solver = self.model.training().solver(len(self.y), int(self.y.max()) + 1)
        parts += [self.model.get_params(), self.model.vectorizer().get_params(), solver.get_params()]
        text = json.dumps([*parts, lists, random_state, sklearn.__version__], default=str)
        return sha256(text.encode()).hexdigest()

    def score(self, params: Params, best: Trial | None) -> Trial:
        """Try a setting; give it up where it is behind the best one after the first folds."""
        begin = perf_counter()
        model = _copy(self.model, **params)
        try:
            rows, n_words = self._vectorize(model)
        except ValueError:
            # No term is left: worse than anything, but no reason to end a search.
            if best is None:
                raise
            score, hits = 0.0, list[int]()
        else:
            score, hits = self._count_hits(model, rows, n_words, best)
        return {"params": params, "score": score, "seconds": round(perf_counter() - begin, 3), "hits": hits}

    def _count_hits(
        self, model: HeadlineClassifier, rows: sp.csr_matrix, n_words: int, best: Trial | None
    ) -> tuple[float, list[int]]:
        """Return the score of a setting, and its right answers in each fold that it was tried on."""
        from joblib import Parallel, delayed

        present = np.unique(self.folds).tolist()
        run = Parallel(self.n_jobs, prefer="threads")
        todo = [delayed(_hits)(model, rows, n_words, self.y, self.folds == fold) for fold in present]
        hits = run(todo[:_FIRST_FOLDS])
        behind = 0 if best is None else sum(best["hits"][:_FIRST_FOLDS]) - sum(hits)
        if behind <= 0:
            hits += run(todo[_FIRST_FOLDS:])
        n_seen = int(np.isin(self.folds, present[: len(hits)]).sum())
        return sum(hits) / n_seen if best is None or behind <= 0 else best["score"] - behind / n_seen, hits

    def _vectorize(self, model: HeadlineClassifier) -> tuple[sp.csr_matrix, int]:
        """Return the rows of a setting and the number of word columns; those of the last terms are kept."""
        terms = tuple(model.get_params()[name] for name in _NEEDS_NEW_ROWS)
        if not self._rows or self._rows[0] != terms:
            # What was kept goes first, so that there is never more than one set of rows beside the one in use.
            self._rows = ()
            vectorizer = _copy(model, char_weight=1.0).vectorizer()
            self._rows = (terms, vectorizer.fit_transform(self.column), len(vectorizer.word_idf_))
        _, rows, n_words = self._rows
        factors = np.where(rows.indices < n_words, np.float32(1), np.float32(model.char_weight))
        return sp.csr_matrix((rows.data * factors, rows.indices, rows.indptr), rows.shape), n_words


def _hits(
    model: HeadlineClassifier, rows: sp.csr_matrix, n_words: int, y: NDArray[np.intp], outside: NDArray[np.bool_]
) -> int:
    """Train on the other folds and count the right answers in this one."""
    margins = model.training().margins(rows, n_words, y, outside)
    return int((margins.argmax(axis=1) == y[outside]).sum())


def _next(
    trials: Sequence[Trial], lists: Mapping[str, Sequence[Any]], model: HeadlineClassifier, random_state: int
) -> Params | None:
    """Propose a setting that was not tried: the default, a neighbour of the best, any; None where all were."""
    default = {name: model.get_params()[name] for name in lists}
    if not trials:
        return default
    tried = {tuple(trial["params"].values()) for trial in trials}
    best = trials[_best(trials)]["params"]

    def new(settings: Iterator[Params]) -> list[Params]:
        tidy = {tuple(s.values()): s for s in (_tidy(s, model) for s in settings) if s is not None}
        return [setting for values, setting in tidy.items() if values not in tried]

    near = new(_neighbours(best, lists))
    found = near or new(dict(zip(lists, values, strict=True)) for values in product(*lists.values()))
    order = np.random.default_rng([random_state, len(trials)]).permutation(len(found)).tolist()
    if near:
        # Those first that can do with the same rows.
        order.sort(key=lambda i: any(near[i].get(name) != best.get(name) for name in _NEEDS_NEW_ROWS))
    return found[order[0]] if found else None


def _neighbours(params: Params, lists: Mapping[str, Sequence[Any]]) -> Iterator[Params]:
    """Move one hyper-parameter one step."""
    for name, values in lists.items():
        at = values.index(params[name])
        for step in (at - 1, at + 1):
            if 0 <= step < len(values):
                yield params | {name: values[step]}


def _tidy(params: Params, model: HeadlineClassifier) -> Params | None:
    """Write settings that come to the same alike; None for one without terms."""
    whole = model.get_params() | params
    if whole["char_ngrams"] is not None:
        return params
    if whole["word_ngrams"] is None:
        return None
    return params | ({"char_weight": model.char_weight} if "char_weight" in params else {})


def _with(default: Any, values: Sequence[Any]) -> tuple[Any, ...]:  # noqa: ANN401 (any hyper-parameter)
    """Put the default among the values: in its place among numbers, at the end otherwise.

    >>> _with(0.6, (0.5, 0.7)), _with((1, 3), (None, (2, 4)))
    ((0.5, 0.6, 0.7), (None, (2, 4), (1, 3)))
    """
    if default in values:
        return tuple(values)
    numbers = all(isinstance(value, int | float) for value in (default, *values))
    return tuple(sorted((*values, default))) if numbers else (*values, default)


def _best(trials: Sequence[Trial]) -> int:
    """Find the first trial of the highest score."""
    return int(np.argmax([trial["score"] for trial in trials]))


def _result(trials: Sequence[Trial]) -> SearchResult:
    """Put the result together."""
    best = _best(trials)
    return SearchResult(dict(trials[best]["params"]), list(trials), best)


def _copy(classifier: HeadlineClassifier, **params: Any) -> HeadlineClassifier:  # noqa: ANN401 (any parameter)
    """Make an unfitted classifier of the same parameters but for some."""
    return type(classifier)(**classifier.get_params() | params)


def _read(path: Path, key: str) -> list[Trial]:
    """Read the trials of the same search; none where the file is of another one or not there."""
    if not path.exists():
        return []
    try:
        found = json.loads(path.read_bytes())
        same, trials = found["search"] == key, [_trial(trial) for trial in found["trials"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ValueError(
            f"{path}: found no trials of a search in it; expected what an earlier search wrote; delete or rename it"
        ) from None
    return trials if same else []


def _trial(found: Mapping[str, Any]) -> Trial:
    """Take a trial out of JSON, where pairs are lists."""
    params = {name: tuple(value) if isinstance(value, list) else value for name, value in found["params"].items()}
    score, seconds, hits = float(found["score"]), float(found["seconds"]), [int(n) for n in found["hits"]]
    return {"params": params, "score": score, "seconds": seconds, "hits": hits}
