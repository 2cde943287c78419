"""Sections of several levels: the probability of a parent, thresholds, reasons, hostile names, and the model file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from classifier_cases import HOSTILE, VOCABULARIES, corpus
from hypothesis import given
from hypothesis import strategies as st

from classify import HeadlineClassifier, ModelFileError, load_model, save_model
from classify.classifier import ERROR_BUDGETS
from classify.classifier.levels import (
    add_up,
    choose_level_thresholds,
    count_levels,
    group_sections,
    level_name,
    merging_levels,
)
from classify.classifier.modelfile import FILE, to_bytes

# Section names of unequal depth: a parent with sections of its own, and one without.
NAMES = dict(zip(VOCABULARIES, ("news/politics", "sport", "news/tech/chips", "news/tech"), strict=True))
NEW = ["Senate votes on tax bill", "Rovers keeper saves penalty", "Chip software update", "चुनाव", "new day", *HOSTILE]

names = st.text("ab/ -", max_size=6)


@pytest.fixture(scope="module")
def classifier():
    headlines, sections = corpus(400, tuple(VOCABULARIES), noise=0.1)
    return HeadlineClassifier(background=None).fit(headlines, [NAMES[section] for section in sections])


def below(section, parent):
    """Return whether a section is the parent or stands below it, by text alone."""
    return section == parent or section.startswith(parent + "/")


class TestNames:
    @pytest.mark.parametrize(
        ("name", "first", "two"),
        [
            ("sport/football/cup", "sport", "sport/football"),
            ("sport/football", "sport", "sport/football"),
            ("sport", "sport", "sport"),
            ("a/", "a", "a"),
            ("/a", "a", "a"),
            ("a//b", "a", "a/b"),
            (" a / b ", "a", "a/b"),
            ("/", "/", "/"),
            ("//", "//", "//"),
            (" ", " ", " "),
            ("", "", ""),
            (7, "7", "7"),
        ],
    )
    def test_by_hand(self, name, first, two):
        assert (level_name(name, 1), level_name(name, 2)) == (first, two)

    def test_a_parent_and_its_sections_are_one(self):
        found, places = group_sections(["a", "a-b", "a/b", "a/c/d", "b"], 1)
        assert (found.tolist(), places.tolist()) == (["a", "a-b", "b"], [0, 1, 0, 0, 2])

    @pytest.mark.parametrize(
        ("sections", "deepest", "merging"),
        [
            (["a", "b"], 1, []),
            (["a/x", "b/y"], 2, []),
            (["a", "a/b", "b"], 2, [1]),
            (["a/b", "a//b"], 2, []),
            (["a/b", "a//b", "a"], 2, [2]),
            (["a/b/c", "a/b/d", "a/e", "b"], 3, [1, 2]),
            (["a/b/c", "a/b/d"], 3, []),
            (["/", "//"], 1, []),
            ([], 1, []),
        ],
    )
    def test_levels(self, sections, deepest, merging):
        assert (count_levels(sections), merging_levels(sections)) == (deepest, merging)

    @given(st.lists(names, min_size=1), st.integers(1, 4))
    def test_a_coarser_level_never_separates(self, sections, level):
        coarse, fine = ([level_name(name, depth) for name in sections] for depth in (level, level + 1))
        assert [level_name(name, level) for name in fine] == coarse
        assert len(set(coarse)) <= len(set(fine)) <= len(set(sections))

    @given(st.lists(names, min_size=1, unique=True), st.integers(0, 99))
    def test_probabilities_are_sums(self, sections, seed):
        proba = np.random.default_rng(seed).dirichlet(np.ones(len(sections)), 3)
        found, places = group_sections(sections, 1)
        oracle = [[sum(p for p, name in zip(row, sections, strict=True) if level_name(name, 1) == parent)
                   for parent in found] for row in proba]  # fmt: skip
        np.testing.assert_allclose(add_up(proba, places), oracle, atol=1e-12)


class TestAnswers:
    def test_a_parent_has_the_probability_of_all_below_it(self, classifier):
        parents = classifier.at_level(1)
        assert parents.classes_.tolist() == ["news", "sport"]
        leaves = classifier.predict_proba(NEW)
        for column, parent in enumerate(parents.classes_):
            own = [i for i, name in enumerate(classifier.classes_) if below(name, parent)]
            np.testing.assert_allclose(parents.predict_proba(NEW)[:, column], leaves[:, own].sum(axis=1), atol=1e-12)

    def test_the_middle_level(self, classifier):
        middle = classifier.at_level(2)
        assert middle.classes_.tolist() == ["news/politics", "news/tech", "sport"]
        tech = [i for i, name in enumerate(classifier.classes_) if below(name, "news/tech")]
        sums = classifier.predict_proba(NEW)[:, tech].sum(axis=1)
        np.testing.assert_allclose(middle.predict_proba(NEW)[:, 1], sums, atol=1e-12)

    def test_the_last_level_is_the_classifier_itself(self, classifier):
        last = classifier.at_level(3)
        assert last.predict_headlines(NEW, max_error=0.1, top=4, explain=3) == classifier.predict_headlines(
            NEW, max_error=0.1, top=4, explain=3
        )

    def test_a_parent_is_right_where_the_finer_section_is_wrong(self, classifier):
        headlines, sections = corpus(600, tuple(VOCABULARIES), noise=0.1, seed=5)
        truth = np.array([level_name(NAMES[section], 1) for section in sections])
        cut = np.array([level_name(name, 1) for name in classifier.predict(headlines)])
        summed = classifier.at_level(1).predict(headlines)
        assert (summed == truth).mean() >= (cut == truth).mean() > 0.85

    def test_one_alone_is_as_in_a_batch_for_any_number_of_threads(self, classifier):
        parents = classifier.at_level(1)
        whole = parents.predict_proba(NEW * 2000)
        one = np.concatenate([parents.predict_proba([headline]) for headline in NEW])
        assert whole[: len(NEW)].tobytes() == one.tobytes()
        single = HeadlineClassifier.from_state(parents.state_, n_jobs=1)
        assert single.predict_proba(NEW * 2000).tobytes() == whole.tobytes()

    def test_reasons_are_those_of_the_most_probable_section_below(self, classifier):
        found = classifier.at_level(1).explain(NEW)
        margins, proba = classifier.decision_function(NEW), classifier.predict_proba(NEW)
        best = classifier.at_level(1).predict(NEW)
        for i, terms in enumerate(found):
            own = [j for j, name in enumerate(classifier.classes_) if below(name, best[i])]
            column = max(own, key=lambda j: proba[i, j])
            assert sum(weight for _, weight in terms) == pytest.approx(margins[i, column], abs=1e-4)

    def test_terms_of_a_parent_are_the_strongest_of_its_sections(self, classifier):
        strongest = dict(classifier.at_level(1).top_terms(50)["news"])
        leaves = [dict(classifier.top_terms(10_000)[name]) for name in classifier.classes_ if below(name, "news")]
        assert strongest == {term: max(leaf[term] for leaf in leaves) for term in strongest}

    def test_none_of_the_sections_stays(self):
        headlines, sections = corpus(300)
        names_of = {"politics": "n/a", "sport": "play/ball", "tech": "play/games"}
        classifier = HeadlineClassifier(none_label="n/a", background=None)
        parents = classifier.fit(headlines, [names_of[section] for section in sections]).at_level(1)
        assert parents.classes_.tolist() == ["play"]
        assert parents.predict(["Rovers keeper cup goal", "Senate tax vote minister"]).tolist() == ["play", "n/a"]
        assert parents.decision_function(NEW).shape == (len(NEW), 1)

    def test_codes_are_those_of_sections_of_the_level(self, classifier):
        coded = classifier.with_codes({name: f"code:{name}" for name in classifier.classes_})
        assert coded.at_level(1).codes_ == {"sport": "code:sport"}
        assert coded.at_level(2).codes_ == {name: f"code:{name}" for name in coded.at_level(2).classes_}

    @pytest.mark.parametrize("level", [0, -1, 4])
    def test_a_level_that_is_not_there(self, classifier, level):
        with pytest.raises(ValueError, match=f"level={level}; expected a whole number from 1 to 3.*'news/tech/chips'"):
            classifier.at_level(level)

    def test_names_without_levels(self):
        flat = HeadlineClassifier(background=None).fit(*corpus(60))
        assert flat.at_level(1).predict_proba(NEW).tobytes() == flat.predict_proba(NEW).tobytes()

    def test_a_classifier_at_a_level_is_a_view(self, classifier, tmp_path):
        parents = classifier.at_level(1)
        for use in (
            lambda: save_model(parents, tmp_path / "model"),
            lambda: parents.refit(["a", "b"], ["news", "sport"]),
            lambda: parents.at_level(1),
        ):
            with pytest.raises(ValueError, match="expected the one with all levels"):
                use()
        assert not list(tmp_path.iterdir())


class TestThresholds:
    def test_they_are_learned_for_each_level_that_merges(self, classifier):
        assert sorted(classifier.state_.level_thresholds) == [1, 2]
        assert classifier.at_level(1).thresholds_.tolist() == classifier.state_.level_thresholds[1].tolist()
        assert classifier.at_level(3).thresholds_.tolist() == classifier.thresholds_.tolist()

    def test_by_hand(self):
        sections = np.array(["a/x", "a/y", "b"])
        proba = np.repeat([[0.5, 0.4, 0.1], [0.2, 0.2, 0.6]], 100, axis=0)
        # The finer answer is wrong for half of the sure ones, the coarser one for none; and one is none of them.
        y = np.concatenate([np.repeat([0, 1], 50), np.repeat([2, 3], [50, 50])])
        found = choose_level_thresholds(sections, proba, y)
        assert list(found) == [1]
        assert found[1][ERROR_BUDGETS.index(0.05)] == pytest.approx(0.9)
        assert found[1][ERROR_BUDGETS.index(0.3)] == pytest.approx(0.6)

    def test_budgets_hold_on_new_headlines(self, classifier):
        headlines, sections = corpus(3000, tuple(VOCABULARIES), noise=0.1, seed=9)
        parents, truth = classifier.at_level(1), [level_name(NAMES[section], 1) for section in sections]
        for budget in (0.1, 0.15, 0.2):
            answers = parents.predict_headlines(headlines, max_error=budget)
            given_ = [(a.section, t) for a, t in zip(answers, truth, strict=True) if a.section]
            assert sum(section != true for section, true in given_) <= (budget + 0.02) * max(len(given_), 1)

    def test_a_classifier_without_them_is_as_sure_as_the_budget_demands(self, classifier):
        old = HeadlineClassifier.from_state(replace(classifier.state_, level_thresholds={}))
        expected = np.maximum(classifier.thresholds_, 1 - np.array(ERROR_BUDGETS))
        assert old.at_level(1).thresholds_.tolist() == expected.tolist()
        assert old.at_level(3).thresholds_.tolist() == classifier.thresholds_.tolist()


class TestModelFile:
    def test_thresholds_are_stored(self, classifier, tmp_path):
        save_model(classifier, tmp_path / "model")
        loaded = load_model(tmp_path / "model")
        for level in (1, 2, 3):
            one, other = (each.at_level(level).predict_headlines(NEW, max_error=0.2) for each in (classifier, loaded))
            assert one == other
        assert to_bytes(loaded) == to_bytes(classifier)

    def test_sections_without_levels_have_no_more_in_their_file(self):
        header, _ = FILE.unpack(to_bytes(HeadlineClassifier(background=None).fit(*corpus(60))))
        assert "level_thresholds" not in header

    @pytest.mark.parametrize(
        "levels",
        [
            [],
            3,
            {"1": [0.5]},
            {"1": "x"},
            {"x": [0.5] * 10},
            {"7": [0.5] * 10},
            {"1": [None] * 10},
            {"1": [1e999] * 10},
        ],
    )
    def test_thresholds_that_do_not_fit_are_a_file_error(self, classifier, levels, tmp_path):
        header, arrays = FILE.unpack(to_bytes(classifier))
        more = {name: value for name, value in header.items() if name not in ("format", "version", "sha256")}
        (tmp_path / "model").write_bytes(FILE.pack(arrays, **more | {"level_thresholds": levels}))
        with pytest.raises(ModelFileError, match="model"):
            load_model(tmp_path / "model")
