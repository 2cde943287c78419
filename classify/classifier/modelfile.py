"""Save and load a classifier as an `ArrayFile`: data only, so that loading runs no code.

The header also contains the sections, parameters and publisher suffixes. Format version 3; version 2, whose checksum
does not include the header, is read, too (1 was never released). To raise the version: write the new one in
`save_model`, let `load_model` read both, keep a file of the old version among the tests. The files of a
`MultiLabelClassifier` are a format of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.classifier.abstention import ERROR_BUDGETS
from classify.classifier.calibration import STRAIGHT, Calibration
from classify.classifier.classifier import HeadlineClassifier
from classify.classifier.levels import LevelState, merging_levels
from classify.classifier.multi_label import MultiLabelClassifier, MultiLabelState
from classify.classifier.ridge import MANY, Recipe
from classify.classifier.state import ClassifierState
from classify.core.arrayfile import ArrayFile, Arrays, Header, ModelFileError
from classify.features import TfidfVectorizer
from classify.features.hashing import KeyTable, hash_pairs
from classify.features.vocabulary import Vocabulary, pack_terms, unpack_terms

__all__ = ["FILE", "ModelFileError", "from_bytes", "load_model", "save_model", "shrink", "to_bytes"]

LARGEST = 1e9  # limit of a learned number: half-precision weights end at 65,504, the others are smaller
_OLD_NAMES = {"punctuation": "signs"}  # parameters whose names in the file are older
_NOT_STORED = ("n_jobs", "background")
_FORMER_LIMIT = 100  # char_max_df of files that do not contain it
LONGEST_NGRAM = 100  # characters; few words of any language are as long

_PACKAGED = {name: Path(__file__).parents[1] / "models" / f"{name}.safetensors" for name in ("sections", "iptc")}
MULTI_LABEL = ArrayFile("classify-multi-label-model", 3, 0, "model file", "'classify train'", "train again")
FILE = ArrayFile(
    "classify-headline-model", 3, 2, "model file", "'classify train'", "train again", also=MULTI_LABEL.format
)

# The type and the number of dimensions of each array.
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
_MULTI_LABEL_KINDS = {name: kind for name, kind in _KINDS.items() if name != "calibration_curve"} | {
    "cutoffs": (np.float64, 1)
}


def save_model(classifier: HeadlineClassifier, path: str | Path, max_size: int | None = None) -> int:
    """Write a fitted classifier to a file, whole or not at all.

    Parameters
    ----------
    classifier
        A fitted classifier.
    path
        File to write; an older file is replaced once the new one is complete.
    max_size
        Largest size in bytes; the least important terms are left out to reach it.

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
    """Read a classifier from a file that `save_model` wrote, or one that comes with the package.

    "sections" is the default, of four sections; "iptc" knows the seventeen topics at the top of IPTC Media Topics. A
    file of such a name is read as "./iptc".

    A file that is truncated, altered, of another format or of a later version is a `ModelFileError`, one that cannot be
    opened an OSError. Memory is proportional to the size of the file.

    Examples
    --------
    >>> load_model().predict(["Keeper's late save sends Rovers into the final"]).tolist()
    ['sport']
    >>> topics = load_model("iptc")
    >>> topics.predict(["Nurses vote to strike over pay"]).tolist(), topics.codes_["labour"]
    (['labour'], 'medtop:09000000')
    """
    return FILE.load(model_path(path), _build)


def model_path(name: str | Path | None = None) -> Path:
    """Return the file of a model that comes with the package, by name, or the path itself; see `load_model`."""
    given = "sections" if name is None else str(name)
    return _PACKAGED.get(given, Path(given))


def to_bytes(classifier: HeadlineClassifier) -> bytes:
    """Return what `save_model` writes."""
    return _pack(classifier.state_, classifier.get_params())


def from_bytes(content: bytes) -> HeadlineClassifier:
    """Return the classifier of what `to_bytes` returned; a `ModelFileError` as `load_model`."""
    return _build(*FILE.unpack(content))


def shrink(classifier: HeadlineClassifier, max_size: int) -> HeadlineClassifier:
    """Leave out the least important terms, so that the model's file is no larger than `max_size` bytes.

    The importance of a term is its largest weight times the square root of its document frequency, in proportion to the
    norm of its contributions to the training margins. A classifier that is no larger is returned as it is.
    """
    state, params = classifier.state_, classifier.get_params()
    if len(_pack(state, params)) <= max_size:
        return classifier
    value = np.abs(state.coef).max(axis=1) * np.sqrt(state.vectorizer.document_frequencies())
    order = np.argsort(-value, kind="stable")
    fits, too_many = 0, len(order)
    while too_many - fits > max(fits // 100, 1):
        middle = (fits + too_many) // 2
        small = len(_pack(state.restrict(np.sort(order[:middle])), params)) <= max_size
        fits, too_many = (middle, too_many) if small else (fits, middle)
    if not fits:
        raise ValueError(f"max_size={max_size} bytes; no model is as small; allow more")
    return type(classifier).from_state(state.restrict(np.sort(order[:fits])), **params)


def _pack(state: ClassifierState, params: Header) -> bytes:
    """Return the bytes of a file."""
    if isinstance(state, LevelState):
        raise ValueError("a classifier at a level was given; expected the one with all levels; save that one")
    vocabulary = state.vectorizer.vocabulary_
    levels = {str(level): values.tolist() for level, values in state.level_thresholds.items()}
    file = MULTI_LABEL if isinstance(state, MultiLabelState) else FILE
    return file.pack(
        _arrays(state),
        sections=state.classes.tolist(),
        params=_stored(params),
        n_samples=int(vocabulary.n_samples),
        n_rare_words=int(vocabulary.n_rare_words),
        char_max_df=state.vectorizer.char_max_df,
        tails=list(state.suffixes),
        **({"codes": list(state.codes)} if state.codes else {}),
        **({"level_thresholds": levels} if levels else {}),
        **({"recipe": state.recipe._asdict()} if state.recipe != MANY else {}),
    )


def _stored(params: Header) -> Header:
    """Return the parameters by their names in the file, sorted; those that are no part of the model are left out."""
    named = {_OLD_NAMES.get(name, name): _plain(value) for name, value in params.items() if name not in _NOT_STORED}
    return dict(sorted(named.items()))


def _plain(value: Any) -> Any:  # noqa: ANN401 (any parameter)
    """Convert a NumPy scalar to a Python one."""
    return value.item() if isinstance(value, np.generic) else value


def _arrays(state: ClassifierState) -> Arrays:
    """Return the learned arrays, each in its smallest exact form."""
    vocabulary, calibration = state.vectorizer.vocabulary_, state.calibration
    arrays = {
        "tokens": pack_terms(vocabulary.tokens),
        "token_df": vocabulary.token_df,
        "unigrams": vocabulary.unigrams,
        "pairs": vocabulary.pairs,
        "word_idf": vocabulary.word_idf,
        "char_terms": pack_terms(vocabulary.char_terms),
        "char_idf": vocabulary.char_idf,
        "coef": state.coef,
        "intercept": state.intercept,
        "calibration": calibration.weights,
        "calibration_offset": calibration.offset,
        "calibration_curve": calibration.curve,
        "thresholds": state.thresholds,
    }
    kinds = _KINDS
    if isinstance(state, MultiLabelState):
        kinds, arrays["cutoffs"] = _MULTI_LABEL_KINDS, state.cutoffs
    return {name: np.ascontiguousarray(arrays[name], kind) for name, (kind, _) in kinds.items()}


def _build(header: Header, arrays: Arrays) -> HeadlineClassifier:
    """Build the classifier, checking that every part fits the others."""
    try:
        several = header["format"] == MULTI_LABEL.format
        kinds = _MULTI_LABEL_KINDS if several else _KINDS
        _expect({name: (array.dtype.type, array.ndim) for name, array in arrays.items()} == kinds, "arrays")
        # Neither infinite nor so large that products overflow; comparisons with NaN are false.
        floats = [array for array in arrays.values() if array.dtype.kind == "f"]
        _expect(all((np.abs(array.astype(np.float64)) <= LARGEST).all() for array in floats), "numbers")
        params = _params(header["params"])
        vectorizer = _vectorizer(params, header, arrays)
        if several:
            return MultiLabelClassifier.from_state(_multi_label_state(header, arrays, vectorizer), **params)
        state = ClassifierState(
            **_parts(header, arrays, vectorizer),
            calibration=Calibration(arrays["calibration"], arrays["calibration_offset"], arrays["calibration_curve"]),
        )
        _check(state, params.get("none_label") is not None)
        return HeadlineClassifier.from_state(state, **params)
    except ModelFileError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ModelFileError(
            f"its parts do not fit together ({error}); expected a model written by 'classify train'; train it again"
        ) from None


def _params(stored: Header) -> Header:
    """Return the constructor's parameters; JSON has lists for pairs."""
    _expect("n_jobs" not in stored, "parameters")  # a file does not decide how many threads there are
    new_names = {old: new for new, old in _OLD_NAMES.items()}
    return {new_names.get(name, name): tuple(v) if isinstance(v, list) else v for name, v in stored.items()}


def _vectorizer(params: Header, header: Header, arrays: Arrays) -> TfidfVectorizer:
    """Build the fitted vectorizer."""
    own = HeadlineClassifier(**params).vectorizer().get_params()
    # The memory of prediction grows with the number of lengths, whatever the size of the file.
    _expect(max(own["char_ngrams"] or (0,)) <= LONGEST_NGRAM, "n-grams")
    limit = header.get("char_max_df", _FORMER_LIMIT)
    _expect(limit is None or (type(limit) is int and limit >= 0), "limits of n-grams")
    return TfidfVectorizer.from_vocabulary(_vocabulary(header, arrays), **own | {"char_max_df": limit})


def _vocabulary(header: Header, arrays: Arrays) -> Vocabulary:
    """Build the vectorizer's state."""
    tokens, hashes = unpack_terms(arrays["tokens"])
    char_terms, char_hashes = unpack_terms(arrays["char_terms"])
    pairs = arrays["pairs"]
    _expect(pairs.shape[1] == 2 and pairs.min(initial=0) >= 0 and pairs.max(initial=-1) < len(tokens), "pairs of words")
    pair_hashes = hash_pairs(*hashes[pairs].T)
    _expect(all(map(_rising, (hashes, pair_hashes, char_hashes))), "order of terms")
    vocabulary = Vocabulary(
        n_samples=int(header["n_samples"]),
        tokens=tokens,
        token_table=KeyTable(hashes),
        token_df=arrays["token_df"],
        unigrams=arrays["unigrams"],
        pairs=pairs,
        pair_table=KeyTable(pair_hashes),
        word_idf=arrays["word_idf"],
        n_rare_words=int(header["n_rare_words"]),
        char_terms=char_terms,
        char_table=KeyTable(char_hashes),
        char_idf=arrays["char_idf"],
    )
    _check_terms(vocabulary)
    return vocabulary


def _check_terms(vocabulary: Vocabulary) -> None:
    """Check that words, pairs, n-grams and their frequencies fit each other."""
    n_tokens, unigrams, df = len(vocabulary.tokens), vocabulary.unigrams, vocabulary.token_df
    _expect(_rising(unigrams) and (unigrams >= 0).all() and (unigrams < n_tokens).all(), "words")
    _expect(len(df) == n_tokens, "document frequencies")
    known = df.min(initial=0) >= 0 and df.max(initial=0) <= vocabulary.n_samples
    _expect(known and vocabulary.n_samples < 2**62, "document frequencies")
    # An inverse document frequency is at least 1; a tiny one would make a row of length 0.
    _expect(min(vocabulary.word_idf.min(initial=1), vocabulary.char_idf.min(initial=1)) >= 0.99, "weights of terms")
    _expect(len(vocabulary.word_idf) == len(unigrams) + len(vocabulary.pairs), "word weights")
    _expect(len(vocabulary.char_idf) == len(vocabulary.char_terms), "n-gram weights")


def _multi_label_state(header: Header, arrays: Arrays, vectorizer: TfidfVectorizer) -> MultiLabelState:
    """Build the state of a classifier of several sections a headline, checking that its parts fit each other."""
    calibration = Calibration(arrays["calibration"], arrays["calibration_offset"], STRAIGHT)
    cutoffs = arrays["cutoffs"]
    state = MultiLabelState(**_parts(header, arrays, vectorizer), calibration=calibration, cutoffs=cutoffs)
    k = len(state.classes)
    _check_sections(state, k)
    _expect(calibration.weights.shape == (4, k) and calibration.offset.shape == (k,), "calibration")
    _expect(cutoffs.shape == (k,) and bool((cutoffs > 0).all()), "cutoffs")
    return state


def _parts(header: Header, arrays: Arrays, vectorizer: TfidfVectorizer) -> dict[str, Any]:
    """Return the parts of a classifier's state but its calibration."""
    _expect(isinstance(header.get("codes", []), list), "codes")
    by_level = header.get("level_thresholds", {})
    return {
        "classes": np.array(header["sections"]),
        "suffixes": tuple(str(suffix) for suffix in header["tails"]),
        "vectorizer": vectorizer,
        "coef": arrays["coef"].astype(np.float32),
        "intercept": arrays["intercept"],
        "thresholds": arrays["thresholds"],
        "codes": tuple(header.get("codes", [])),
        "level_thresholds": {int(level): np.array(values, np.float64) for level, values in by_level.items()},
        "recipe": _recipe(header.get("recipe", {})),
    }


def _recipe(stored: Any) -> Recipe:  # noqa: ANN401 (any JSON)
    """Build the recipe; files that were written before there were recipes do not contain one."""
    _expect(isinstance(stored, dict) and set(stored) <= set(Recipe._fields), "recipe")
    found = Recipe(**stored)
    weights = (found.vectors, found.names)
    _expect(type(found.few) is bool and all(type(x) in (int, float) and 0 <= x <= 10 for x in weights), "recipe")
    return found


def _check(state: ClassifierState, has_none: bool) -> None:
    """Check that sections, weights, calibration and thresholds fit each other."""
    k = len(state.classes) + has_none
    _check_sections(state, k)
    weights, offset, curve = state.calibration
    _expect(weights.shape == (4 * k, k) and offset.shape == (k,), "calibration")
    ends = curve.ndim == 2 and len(curve) == 2 and curve[:, 0].tolist() == [0, 0] and curve[:, -1].tolist() == [1, 1]
    _expect(ends and bool((np.diff(curve) >= 0).all()), "calibration")


def _check_sections(state: ClassifierState, k: int) -> None:
    """Check that sections, the k columns of weights, and thresholds fit each other."""
    n_sections = len(state.classes)
    _expect(len(set(state.classes.tolist())) == n_sections > 1, "sections")
    _expect(not state.codes or len(state.codes) == n_sections, "codes")
    _expect(all(isinstance(code, str) for code in state.codes), "codes")
    _expect(state.coef.shape == (state.vectorizer.n_features_out_, k), "weights")
    _expect(state.intercept.shape == (k,), "intercept")
    for thresholds in (state.thresholds, *state.level_thresholds.values()):
        _expect(thresholds.shape == (len(ERROR_BUDGETS),) and bool(np.isfinite(thresholds).all()), "thresholds")
    _expect(set(state.level_thresholds) <= set(merging_levels(state.classes)), "thresholds")


def _expect(true: bool | np.bool_, what: str) -> None:
    """Raise a ModelFileError for a file whose parts contradict each other."""
    if not true:
        raise ModelFileError(f"its {what} do not fit the rest of it; train it again")


def _rising(values: NDArray[Any]) -> bool:
    """Return whether each value is larger than the one before."""
    return bool((values[1:] > values[:-1]).all())
