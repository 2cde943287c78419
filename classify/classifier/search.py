"""Search for the hyper-parameters of a classifier within a time budget, on the training headlines alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from classify.classifier.classifier import HeadlineClassifier
from classify.classifier.linear import LinearTraining
from classify.classifier.ridge import RidgeTraining
from classify.classifier.training_set import prepare
from classify.classifier.word_vectors import WordVectors
from classify.core.files import write_whole
from classify.core.lock import locked
from classify.splits import deal_folds

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
"""The values of each hyper-parameter to search, ordered so that neighbours in a list are similar."""

_NEEDS_NEW_ROWS = ("word_ngrams", "char_ngrams", "min_df")

# Folds after which a setting that is behind the best one is abandoned: one round of two threads.
_FIRST_FOLDS = 2


@dataclass(frozen=True)
class SearchResult:
    """The outcome of a search.

    Attributes
    ----------
    best
        The hyper-parameters of the best trial, for `HeadlineClassifier.set_params`.
    trials
        In order, the default first: ``params``; ``score``, the out-of-fold accuracy, 0 to 1; ``seconds`` taken;
        ``hits``, the number of right answers in each fold. A trial abandoned after the first folds has ``hits`` for
        these alone; its score is that of the best trial at that time minus the difference in hits per headline.
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

    The classifier's own parameters are tried first. Then the neighbours of the best setting so far are tried, which
    differ by one step of one hyper-parameter, in a seeded order; where none is left, any other setting. All settings
    are scored on the same folds, by the largest margin without calibration. A setting becomes the best if it has more
    right answers in all folds together, and no fewer than the best one in the first two.

    The score of a trial depends on the headlines, the seed and the trials before it, not on the number of threads. The
    number of trials within the budget, and so the best one, depends on the machine.

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
        Time budget, above 0; infinity for the whole space. The default is always tried; another trial begins if there
        is time left for one of mean length.
    classifier
        The first setting, and the parameters that are not searched, such as `n_folds`; a default classifier by default.
        It is not changed.
    space
        The values of each hyper-parameter to search, ordered so that neighbours are similar; names of `SPACE`.
    n_jobs
        Threads; folds are scored side by side.
    random_state
        Seed of the folds and of the order, 0 or more.
    progress
        Called after each trial with the result so far.
    state
        File of trials, written whole after each. Trials in it of the same data, parameters and seed are continued,
        others replaced. A file of another kind, or that another search writes to, is a ValueError.
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
    with nullcontext() if state is None else locked(state, partial(_refuse, state)):
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


def _refuse(state: str | Path) -> NoReturn:
    """Raise the error of a search where another one runs."""
    raise ValueError(f"{state}: another search writes to it now; expected one at a time; wait for its end")


class _Folds:
    """Training headlines in folds, on which settings are scored."""

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
        """Check the input, clean the headlines and assign them to folds."""
        self.model, self.n_jobs = _copy(classifier, n_jobs=1), n_jobs
        self.model._check_parameters()
        known = prepare(headlines, sections, groups, publishers, classifier.none_label)
        self.column, self.classes, self.y = known.headlines, known.classes, known.y
        self.folds = deal_folds(known.groups, len(self.y), classifier.n_folds, random_state)
        self._rows: tuple[Any, ...] = ()

    def key(self, lists: Params, random_state: int) -> str:
        """Return a digest of everything that the trials and their order depend on."""
        import sklearn

        parts = [self.column.to_pylist(), self.classes.tolist(), self.y.tolist(), self.folds.tolist()]
        training = self.model.training()
        assert isinstance(training, LinearTraining)
        solver = training.solver(len(self.y), int(self.y.max()) + 1)
        parts += [self.model.get_params(), self.model.vectorizer().get_params(), solver.get_params()]
        text = json.dumps([*parts, lists, random_state, sklearn.__version__], default=str)
        return sha256(text.encode()).hexdigest()

    def score(self, params: Params, best: Trial | None) -> Trial:
        """Return the trial of a setting."""
        begin = perf_counter()
        model = _copy(self.model, **params)
        try:
            rows, n_words, vectors = self._vectorize(model)
        except ValueError:
            # No term is left: the lowest score, which does not end a search.
            if best is None:
                raise
            score, hits = 0.0, list[int]()
        else:
            score, hits = self._count_hits(
                model.training(vectors, model.recipe(vectors, len(self.y))), rows, n_words, best
            )
        return {"params": params, "score": score, "seconds": round(perf_counter() - begin, 3), "hits": hits}

    def _count_hits(
        self, training: LinearTraining | RidgeTraining, rows: sp.csr_matrix, n_words: int, best: Trial | None
    ) -> tuple[float, list[int]]:
        """Return the score of a setting and its right answers per fold; abandon it if behind after the first folds."""
        from joblib import Parallel, delayed

        present = np.unique(self.folds).tolist()
        run = Parallel(self.n_jobs, prefer="threads")
        todo = [delayed(_hits)(training, rows, n_words, self.y, self.folds == fold) for fold in present]
        hits = run(todo[:_FIRST_FOLDS])
        behind = 0 if best is None else sum(best["hits"][:_FIRST_FOLDS]) - sum(hits)
        if behind <= 0:
            hits += run(todo[_FIRST_FOLDS:])
        n_seen = int(np.isin(self.folds, present[: len(hits)]).sum())
        return sum(hits) / n_seen if best is None or behind <= 0 else best["score"] - behind / n_seen, hits

    def _vectorize(self, model: HeadlineClassifier) -> tuple[sp.csr_matrix, int, WordVectors | None]:
        """Return the rows of a setting, the number of word columns and their vectors; cache those of the last terms."""
        terms = tuple(model.get_params()[name] for name in _NEEDS_NEW_ROWS)
        if not self._rows or self._rows[0] != terms:
            # The cache is emptied first, so that no more than two sets of rows are in memory.
            self._rows = ()
            vectorizer, rows, vectors = _copy(model, char_weight=1.0).vectorize(self.column)
            self._rows = (terms, rows, len(vectorizer.word_idf_), vectors)
        _, rows, n_words, vectors = self._rows
        factors = np.where(rows.indices < n_words, np.float32(1), np.float32(model.char_weight))
        return sp.csr_matrix((rows.data * factors, rows.indices, rows.indptr), rows.shape), n_words, vectors


def _hits(
    training: LinearTraining | RidgeTraining,
    rows: sp.csr_matrix,
    n_words: int,
    y: NDArray[np.intp],
    outside: NDArray[np.bool_],
) -> int:
    """Train on the other folds and count the right answers in this one."""
    margins = training.margins(rows, n_words, y, outside)
    return int((margins.argmax(axis=1) == y[outside]).sum())


def _next(
    trials: Sequence[Trial], lists: Mapping[str, Sequence[Any]], model: HeadlineClassifier, random_state: int
) -> Params | None:
    """Return a setting that was not tried: the default, a neighbour of the best, or any; None if all were tried."""
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
        # Settings with the same rows first.
        order.sort(key=lambda i: any(near[i].get(name) != best.get(name) for name in _NEEDS_NEW_ROWS))
    return found[order[0]] if found else None


def _neighbours(params: Params, lists: Mapping[str, Sequence[Any]]) -> Iterator[Params]:
    """Yield the settings that differ by one step of one hyper-parameter."""
    for name, values in lists.items():
        at = values.index(params[name])
        for step in (at - 1, at + 1):
            if 0 <= step < len(values):
                yield params | {name: values[step]}


def _tidy(params: Params, model: HeadlineClassifier) -> Params | None:
    """Return one form for all equivalent settings; None for one without terms."""
    whole = model.get_params() | params
    if whole["char_ngrams"] is not None:
        return params
    if whole["word_ngrams"] is None:
        return None
    return params | ({"char_weight": model.char_weight} if "char_weight" in params else {})


def _with(default: Any, values: Sequence[Any]) -> tuple[Any, ...]:  # noqa: ANN401 (any hyper-parameter)
    """Insert the default among the values: in order among numbers, at the end otherwise.

    >>> _with(0.6, (0.5, 0.7)), _with((1, 3), (None, (2, 4)))
    ((0.5, 0.6, 0.7), (None, (2, 4), (1, 3)))
    """
    if default in values:
        return tuple(values)
    numbers = all(isinstance(value, int | float) for value in (default, *values))
    return tuple(sorted((*values, default))) if numbers else (*values, default)


def _best(trials: Sequence[Trial]) -> int:
    """Return the position of the first trial of the highest score."""
    return int(np.argmax([trial["score"] for trial in trials]))


def _result(trials: Sequence[Trial]) -> SearchResult:
    """Return the result of the trials so far."""
    best = _best(trials)
    return SearchResult(dict(trials[best]["params"]), list(trials), best)


def _copy(classifier: HeadlineClassifier, **params: Any) -> HeadlineClassifier:  # noqa: ANN401 (any parameter)
    """Return an unfitted classifier with some parameters changed."""
    return type(classifier)(**classifier.get_params() | params)


def _read(path: Path, key: str) -> list[Trial]:
    """Read the trials of the same search; none if the file belongs to another one or is missing."""
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
    """Parse a trial from JSON, in which pairs are lists."""
    params = {name: tuple(value) if isinstance(value, list) else value for name, value in found["params"].items()}
    score, seconds, hits = float(found["score"]), float(found["seconds"]), [int(n) for n in found["hits"]]
    return {"params": params, "score": score, "seconds": seconds, "hits": hits}
