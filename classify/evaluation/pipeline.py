"""Train on labelled headlines and measure on headlines kept apart."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classify.classifier import HeadlineClassifier, save_model, search, shrink
from classify.evaluation.answers import answer
from classify.evaluation.learning_curve import learning_curve
from classify.evaluation.sections import evaluate_parts, rare_sections, section_scores
from classify.evaluation.shown import Results
from classify.splits import Labelled, Parts, Split, divide, pair_labelled, prepare_labelled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from classify.classifier import SearchResult
    from classify.evaluation.results import Baseline, RareSection, Search, SectionEvaluation, SplitScores
    from classify.headlines import Headlines


@dataclass(frozen=True)
class Training:
    """A trained classifier and what was measured.

    Attributes
    ----------
    classifier
        Fitted; with `refit` to all headlines, otherwise the one that was measured.
    evaluation
        Scores on the headlines kept apart, of a classifier that was not trained on them; None where there are none.
    search
        The trials of the search for hyper-parameters; None where there was none.
    n_train
        Number of headlines that the classifier was trained on, repeats left out.
    rare_sections
        The sections that were not tested, or of which there are fewer than ten headlines.
    size_bytes
        Size of the model file; None where it was not written.
    """

    classifier: HeadlineClassifier
    evaluation: SectionEvaluation | None
    search: SearchResult | None
    n_train: int
    rare_sections: list[RareSection]
    size_bytes: int | None

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the classifier, and the evaluation where there is one."""
        head = self.classifier._repr_html_()
        return head if self.evaluation is None else head + Results(self.evaluation)._repr_html_()


def train(
    headlines: Headlines,
    *,
    classifier: HeadlineClassifier | None = None,
    test: Headlines | None = None,
    test_size: float = 0.2,
    split: Split = "grouped",
    seed: int = 0,
    refit: bool = True,
    model: str | Path | None = None,
    max_size: int | None = None,
    search_seconds: float | None = None,
    search_state: str | Path | None = None,
    progress: Callable[[SearchResult], object] | None = None,
    name: str = "headlines",
    test_name: str | None = None,
    compare_splits: bool = True,
    n_sizes: int = 0,
    n_predictions: int = 0,
) -> Training:
    """Train a classifier on labelled headlines, measure it on headlines kept apart, train it on all, and write it.

    A column `code` with one code for each section becomes part of the model, see `HeadlineClassifier.with_codes`.
    Rows without headline or section are left out, and repeats, see `classify.splits.prepare_labelled`. Headlines dated
    over more than four weeks are taken to be followed by later ones: thresholds are then learned from the latest.

    Parameters
    ----------
    headlines
        Labelled headlines, as given.
    classifier
        Not yet fitted; by default one with default parameters and the seed.
    test
        Labelled headlines to test on; all of `headlines` are then trained on.
    test_size
        Share of the headlines to test on; 0 to train on all and measure nothing.
    split, seed
        As in `split_headlines`; see `classify.splits.divide`.
    refit
        Whether to learn terms and weights again from all headlines after the measurement, see
        `HeadlineClassifier.refit`; a given `test` is never learned from.
    model
        File to write; none by default.
    max_size
        Largest size of the file in bytes, as in `save_model`: what is measured is what fits into it.
    search_seconds, search_state, progress
        Search for hyper-parameters on the training headlines for so long; see `classify.search`.
    name, test_name
        Of the corpus, and of that in `test`.
    compare_splits
        Whether to train once more where near-duplicates cross the random split, to report the scores of the grouped and
        of the random split together.
    n_sizes
        For a learning curve, how often to halve the training headlines and train on the part.
    n_predictions
        How many test headlines to list with their reasons.

    Raises
    ------
    ValueError
        If no headline has a section, no section comes twice, or the headlines cannot be split.

    Examples
    --------
    >>> from classify import load_sample
    >>> training = train(load_sample().slice(0, 600), compare_splits=False)
    >>> training.n_train, training.evaluation["data"]["n_train"]
    (598, 479)
    >>> training.evaluation["accuracy"]["value"] > training.evaluation["baselines"][0]["accuracy"]
    True
    """
    rows, parts = _parts(headlines, test, test_size, split, seed)
    first = learned = rows if parts is None else parts.train
    assert first is not None
    assert learned is not None
    classifier = classifier or HeadlineClassifier(random_state=seed)
    found = None
    if search_seconds is not None:
        found = _search(classifier, first, search_seconds, search_state, seed, progress)
        classifier = type(classifier)(**classifier.get_params() | found.best)
    whole = fit(classifier, first, first.long_dates) if parts is None else fit_parts(classifier, parts)
    measured = final = _shrunk(whole, max_size)
    if refit and parts is not None and rows is not None:
        learned, final = rows, _shrunk(_learn_again(whole, first, rows), max_size)
    written = _coded(final, learned.headlines)
    size = None if model is None else save_model(written, model)
    if parts is None:
        return Training(written, None, found, len(learned), rare_sections(learned, None), size)
    random, baseline = _other_split(whole, rows, parts, max_size) if compare_splits and rows else (None, None)
    evaluation = evaluate_parts(
        measured,
        parts,
        name=name,
        test_name=test_name,
        n_predictions=n_predictions,
        size_bytes=size,
        n_refit=None if final is measured else len(learned),
        random_split=random,
        baselines=[baseline] if baseline else [],
        learning_curve=learning_curve(classifier, first, parts.test, n_sizes, seed),
        search=_record(found),
    )
    return Training(written, evaluation, found, len(learned), evaluation["rare_sections"], size)


def fit(
    classifier: HeadlineClassifier, rows: Labelled, dates: NDArray[np.datetime64] | None = None
) -> HeadlineClassifier:
    """Train a new classifier with the same parameters on prepared headlines, and return it."""
    new = type(classifier)(**classifier.get_params())
    columns = rows.headlines
    return new.fit(columns.headline, rows.sections, rows.groups, dates=dates, publishers=columns.publisher)


def fit_parts(classifier: HeadlineClassifier, parts: Parts) -> HeadlineClassifier:
    """Train a new classifier with the same parameters on the training part, and return it."""
    train, test = parts.train, parts.test
    assert train is not None
    sections = set(train.sections)
    if len(sections) == 1 < len(sections | set(test.sections)) and classifier.none_label is None:
        raise ValueError(
            f"only headlines of {train.sections[0]!r} are left to train on ({len(train):,} of them); expected two or "
            "more sections; keep fewer apart to test on, or add headlines that are not near-duplicates"
        )
    # Without a date in either part the comparison is False.
    later = bool(train.dates.max() <= test.dates.min())
    return fit(classifier, train, train.dates if later else train.long_dates)


def _learn_again(fitted: HeadlineClassifier, first: Labelled, rows: Labelled) -> HeadlineClassifier:
    """Train on all prepared headlines; on calibration, too, if they have more sections than those already learned."""
    same = set(first.sections) == set(rows.sections)
    return _refit(fitted, rows) if same else fit(fitted, rows, rows.long_dates)


def _refit(fitted: HeadlineClassifier, rows: Labelled) -> HeadlineClassifier:
    """Learn terms and weights again from other prepared headlines."""
    return fitted.refit(rows.headlines.headline, rows.sections, rows.headlines.publisher)


def _shrunk(fitted: HeadlineClassifier, max_size: int | None) -> HeadlineClassifier:
    """Return a classifier whose file is within the size, if there is one."""
    return fitted if max_size is None else shrink(fitted, max_size)


def _coded(fitted: HeadlineClassifier, headlines: Headlines) -> HeadlineClassifier:
    """Return a classifier with the codes of its sections, if the headlines have one code for each."""
    if headlines.code is None or headlines.section is None:
        return fitted
    pairs = dict.fromkeys(zip(headlines.section.to_pylist(), headlines.code.to_pylist(), strict=True))
    known = [(section, code) for section, code in pairs if code and section in set(fitted.classes_)]
    # A column of that name may be another thing, such as a number of the article.
    one_each = sorted(section for section, _ in known) == fitted.classes_.tolist()
    return fitted.with_codes(dict(known)) if one_each else fitted


def _parts(
    headlines: Headlines, test: Headlines | None, test_size: float, split: Split, seed: int
) -> tuple[Labelled | None, Parts | None]:
    """Prepare all headlines, unless the test headlines are given, and divide them, unless there are none to test on."""
    _check_repeats(headlines)
    if test is not None:
        return None, pair_labelled(headlines, test)
    rows = prepare_labelled(headlines)
    return rows, divide(rows, split, test_size, seed) if test_size else None


def _check_repeats(headlines: Headlines) -> None:
    """Raise where no section has two headlines: nothing could be learned and tested."""
    counts = [] if headlines.section is None else headlines.section.value_counts().field(1).to_pylist()
    if counts and max(counts) < 2:
        raise ValueError(
            f"{len(counts)} sections of one headline each were found; expected several headlines a section; "
            "give more, or choose another column of sections"
        )


def _search(
    classifier: HeadlineClassifier,
    rows: Labelled,
    seconds: float,
    state: str | Path | None,
    seed: int,
    progress: Callable[[SearchResult], object] | None,
) -> SearchResult:
    """Search for hyper-parameters on prepared headlines."""
    columns = rows.headlines
    return search(
        columns.headline,
        rows.sections,
        rows.groups,
        seconds=seconds,
        classifier=classifier,
        n_jobs=classifier.n_jobs,
        random_state=seed,
        progress=progress,
        state=state,
        publishers=columns.publisher,
    )


def _record(found: SearchResult | None) -> Search | None:
    """Return the trials of a search; pairs become lists, as they are in JSON."""
    return None if found is None else {"trials": json.loads(json.dumps(found.trials)), "best": found.best_index}


def _other_split(
    classifier: HeadlineClassifier, rows: Labelled, parts: Parts, max_size: int | None
) -> tuple[SplitScores | None, Baseline | None]:
    """Measure on a random split for the others, or as a baseline on the grouped one for a random split.

    The classifier, fitted to the training part, keeps its calibration. Both are None where near-duplicates cross
    neither split, or the other one has not the same sections to train on.
    """
    assert parts.test_size is not None
    assert parts.seed is not None
    other = divide(rows, "grouped" if parts.split == "random" else "random", parts.test_size, parts.seed)
    test = other.test.without(classifier.none_label)
    crossing = replace(other, test=test).n_crossing or 0
    assert parts.train is not None
    assert other.train is not None
    if not (parts.n_crossing or other.n_crossing) or set(parts.train.sections) != set(other.train.sections):
        return None, None
    found = section_scores(answer(_shrunk(_refit(classifier, other.train), max_size), test))
    accuracy, macro_f1, n_test = found["accuracy"], found["macro_f1"], len(test)
    if other.split == "random":
        return {"accuracy": accuracy, "macro_f1": macro_f1, "n_test": n_test, "n_duplicates_crossing": crossing}, None
    name = f"this model ({other.split} split)"
    return None, {"name": name, "accuracy": accuracy, "macro_f1": macro_f1, "n_test": n_test}
