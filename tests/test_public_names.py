"""The public names have their types for mypy and editors, and a name that does not exist is an error."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import classify

ROOT = Path(__file__).resolve().parent.parent

BEGIN = """\
import classify
from classify import HeadlineClassifier, StoryClusterer, evaluate, load_sample, read_headlines, search
sample = load_sample()
model = HeadlineClassifier(C=0.5).fit(["Rovers win", "MPs vote"], ["sport", "politics"])
"""

# Expressions of a user's script, and their types.
TYPES = {
    "sample": "classify.headlines.Headlines",
    "model": "classify.classifier.classifier.HeadlineClassifier",
    "model.predict_proba(['MPs vote']).dtype": "numpy.dtype[numpy.float64]",
    "model.predict_headlines(['MPs vote'])": "list[classify.classifier.prediction.Prediction]",
    "StoryClusterer().fit(['MPs vote'])": "classify.stories.clusterer.StoryClusterer",
    "next(read_headlines('headlines.csv'))": "classify.headlines.Headlines",
    "search(model, ['MPs vote'], ['politics'], seconds=1)": "classify.classifier.search.SearchResult",
    "evaluate(model, sample)['accuracy']['value']": "float",
    "classify.metrics.bcubed_scores([1], [1])": "tuple[float, float, float]",
}

# Mistakes, and how the report of mypy begins.
ERRORS = {
    "from classify import HeadlineClasifier": 'Module "classify" has no attribute "HeadlineClasifier"',
    "classify.no_such_name": 'Module has no attribute "no_such_name"',
    "HeadlineClassifier(penalty='l1')": 'Unexpected keyword argument "penalty"',
    "model.predict_labels(['MPs vote'])": '"HeadlineClassifier" has no attribute "predict_labels"',
    "StoryClusterer(n_stories=[1])": 'Argument "n_stories" to "StoryClusterer" has incompatible type',
}


def mypy(lines, tmp_path):
    """Run mypy on a script; return the line number, the kind and the words of each finding."""
    script = tmp_path / "script.py"
    script.write_text(BEGIN + "\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--no-error-summary", str(script)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    found = re.findall(r"script\.py:(\d+): (\w+): (.+)", done.stdout)
    assert len(found) == len(done.stdout.splitlines()), done.stdout
    assert done.stderr == ""
    return [(int(number) - BEGIN.count("\n") - 1, kind, words) for number, kind, words in found]


@pytest.mark.slow
def test_mypy_sees_the_types_of_the_public_names(tmp_path):
    names = [f"classify.{name}" for name in classify.__all__]
    found = mypy([*(f"reveal_type({expression})" for expression in TYPES), *names], tmp_path)
    assert found == [(i, "note", f'Revealed type is "{words}"') for i, words in enumerate(TYPES.values())]


@pytest.mark.slow
def test_mypy_reports_a_name_that_does_not_exist(tmp_path):
    found = [(i, words) for i, kind, words in mypy(ERRORS, tmp_path) if kind == "error"]
    assert [i for i, _ in found] == list(range(len(ERRORS)))
    for (_, words), expected in zip(found, ERRORS.values(), strict=True):
        assert words.startswith(expected)


@pytest.mark.parametrize("name", classify.__all__)
def test_every_public_name_can_be_imported(name):
    assert getattr(classify, name) is not None
    assert name in dir(classify)


def test_a_name_that_does_not_exist_is_an_error():
    with pytest.raises(AttributeError, match="module 'classify' has no attribute 'no_such_name'"):
        classify.no_such_name  # noqa: B018
    with pytest.raises(ImportError):
        from classify import no_such_name  # noqa: F401
