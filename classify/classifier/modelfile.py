"""The model on disk: an `ArrayFile`, so that loading runs no code.

Format version 2 (1 was never released). The header also holds the sections, parameters and publisher
suffixes. To raise the version: write the new one in `save_model`, let `load_model` read both, keep a file of the old
version among the tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.classifier.calibration import ERROR_BUDGETS, Calibration
from classify.classifier.classifier import HeadlineClassifier
from classify.core.arrayfile import ArrayFile, Arrays, Header, ModelFileError, digest_arrays
from classify.core.arrow import from_strings
from classify.features import TfidfVectorizer
from classify.features.hashing import KeyTable, hash_pairs, hash_windows

__all__ = ["ModelFileError", "digest_arrays", "load_model", "save_model", "shrink", "to_bytes"]

LARGEST = 1e9  # of a learned number; half-precision weights end at 65,504, the others are smaller still
_OLD_NAMES = {"punctuation": "signs"}  # parameters that were renamed since the format was made
_FORMER_LIMIT = 100  # headlines that a word with character n-grams was in at most when files did not say it
LONGEST_NGRAM = 100  # characters; few words of any language are as long

_DEFAULT = Path(__file__).parents[1] / "models" / "sections.safetensors"
_FILE = ArrayFile("classify-headline-model", 2, "model file", "'classify train'", "train again")

# The kind of number in each array, and its number of dimensions.
_KINDS = {
    "tokens": (np.uint8, 1),
    "token_df": (np.int32, 1),
    "unigrams": (np.int32, 1),
    "pairs": (np.int32, 2),
    "word_idf": (np.float32, 1),
    "char_terms": (np.uint8, 1),
    "char_idf": (np.float32, 1),
    "coef": (np.float16, 2),
    "intercept": (np.float32, 1),
    "calibration": (np.float64, 2),
    "calibration_offset": (np.float64, 1),
    "calibration_curve": (np.float64, 2),
    "thresholds": (np.float64, 1),
}
_FLOATS = [name for name, (kind, _) in _KINDS.items() if issubclass(kind, np.floating)]


def save_model(classifier: HeadlineClassifier, path: str | Path, max_size: int | None = None) -> int:
    """Write a fitted classifier to a file, whole or not at all.

    Parameters
    ----------
    classifier
        A fitted classifier.
    path
        Where to; an older file is replaced once the new one is complete.
    max_size
        Largest size in bytes; terms that matter least are left out until the file is as small.

    Returns
    -------
    The size of the file in bytes.

    Examples
    --------
    >>> import tempfile
    >>> classifier = HeadlineClassifier(n_folds=2).fit(["a cup", "a vote"] * 2, ["sport", "politics"] * 2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = save_model(classifier, f"{folder}/model.safetensors")
    ...     load_model(f"{folder}/model.safetensors").predict(["the cup"]).tolist()
    ['sport']
    """
    from classify.core.files import write_whole

    content = to_bytes(classifier if max_size is None else shrink(classifier, max_size))
    write_whole(Path(path), content)
    return len(content)


def load_model(path: str | Path | None = None) -> HeadlineClassifier:
    """Read a classifier from a file that `save_model` wrote; without a path, the one that comes with the package.

    A file that is truncated, altered, of another format or of a later version is a `ModelFileError`; one that cannot
    be opened an OSError. Memory stays in proportion to the size of the file.

    Examples
    --------
    >>> load_model().predict(["Keeper's late save sends Rovers into the final"]).tolist()
    ['sport']
    """
    return _FILE.load(_DEFAULT if path is None else path, _build)


def to_bytes(classifier: HeadlineClassifier) -> bytes:
    """Return what `save_model` writes."""
    return _FILE.pack(
        _arrays(classifier),
        sections=classifier.classes_.tolist(),
        # The number of threads is no part of what was learned.
        params=_stored(classifier.get_params()),
        n_samples=int(classifier.vectorizer_.n_samples_),
        n_rare_words=int(classifier.vectorizer_.n_rare_words_),
        char_max_df=classifier.vectorizer_.char_max_df,
        tails=list(classifier.suffixes_),
    )


def shrink(classifier: HeadlineClassifier, max_size: int) -> HeadlineClassifier:
    """Leave out the terms that matter least, so that the model's file is no larger than `max_size` bytes.

    A term matters by its largest weight times the square root of its document frequency: how far it moves the
    margins of all training headlines together. A classifier that is no larger is returned as it is.
    """
    if len(to_bytes(classifier)) <= max_size:
        return classifier
    value = np.abs(classifier.coef_).max(axis=1) * np.sqrt(classifier.vectorizer_.document_frequencies())
    order = np.argsort(-value, kind="stable")
    fits, too_many = 0, len(order)
    while too_many - fits > max(fits // 100, 1):
        middle = (fits + too_many) // 2
        small = len(to_bytes(classifier.restrict(np.sort(order[:middle])))) <= max_size
        fits, too_many = (middle, too_many) if small else (fits, middle)
    if not fits:
        raise ValueError(f"max_size={max_size} bytes; no model is as small; allow more")
    return classifier.restrict(np.sort(order[:fits]))


def _stored(params: Header) -> Header:
    """Return the parameters under their names in the file, sorted; the number of threads is not learned."""
    named = {_OLD_NAMES.get(name, name): _plain(value) for name, value in params.items() if name != "n_jobs"}
    return dict(sorted(named.items()))


def _plain(value: Any) -> Any:  # noqa: ANN401 (any parameter)
    """Give NumPy's numbers as Python's."""
    return value.item() if isinstance(value, np.generic) else value


def _arrays(classifier: HeadlineClassifier) -> Arrays:
    """Gather the learned arrays, each in its smallest exact form."""
    vectorizer = classifier.vectorizer_
    weights, offset, curve = classifier.calibration_
    arrays = {
        "tokens": _blob(vectorizer.tokens_),
        "token_df": vectorizer.token_df_,
        "unigrams": vectorizer.unigrams_,
        "pairs": vectorizer.pairs_,
        "word_idf": vectorizer.word_idf_,
        "char_terms": _blob(vectorizer.char_terms_),
        "char_idf": vectorizer.char_idf_,
        "coef": classifier.coef_,
        "intercept": classifier.intercept_,
        "calibration": weights,
        "calibration_offset": offset,
        "calibration_curve": curve,
        "thresholds": classifier.thresholds_,
    }
    return {name: np.ascontiguousarray(arrays[name], kind) for name, (kind, _) in _KINDS.items()}


def _build(header: Header, arrays: Arrays) -> HeadlineClassifier:
    """Make the classifier, checking that every part fits the others."""
    try:
        _expect({name: (array.dtype.type, array.ndim) for name, array in arrays.items()} == _KINDS, "arrays")
        # Neither infinite nor so large that products overflow; a comparison with NaN is false.
        _expect(all((np.abs(arrays[name].astype(np.float64)) <= LARGEST).all() for name in _FLOATS), "numbers")
        classifier = _unfitted(header["params"])
        classifier.vectorizer_ = _build_vectorizer(classifier.vectorizer(), header, arrays)
        _fill(classifier, header, arrays)
        _check(classifier)
    except ModelFileError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ModelFileError(
            f"its parts do not fit together ({error}); expected a model written by 'classify train'; train it again"
        ) from None
    return classifier


def _unfitted(params: Header) -> HeadlineClassifier:
    """Make a classifier of the parameters, which JSON has lists for pairs in."""
    classifier, new_names = HeadlineClassifier(), {old: new for new, old in _OLD_NAMES.items()}
    pairs = {new_names.get(name, name): tuple(v) if isinstance(v, list) else v for name, v in params.items()}
    classifier.set_params(**pairs)
    classifier._check_parameters()
    # Each length of n-grams costs memory in proportion to the headlines, whatever the size of the file.
    _expect(max(classifier.char_ngrams or (0,)) <= LONGEST_NGRAM, "n-grams")
    _expect(abs(classifier.char_weight) <= LARGEST, "weight of characters")
    return classifier


def _fill(classifier: HeadlineClassifier, header: Header, arrays: Arrays) -> None:
    """Give a classifier what it had learned, but for the vectorizer."""
    classifier.classes_ = np.array(header["sections"])
    classifier.suffixes_ = tuple(str(suffix) for suffix in header["tails"])
    classifier.coef_, classifier.intercept_ = arrays["coef"].astype(np.float32), arrays["intercept"]
    classifier.calibration_ = Calibration(
        arrays["calibration"], arrays["calibration_offset"], arrays["calibration_curve"]
    )
    classifier.thresholds_ = arrays["thresholds"]


def _check(classifier: HeadlineClassifier) -> None:
    """Check that sections, weights, calibration and thresholds fit each other."""
    n_sections = len(classifier.classes_)
    k = n_sections + (classifier.none_label is not None)
    _expect(len(set(classifier.classes_.tolist())) == n_sections > 1, "sections")
    _expect(classifier.coef_.shape == (classifier.vectorizer_.n_features_out_, k), "weights")
    _expect(classifier.intercept_.shape == (k,), "intercept")
    weights, offset, curve = classifier.calibration_
    _expect(weights.shape == (4 * k, k) and offset.shape == (k,), "calibration")
    ends = curve.ndim == 2 and len(curve) == 2 and curve[:, 0].tolist() == [0, 0] and curve[:, -1].tolist() == [1, 1]
    _expect(ends and bool((np.diff(curve) >= 0).all()), "calibration")
    _expect(classifier.thresholds_.shape == (len(ERROR_BUDGETS),), "thresholds")


def _build_vectorizer(vectorizer: TfidfVectorizer, header: Header, arrays: Arrays) -> TfidfVectorizer:
    """Fill a vectorizer with what it had learned."""
    vectorizer._check_parameters()
    limit = header.get("char_max_df", _FORMER_LIMIT)
    _expect(limit is None or (type(limit) is int and limit >= 0), "limits of n-grams")
    vectorizer.char_max_df = limit
    vectorizer.n_samples_, vectorizer.n_rare_words_ = int(header["n_samples"]), int(header["n_rare_words"])
    vectorizer.tokens_, hashes = _unblob(arrays["tokens"])
    vectorizer.char_terms_, char_hashes = _unblob(arrays["char_terms"])
    vectorizer.token_df_, vectorizer.unigrams_ = arrays["token_df"], arrays["unigrams"]
    vectorizer.pairs_ = arrays["pairs"]
    vectorizer.word_idf_, vectorizer.char_idf_ = arrays["word_idf"], arrays["char_idf"]
    _check_terms(vectorizer)
    tables = hashes, hash_pairs(*hashes[vectorizer.pairs_].T), char_hashes
    _expect(all(map(_rising, tables)), "order of terms")
    vectorizer.token_table_, vectorizer.pair_table_, vectorizer.char_table_ = map(KeyTable, tables)
    return vectorizer


def _check_terms(vectorizer: TfidfVectorizer) -> None:
    """Check that words, pairs, n-grams and their frequencies fit each other."""
    n_tokens, unigrams, pairs = len(vectorizer.tokens_), vectorizer.unigrams_, vectorizer.pairs_
    _expect(pairs.shape[1] == 2, "pairs of words")
    df, weights = vectorizer.token_df_, (vectorizer.word_idf_, vectorizer.char_idf_)
    _expect(pairs.min(initial=0) >= 0 and pairs.max(initial=-1) < n_tokens, "pairs of words")
    _expect(_rising(unigrams) and (unigrams >= 0).all() and (unigrams < n_tokens).all(), "words")
    _expect(len(df) == n_tokens, "document frequencies")
    known = df.min(initial=0) >= 0 and df.max(initial=0) <= vectorizer.n_samples_
    _expect(known and vectorizer.n_samples_ < 2**62, "document frequencies")
    # An inverse document frequency is 1 at least; a tiny one would make a row of length nought.
    _expect(all(idf.min(initial=1) >= 0.99 for idf in weights), "weights of terms")
    _expect(len(vectorizer.word_idf_) == len(unigrams) + len(pairs), "word weights")
    _expect(len(vectorizer.char_idf_) == len(vectorizer.char_terms_), "n-gram weights")


def _expect(true: bool | np.bool_, what: str) -> None:
    """Refuse a file whose parts contradict each other."""
    if not true:
        raise ModelFileError(f"its {what} do not fit the rest of it; train it again")


def _rising(values: NDArray[Any]) -> bool:
    """Tell whether each value is larger than the one before."""
    return bool((values[1:] > values[:-1]).all())


def _blob(terms: pa.StringArray) -> NDArray[np.uint8]:
    """Pack terms, none of which holds a line feed, each with one behind it."""
    return np.frombuffer("".join(f"{term}\n" for term in terms.to_pylist()).encode(), np.uint8)


def _unblob(blob: NDArray[np.uint8]) -> tuple[pa.StringArray, NDArray[np.uint64]]:
    """Unpack terms, and hash them."""
    text = blob.tobytes().decode()
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    ends = np.flatnonzero(codes == ord("\n"))
    # Split by Arrow, which makes no Python object a term.
    terms = pc.split_pattern(from_strings([text[:-1]]), "\n").flatten()[: len(ends)]
    return terms, hash_windows(codes, np.append(0, ends + 1)[:-1], ends)
