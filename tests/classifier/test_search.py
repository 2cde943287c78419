"""The search finds what a hand finds, never loses the default, and goes on where it stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify import HeadlineClassifier, load_model, load_sample
from classify.classifier import search
from classify.classifier.labels import encode_sections
from classify.classifier.search import SPACE
from classify.splits import deal_folds, near_duplicate_groups
from classify.text import clean, find_suffixes

FOREVER = float("inf")
SAMPLE = load_sample().slice(0, 160)
HEADLINES, SECTIONS = SAMPLE.headline, SAMPLE.section.to_pylist()
TIDY = clean(HEADLINES, find_suffixes(HEADLINES))
GROUPS = np.arange(160) // 2
SMALL = {"min_df": (1, 2, 3), "C": (0.7, 1.0, 2.0)}
START = HeadlineClassifier(char_ngrams=None, n_folds=3)


def run(**options):
    """Search a small space of the sample to its end, but for what the options say."""
    given = {"seconds": FOREVER, "classifier": START, "space": SMALL, **options}
    return search(HEADLINES, SECTIONS, GROUPS, **given)


def timeless(found):
    """Leave out the seconds, which no two runs share."""
    trials = [{k: v for k, v in trial.items() if k != "seconds"} for trial in found.trials]
    return found.best, trials, found.best_index


def test_worked_by_hand():
    # With min_df=5 "report" is the only word left, which says nothing; with min_df=1 the other word says everything.
    headlines = ["goal report", "vote report"] * 4
    start = HeadlineClassifier(word_ngrams=(1, 1), char_ngrams=None, min_df=5, n_folds=4)
    found = search(headlines, list("sp") * 4, np.arange(8), seconds=FOREVER, classifier=start, space={"min_df": (1, 5)})
    assert [trial["params"] for trial in found.trials] == [{"min_df": 5}, {"min_df": 1}]
    assert found.trials[0]["score"] < 1
    assert (found.best, found.best_index) == ({"min_df": 1}, 1)
    assert (found.trials[1]["score"], found.trials[1]["hits"]) == (1.0, [2, 2, 2, 2])
    assert start.min_df == 5


def test_what_is_no_better_does_not_displace_the_default():
    headlines = ["goal report", "vote report"] * 4
    start = HeadlineClassifier(word_ngrams=(1, 1), char_ngrams=None, n_folds=4, C=1.0)
    found = search(headlines, list("sp") * 4, np.arange(8), seconds=FOREVER, classifier=start, space={"C": (1.0, 2.0)})
    assert [trial["score"] for trial in found.trials] == [1.0, 1.0]
    assert (found.best, found.best_index) == ({"C": 1.0}, 0)


@pytest.mark.slow
def test_a_score_is_the_accuracy_of_the_margins_that_calibration_learns_from():
    space = {"char_weight": (0.5, 0.7, 1.0), "min_df": (1, 2)}
    # With a background, few headlines are learned from in closed form, each margin without its own headline alone.
    found = run(classifier=HeadlineClassifier(n_folds=3, background=None), space=space)
    whole = [trial for trial in found.trials if len(trial["hits"]) == 3]
    assert len(whole) > 1
    for trial in whole:
        model = HeadlineClassifier(n_folds=3, background=None, **trial["params"])
        _, y = encode_sections(SECTIONS, len(HEADLINES))
        vectorizer, rows, vectors = model.vectorize(TIDY)
        folds = deal_folds(GROUPS, len(y), model.n_folds, model.random_state)
        margins, _, _ = model.training(vectors).out_of_fold(rows, len(vectorizer.word_idf_), y, folds)
        assert trial["score"] == np.mean(margins.argmax(axis=1) == y)


@pytest.mark.slow
@settings(max_examples=5)
@given(seed=st.integers(0, 100), C=st.sampled_from((0.01, 0.3, 1.0, 50.0)))
def test_the_default_comes_first_and_is_never_better_than_what_is_kept(seed, C):
    found = run(classifier=HeadlineClassifier(char_ngrams=None, n_folds=3, C=C), random_state=seed)
    scores = [trial["score"] for trial in found.trials]
    assert found.trials[0]["params"] == {"min_df": 1, "C": C}
    assert found.best_index == np.argmax(scores)
    best, first = found.trials[found.best_index], found.trials[0]
    assert sum(best["hits"]) >= sum(first["hits"])
    assert len(best["hits"]) == len(first["hits"])


def test_every_setting_is_tried_once_and_the_first_are_neighbours_of_the_default():
    found = run()
    tried = [tuple(trial["params"].items()) for trial in found.trials]
    assert len(tried) == len(set(tried)) == 9
    assert len(set(tried[0]) & set(tried[1])) == 1


def test_a_setting_that_is_given_up_scores_below_the_best():
    found = run()
    given_up = [trial for trial in found.trials if len(trial["hits"]) == 2]
    assert given_up
    for trial in given_up:
        at = found.trials.index(trial)
        assert trial["score"] < max(other["score"] for other in found.trials[:at])


@pytest.mark.slow
def test_any_number_of_threads_gives_the_same_trials():
    assert timeless(run(n_jobs=1)) == timeless(run(n_jobs=3))


@pytest.mark.slow
def test_another_seed_goes_another_way():
    ways = [[trial["params"] for trial in run(random_state=seed).trials] for seed in (0, 1)]
    assert ways[0] != ways[1]


@pytest.mark.parametrize("stop", [2, *(pytest.param(stop, marks=pytest.mark.slow) for stop in (1, 5))])
def test_a_search_that_was_killed_goes_on_to_the_same_end(tmp_path, stop):
    state = tmp_path / "model.search.json"

    def kill(found):
        if len(found.trials) == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(state=state, progress=kill)
    assert len(json.loads(state.read_text())["trials"]) == stop
    seen = []
    assert timeless(run(state=state, progress=lambda found: seen.append(len(found.trials)))) == timeless(run())
    assert seen == list(range(stop + 1, 10))
    # A third run finds nothing left to try.
    before = state.read_bytes()
    run(state=state, progress=lambda _: pytest.fail("nothing is left to try"))
    assert state.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["model.search.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")
def test_a_search_at_the_same_time_is_refused_and_loses_no_trial(tmp_path):
    state, refused = tmp_path / "new" / "state.json", []

    def another(_):
        with pytest.raises(ValueError, match="another search writes to it now") as error:
            run(state=state)
        refused.append(str(error.value))

    found = run(state=state, progress=another)
    assert len(refused) == len(found.trials) == len(json.loads(state.read_text())["trials"])
    assert [path.name for path in state.parent.iterdir()] == ["state.json"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"random_state": 1},
        {"classifier": HeadlineClassifier(char_ngrams=None, n_folds=2)},
        {"space": {"C": (1.0, 4.0)}},
    ],
)
def test_trials_of_another_search_are_not_taken(tmp_path, change):
    state = tmp_path / "state.json"
    run(state=state)
    assert timeless(run(state=state, **change)) == timeless(run(**change))


def test_trials_of_other_headlines_are_not_taken(tmp_path):
    state = tmp_path / "state.json"
    run(state=state, seconds=1e-9)
    found = search(HEADLINES[:80], SECTIONS[:80], GROUPS[:80], seconds=1e-9, classifier=START, space=SMALL, state=state)
    assert sum(found.trials[0]["hits"]) <= 80


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"search": "x"}', '{"search": "x", "trials": [1]}', "\ud800", "[" * 99999]
)
def test_a_file_that_is_no_state_is_named_and_left_alone(tmp_path, content):
    state = tmp_path / "notes.json"
    state.write_bytes(content.encode("utf-8", "surrogatepass"))
    before = state.read_bytes()
    with pytest.raises(ValueError, match=r"notes\.json: found no trials of a search"):
        run(state=state)
    assert state.read_bytes() == before


@pytest.mark.parametrize("seconds", [0, -1.5, float("nan")])
def test_a_budget_must_be_above_0(seconds):
    with pytest.raises(ValueError, match=r"seconds=.*above 0"):
        run(seconds=seconds)


def test_the_least_budget_is_enough_for_the_default():
    found = run(seconds=1e-9)
    assert [trial["params"] for trial in found.trials] == [{"min_df": 1, "C": 0.7}]


def test_a_name_that_is_not_searched_is_refused():
    with pytest.raises(ValueError, match=r"\['n_folds'\]; expected names from"):
        run(space={"n_folds": (2, 5)})


def test_an_impossible_default_fails_before_anything_is_tried():
    with pytest.raises(ValueError, match="C=-1"):
        run(classifier=HeadlineClassifier(C=-1))
    with pytest.raises(ValueError, match="expected \\(160,\\)"):
        search(HEADLINES, SECTIONS[:9], seconds=1, classifier=START)


def test_a_setting_that_leaves_no_term_scores_0():
    found = run(space={"min_df": (1, 1000)})
    assert [trial["score"] > 0 for trial in found.trials] == [True, False]
    with pytest.raises(ValueError, match="empty vocabulary"):
        run(classifier=HeadlineClassifier(char_ngrams=None, min_df=1000), space={"min_df": (1, 1000)})


def test_settings_that_come_to_the_same_are_tried_once():
    space = {"word_ngrams": (None, (1, 1)), "char_ngrams": (None, (2, 3)), "char_weight": (0.5, 0.7)}
    start = HeadlineClassifier(word_ngrams=(1, 1), char_ngrams=(2, 3), n_folds=2)
    tried = [tuple(trial["params"].values()) for trial in run(classifier=start, space=space).trials]
    # Words and characters, or characters alone, at two weights; words alone, where the weight says nothing.
    assert set(tried) == {
        ((1, 1), (2, 3), 0.7), ((1, 1), (2, 3), 0.5), (None, (2, 3), 0.7), (None, (2, 3), 0.5), ((1, 1), None, 0.7)
    }  # fmt: skip
    assert len(tried) == 5


def test_near_duplicates_are_kept_together_by_default():
    options = {"seconds": 1e-9, "classifier": START}
    known = search(HEADLINES, SECTIONS, near_duplicate_groups(TIDY), **options)
    assert timeless(search(HEADLINES, SECTIONS, **options)) == timeless(known)


def test_headlines_of_no_section_count_as_a_section_of_their_own():
    start = HeadlineClassifier(n_folds=3, none_label="sport")
    assert search(HEADLINES, SECTIONS, GROUPS, seconds=1e-9, classifier=start).trials[0]["score"] > 0.3


def test_the_space_holds_the_default():
    defaults = HeadlineClassifier().get_params()
    assert all(defaults[name] in values for name, values in SPACE.items())


@pytest.mark.slow
def test_the_command_searches_reports_and_goes_on(tmp_path):
    def train(*options):
        command = [sys.executable, "-m", "classify", "train", "-m", "m.safetensors", *options]
        env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=200, check=False)

    first = train("--search", "3", "--report", "report")
    assert first.returncode == 0, first.stderr
    assert "search: setting 1, best so far" in first.stderr
    assert "training headlines, 5 grouped folds; " in first.stdout
    part = json.loads((tmp_path / "report" / "results.json").read_text())["search"]
    best = part["trials"][part["best"]]
    assert best["score"] == max(trial["score"] for trial in part["trials"])
    assert json.loads((tmp_path / "m.safetensors.search.json").read_text())["trials"] == part["trials"]
    model = load_model(tmp_path / "m.safetensors").get_params()
    assert {name: list(v) if isinstance(v := model[name], tuple) else v for name in best["params"]} == best["params"]
    assert "trials" in (tmp_path / "report" / "report.html").read_text()
    second = train("--search", "0.001", "--test-size", "0.2")
    assert second.returncode == 0
    assert f"search: {len(part['trials'])} setting(s)" in second.stdout


@pytest.mark.parametrize("seconds", ["0", "-3", "soon", "nan"])
def test_the_command_refuses_a_bad_budget(seconds):
    command = [sys.executable, "-m", "classify", "train", f"--search={seconds}"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 2
    assert "--search" in found.stderr
    assert "Traceback" not in found.stderr
