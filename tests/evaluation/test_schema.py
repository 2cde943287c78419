"""The JSON schema of results.json: that it is the types', and that real results keep to it."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from classify import HeadlineClassifier, StoryClusterer, evaluate, evaluate_stories, load_sample, train
from classify.evaluation.schema import FILE, results_schema
from classify.evaluation.stories import measure_stability
from classify.report.numbers import to_json


@pytest.fixture(scope="module")
def validator():
    """The schema as it is kept in the package."""
    return Draft202012Validator(json.loads(FILE.read_text(encoding="utf-8")))


def without(value, key):
    """Copy JSON without one key, at any depth."""
    if isinstance(value, dict):
        return {k: without(v, key) for k, v in value.items() if k != key}
    return [without(each, key) for each in value] if isinstance(value, list) else value


def test_the_file_is_made_from_the_types():
    assert json.loads(FILE.read_text(encoding="utf-8")) == results_schema(), "run python -m classify.evaluation.schema"
    Draft202012Validator.check_schema(results_schema())


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{"split": "random"}, {"n_sizes": 1, "classifier": HeadlineClassifier(none_label="tech")}]
)
def test_sections(validator, options):
    numbers = train(load_sample().slice(0, 700), n_predictions=50, **options).evaluation
    validator.validate(numbers)
    validator.validate(json.loads(to_json(numbers)))
    for key in ("accuracy", "support", "max_error", "n_repeats", "predicted"):
        with pytest.raises(ValidationError):
            validator.validate(without(numbers, key))
    with pytest.raises(ValidationError):
        validator.validate(numbers | {"log_loss": None})


@pytest.mark.slow
def test_comparison(validator):
    parts = [load_sample().slice(0, n) for n in (400, 100)]
    models = [HeadlineClassifier(n_folds=2).fit(part.headline, part.section) for part in parts]
    numbers = evaluate(models[0], load_sample().slice(400, 200), model_name="one", others={"two": models[1]})
    validator.validate(numbers)
    for key in ("p_value", "n_disagreements", "answers"):
        with pytest.raises(ValidationError):
            validator.validate(without(numbers, key))


@pytest.mark.slow
def test_stories(validator):
    headlines = load_sample().slice(0, 200)
    clusterer = StoryClusterer().fit(headlines.headline, headlines.date)
    numbers = evaluate_stories(clusterer, headlines, stability=measure_stability(clusterer, headlines, n_rounds=1))
    validator.validate(numbers)
    for key in ("bcubed", "true_stories", "x", "bootstrap"):
        with pytest.raises(ValidationError):
            validator.validate(without(numbers, key))
