"""The object users hold: answers, bits, budgets, reasons, and what it says to input that cannot be right."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import shown
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from classify.classifier import ERROR_BUDGETS, HeadlineClassifier
from classify.classifier.labels import MAX_SECTIONS
from classify.features.tokens import tokenize
from classify.metrics import expected_calibration_error
from classify.splits import near_duplicate_groups

VOCABULARIES = {
    "politics": "minister vote senate tax bill election poll parliament treaty cabinet budget law",
    "sport": "striker keeper rovers goal cup league penalty coach derby medal sprint wicket",
    "tech": "app chip software robot startup cloud browser laptop update hacker satellite code",
    "श्रेणी": "चुनाव सरकार मंत्री क्रिकेट फिल्म बाज़ार पुलिस अदालत किसान रेल बारिश स्कूल",
}
SHARED = ["the", "new", "after", "says", "over", "in", "first", "day", "why", "how", "live", "world", "year", "top"]
HOSTILE = ["", " ", "?!…", "🎉", "zzz qqq", "東京", "\ud800", "x" * 300, "a\nb\tc\x00d", None, "&amp; 5 &lt; 6", "İß"]


def corpus(n, labels=("politics", "sport", "tech"), seed=0, noise=0.0):
    """Headlines of three to eight words, half of them the section's own, some of them under a wrong label."""
    draw = random.Random(seed)
    headlines, sections = [], []
    for i in range(n):
        label = labels[i % len(labels)]
        words = draw.choices(VOCABULARIES[label].split(), k=draw.randint(2, 4)) + draw.choices(SHARED, k=3)
        draw.shuffle(words)
        headlines.append(" ".join(words).capitalize())
        sections.append(draw.choice(labels) if draw.random() < noise else label)
    return headlines, sections


def assert_same_answers(one, other, headlines):
    """Two classifiers have the same arrays and give the same answers, to the last bit."""
    assert one.classes_.tolist() == other.classes_.tolist()
    for name in ("coef_", "intercept_", "thresholds_"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
    for a, b in zip(one.calibration_, other.calibration_, strict=True):
        assert a.tobytes() == b.tobytes()
    assert one.predict_proba(headlines).tobytes() == other.predict_proba(headlines).tobytes()


@pytest.fixture(scope="module")
def fitted():
    """A classifier of four sections in two scripts, trained on 400 headlines, one in twenty mislabelled."""
    return HeadlineClassifier().fit(*corpus(400, tuple(VOCABULARIES), noise=0.05))


@pytest.fixture(scope="module")
def binary():
    """A classifier of two sections."""
    return HeadlineClassifier(C=0.5).fit(*corpus(120, ("sport", "politics")))


@pytest.fixture(scope="module")
def with_none():
    """A classifier of two sections and of headlines that belong to neither."""
    headlines, sections = corpus(300)
    return HeadlineClassifier(none_label="tech").fit(headlines, sections)


@pytest.fixture(params=["fitted", "binary", "with_none"])
def classifier(request):
    """Each of the three."""
    return request.getfixturevalue(request.param)


class TestAnswers:
    def test_new_headlines(self, fitted):
        headlines, sections = corpus(200, tuple(VOCABULARIES), seed=1)
        assert fitted.score(headlines, sections) > 0.95
        assert fitted.score(headlines, sections) == np.mean(fitted.predict(headlines) == np.array(sections))
        # Words never seen whole, but in other forms: their character n-grams speak.
        assert fitted.predict(["keepers", "strikers", "ministerial", "softwares"]).tolist() == [
            "sport", "sport", "politics", "tech",
        ]  # fmt: skip

    def test_sections_are_sorted_and_answers_come_from_them(self, fitted):
        assert fitted.classes_.tolist() == sorted(VOCABULARIES)
        assert set(fitted.predict(HOSTILE)) <= set(VOCABULARIES)

    def test_shapes_and_types(self, classifier):
        headlines = corpus(7)[0]
        k = len(classifier.classes_)
        proba = classifier.predict_proba(headlines)
        assert proba.shape == (7, k)
        assert proba.dtype == np.float64
        # scikit-learn's shape where there is one boundary.
        assert classifier.decision_function(headlines).shape == ((7,) if classifier.coef_.shape[1] == 2 else (7, k))
        assert classifier.coef_.dtype == np.float32
        assert classifier.coef_.shape[0] == classifier.vectorizer_.n_features_out_
        assert classifier.thresholds_.shape == (len(ERROR_BUDGETS),)

    @settings(max_examples=20)
    @given(headlines=st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=15)), max_size=5))
    def test_probabilities(self, fitted, binary, with_none, headlines):
        for classifier in (fitted, binary, with_none):
            proba = classifier.predict_proba(headlines)
            assert ((proba >= 0) & (proba <= 1)).all()
            if classifier.none_label is None:
                assert proba.sum(axis=1) == pytest.approx(np.ones(len(headlines)))
            else:
                assert (proba.sum(axis=1) < 1).all()
            assert classifier.predict(headlines).tolist() == classifier.classes_[proba.argmax(axis=1)].tolist()

    def test_margins_are_rows_times_weights(self, classifier):
        # Two routes: the factored score of prediction, and the rows of the vectorizer multiplied out.
        headlines = corpus(50, seed=3)[0] + [h for h in HOSTILE if h] + ["Strikers’ unions vote in Würzburg"]
        rows = classifier.vectorizer_.transform(classifier.clean(headlines))
        expected = rows @ classifier.coef_ + classifier.intercept_
        found = classifier.decision_function(headlines)
        columns = expected[:, 1] if found.ndim == 1 else expected[:, : len(classifier.classes_)]
        assert found == pytest.approx(columns, abs=1e-5)

    def test_the_margin_is_above_zero_on_the_sections_own_side(self, fitted, binary):
        headlines, sections = corpus(100, ("sport", "politics"), seed=5)
        margins = fitted.decision_function(headlines)
        own = margins[np.arange(100), np.searchsorted(fitted.classes_, sections)]
        assert (own > 0).mean() > 0.9
        assert ((binary.decision_function(headlines) > 0) == (np.array(sections) == "sport")).mean() > 0.9

    def test_what_belongs_to_no_section_gets_a_low_probability(self, with_none):
        assert with_none.classes_.tolist() == ["politics", "sport"]
        none, section = (with_none.predict_proba([h]).sum() for h in ("app software laptop", "striker goal derby"))
        assert none < 0.3 < 0.7 < section
        assert with_none.coef_.shape[1] == 3
        # Answering one is an error, so few of them are answered within the budget.
        new, sections = corpus(300, seed=1)
        answered = [p.section is not None for p in with_none.predict_headlines(new, max_error=0.05)]
        wrong = sum(a for a, section in zip(answered, sections, strict=True) if section == "tech")
        assert wrong <= 0.1 * sum(answered)
        assert sum(answered) - wrong > 150

    def test_the_smallest_corpus_gets_its_own_headlines_right(self):
        headlines = ["Rovers win the cup", "Striker signs for Rovers", "MPs vote on tax", "Senate passes tax bill"]
        for sections in ([*"sspp"], [*"abcd"]):
            classifier = HeadlineClassifier(n_folds=2).fit(headlines, sections)
            assert classifier.predict(headlines).tolist() == sections

    @pytest.mark.parametrize("n", [2, 5, 10, 20, 40])
    def test_probabilities_agree_with_the_margins_on_small_corpora(self, n):
        for seed in range(3):
            headlines, sections = corpus(2 * n, ("sport", "tech"), seed=seed)
            classifier = HeadlineClassifier().fit(headlines, sections)
            assert classifier.score(headlines, sections) == 1

    def test_class_weight_helps_the_small_section(self):
        headlines, sections = corpus(600, ("sport", "tech"), noise=0.4)
        keep = [i for i, section in enumerate(sections) if section == "sport" or i % 8 == 1]
        headlines, sections = [headlines[i] for i in keep], [sections[i] for i in keep]
        new, true = corpus(200, ("sport", "tech"), seed=9)
        margins = [
            HeadlineClassifier(class_weight=weight)
            .fit(headlines, sections)
            .decision_function(new)[np.array(true) == "tech"]
            for weight in (None, "balanced")
        ]
        assert (margins[1] > 0).mean() > (margins[0] > 0).mean()

    def test_a_strong_penalty_makes_small_weights(self):
        weights = [np.abs(HeadlineClassifier(C=C).fit(*corpus(90)).coef_).sum() for C in (0.01, 1.0)]
        assert weights[0] < 0.5 * weights[1]

    def test_publisher_tails_are_removed_before_training_and_before_prediction(self):
        headlines, sections = corpus(120, ("sport", "tech"))
        with_suffixes = [
            f"{h} - {'Weekly Pitch' if s == 'sport' else 'Gadget Post'}"
            for h, s in zip(headlines, sections, strict=True)
        ]
        classifier = HeadlineClassifier().fit(with_suffixes, sections)
        assert not any("gadget" in str(name) or "pitch" in str(name) for name in classifier.vectorizer_.tokens_)
        bare, suffixed = classifier.predict_proba(["New goal - Gadget Post", "New goal"])
        assert bare.tolist() == suffixed.tolist()


class TestBits:
    """The same headline gives the same bits, whatever stands beside it and however it was trained."""

    def test_one_alone_and_in_batches_of_many_sizes(self, classifier):
        n = 9_980 if len(classifier.classes_) == 4 else 1980
        headlines = corpus(n, tuple(VOCABULARIES), seed=4)[0] + HOSTILE + ["Rovers win - BBC News"] * 8
        random.Random(0).shuffle(headlines)
        margins, proba = classifier.decision_function(headlines), classifier.predict_proba(headlines)
        answers = classifier.predict_headlines(headlines, max_error=0.1, top=9)
        for size in (1, 2, 7, 100, 2500):
            for start in range(0, min(12 * size, len(headlines)), size):
                rows = slice(start, start + size)
                assert classifier.decision_function(headlines[rows]).tobytes() == margins[rows].tobytes()
                assert classifier.predict_proba(headlines[rows]).tobytes() == proba[rows].tobytes()
                if size < 100:
                    assert classifier.predict_headlines(headlines[rows], max_error=0.1, top=9) == answers[rows]

    @settings(max_examples=12)
    @given(headlines=st.lists(st.one_of(st.sampled_from(HOSTILE + corpus(20)[0]), st.text(max_size=20)), max_size=6))
    def test_generated(self, fitted, headlines):
        proba = fitted.predict_proba(headlines)
        reasons = fitted.explain(headlines)
        for i, headline in enumerate(headlines):
            assert fitted.predict_proba([headline]).tobytes() == proba[i].tobytes()
            assert fitted.explain([headline])[0] == reasons[i]

    def test_permuting_the_headlines_permutes_the_answers(self, fitted):
        headlines = corpus(300, seed=6)[0] + HOSTILE
        order = np.random.default_rng(0).permutation(len(headlines))
        proba = fitted.predict_proba([headlines[i] for i in order])
        assert proba.tobytes() == fitted.predict_proba(headlines)[order].tobytes()

    def test_upper_casing_english_changes_nothing(self, fitted):
        headlines = corpus(100, seed=7)[0]
        upper = [headline.upper() for headline in headlines]
        assert fitted.predict_proba(upper).tobytes() == fitted.predict_proba(headlines).tobytes()

    @pytest.mark.parametrize("labels", [("sport", "tech"), ("politics", "sport", "tech")])
    def test_threads_do_not_matter(self, labels):
        headlines, sections = corpus(160, labels, noise=0.1)
        one = HeadlineClassifier(n_jobs=1).fit(headlines, sections)
        for n_jobs in (None, 2, -1):
            assert_same_answers(HeadlineClassifier(n_jobs=n_jobs).fit(headlines, sections), one, headlines)

    def test_refitting_gives_the_same_bits(self):
        headlines, sections = corpus(160, noise=0.1)
        one, other = (
            HeadlineClassifier().fit(headlines, sections),
            HeadlineClassifier().fit(*corpus(60, ("tech", "sport"))),
        )
        assert_same_answers(other.fit(headlines, sections), one, headlines)
        shuffled = HeadlineClassifier(random_state=1).fit(headlines, sections)
        assert shuffled.coef_.tobytes() != one.coef_.tobytes()

    def test_the_global_seed_does_not_matter(self):
        fits = []
        for seed in (0, 1):
            np.random.seed(seed)  # noqa: NPY002
            random.seed(seed)
            fits.append(HeadlineClassifier().fit(*corpus(80)))
        assert_same_answers(*fits, corpus(20)[0])

    def test_every_kind_of_column_gives_the_same_bits(self):
        headlines, sections = corpus(40)
        one = HeadlineClassifier().fit(headlines, sections)
        frame = pd.DataFrame({"headline": headlines, "section": sections})
        numbers = frame.section.astype("category").cat.codes
        for columns in (
            (np.array(headlines), np.array(sections)),
            (frame.headline, frame.section),
            (frame.headline, frame.section.astype("category")),
            (pa.array(headlines), pa.array(sections)),
            (pa.chunked_array([headlines[:15], headlines[15:]]), pa.chunked_array([sections])),
        ):
            assert_same_answers(HeadlineClassifier().fit(*columns), one, headlines)
        assert HeadlineClassifier().fit(headlines, numbers).coef_.tobytes() == one.coef_.tobytes()

    def test_renaming_the_sections_in_order_renames_the_answers(self):
        headlines, sections = corpus(90)
        one = HeadlineClassifier().fit(headlines, sections)
        other = HeadlineClassifier().fit(headlines, [f"the {section}" for section in sections])
        assert other.coef_.tobytes() == one.coef_.tobytes()
        assert other.predict(headlines).tolist() == [f"the {section}" for section in one.predict(headlines)]

    def test_pickling(self, classifier):
        again = pickle.loads(pickle.dumps(classifier))
        assert again.get_params() == classifier.get_params()
        assert_same_answers(again, classifier, corpus(40)[0] + HOSTILE)

    def test_predicting_needs_no_scikit_learn_no_pandas_and_no_matplotlib(self, fitted, tmp_path):
        file = tmp_path / "classifier"
        file.write_bytes(pickle.dumps(fitted))
        code = (
            "import pickle, sys; from pathlib import Path;"
            f"c = pickle.loads(Path({str(file)!r}).read_bytes());"
            "c.predict_headlines(['Striker’s goal wins cup - BBC News', ''], max_error=0.1, top=2, explain=3);"
            "print(sorted({'sklearn', 'pandas', 'matplotlib'} & set(sys.modules)))"
        )
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
        assert (run.stdout, run.stderr) == ("[]\n", "")


class TestGroups:
    def twins(self):
        """Headlines that stand twice, of made-up words, under labels drawn at random."""
        draw = random.Random(0)
        once = ["".join(draw.choices("bcdfgaeiou", k=7)) + f" {i}" for i in range(100)]
        sections = draw.choices(["sport", "tech"], k=100)
        return once + once, sections + sections, np.tile(np.arange(100), 2)

    def test_near_duplicates_on_both_sides_of_a_fold_would_flatter(self):
        headlines, sections, groups = self.twins()
        new = ["".join(random.Random(i).choices("bcdfgaeiou", k=7)) for i in range(60)]
        loose = HeadlineClassifier().fit(headlines, sections)
        grouped = HeadlineClassifier().fit(headlines, sections, groups=groups)
        # Nothing can be learned, so probabilities near one half are the honest ones, and no budget can be met.
        assert grouped.predict_proba(new).max(axis=1).mean() < 0.62 < loose.predict_proba(headlines).max(axis=1).mean()
        assert grouped.threshold(0.05) > 0.6
        assert loose.thresholds_[ERROR_BUDGETS.index(0.05)] < 1

    def test_names_of_groups_do_not_matter(self):
        headlines, sections, groups = self.twins()
        one = HeadlineClassifier().fit(headlines, sections, groups=groups)
        for same in ([f"g{g:03}" for g in groups], pd.Series(groups), groups * 10 + 5):
            assert_same_answers(HeadlineClassifier().fit(headlines, sections, groups=same), one, headlines)

    def test_every_headline_its_own_group_is_the_default(self):
        headlines, sections = corpus(60)
        one = HeadlineClassifier().fit(headlines, sections, groups=np.arange(60))
        assert_same_answers(HeadlineClassifier().fit(headlines, sections), one, headlines)

    def test_a_section_in_one_group_only(self):
        headlines, sections = corpus(90)
        groups = np.where(np.array(sections) == "tech", 1000, np.arange(90))
        classifier = HeadlineClassifier().fit(headlines, sections, groups=groups)
        assert classifier.predict_proba(headlines).sum(axis=1) == pytest.approx(np.ones(90))

    def test_calibrating_on_some_headlines(self):
        headlines, sections = corpus(200, noise=0.4)
        clean_headlines, clean_sections = corpus(200, seed=1)
        both = headlines + clean_headlines, sections + clean_sections
        noisy = np.arange(400) < 200
        answers = [
            HeadlineClassifier()
            .fit(*both, calibration_mask=mask)
            .predict_proba(corpus(60, seed=2)[0])
            .max(axis=1)
            .mean()
            for mask in (noisy, None, ~noisy)
        ]
        assert answers[0] < answers[1] < answers[2]
        all_of_them = HeadlineClassifier().fit(*both, calibration_mask=np.ones(400, bool))
        assert_same_answers(all_of_them, HeadlineClassifier().fit(*both), headlines)


class TestAbstaining:
    def test_threshold_is_rounded_down_to_a_budget(self, fitted):
        for i, budget in enumerate(ERROR_BUDGETS):
            assert fitted.threshold(budget) == fitted.thresholds_[i]
            assert fitted.threshold(budget * 1.01) == fitted.thresholds_[i]
        assert fitted.threshold(0.99) == fitted.thresholds_[-1]
        assert (np.diff(fitted.thresholds_) <= 0).all()

    @pytest.mark.parametrize("max_error", [0, -1, 1, 1.5, 0.004, float("nan"), float("inf")])
    def test_budgets_that_cannot_be(self, fitted, max_error):
        with pytest.raises(ValueError, match=r"max_error=.*expected"):
            fitted.threshold(max_error)
        with pytest.raises(ValueError, match=r"max_error=.*expected"):
            fitted.predict_headlines(["a"], max_error=max_error)

    def test_answers_below_the_limit_are_withheld(self, fitted):
        headlines = corpus(100, tuple(VOCABULARIES), seed=8)[0] + HOSTILE
        plain = fitted.predict_headlines(headlines)
        assert [p.section for p in plain] == fitted.predict(headlines).tolist()
        for limit in (0.0, 0.5, plain[3].probability, 0.9, 1.0):
            found = fitted.predict_headlines(headlines, min_probability=limit)
            assert [p.probability for p in found] == [p.probability for p in plain]
            assert [p.section is None for p in found] == [p.probability < limit for p in plain]
        limit = fitted.threshold(0.02)
        found = fitted.predict_headlines(headlines, max_error=0.02)
        assert [p.section is None for p in found] == [p.probability < limit for p in plain]
        assert 0 < sum(p.section is None for p in found) < len(found)

    def test_the_budget_holds_on_new_headlines_of_the_same_kind(self):
        # One headline in five has a wrong label: without a limit the error is about 13 %.
        headlines, sections = corpus(3000, noise=0.2)
        new, true = corpus(3000, seed=1, noise=0.2)
        classifier = HeadlineClassifier().fit(headlines, sections)
        proba = classifier.predict_proba(new)
        wrong = classifier.predict(new) != np.array(true)
        for budget in (0.1, 0.15, 0.2):
            answered = proba.max(axis=1) >= classifier.threshold(budget)
            n = answered.sum()
            error = wrong[answered].sum() / max(n, 1)
            assert error <= budget + 3 * np.sqrt(budget * (1 - budget) / max(n, 1))
        assert (proba.max(axis=1) >= classifier.threshold(0.2)).mean() > 0.9

    @pytest.mark.parametrize("limit", [-0.1, 1.5, 50, float("nan")])
    def test_probabilities_that_cannot_be(self, fitted, limit):
        with pytest.raises(ValueError, match=r"min_probability=.*expected"):
            fitted.predict_headlines(["a"], min_probability=limit)


class TestPredictions:
    def test_fields(self, fitted):
        headlines = ["Striker’s goal wins cup", ""]
        proba = fitted.predict_proba(headlines)
        for prediction, row in zip(fitted.predict_headlines(headlines, top=3, explain=2), proba, strict=True):
            order = sorted(range(4), key=lambda i: -row[i])[:3]
            assert prediction.sections == [(fitted.classes_[i], row[i]) for i in order]
            assert (prediction.section, prediction.probability) == prediction.sections[0]
            assert prediction.terms == fitted.explain([prediction.headline], 2)[0]
            assert len(prediction.terms) <= 2
        assert [p.headline for p in fitted.predict_headlines(headlines)] == headlines

    @pytest.mark.parametrize(("top", "expected"), [(1, 1), (2, 2), (4, 4), (99, 4)])
    def test_top(self, fitted, top, expected):
        prediction = fitted.predict_headlines(["goal"], top=top)[0]
        assert len(prediction.sections) == expected
        assert not prediction.terms

    def test_plain_python_types(self, fitted):
        prediction = fitted.predict_headlines(["Striker scores"], top=2, explain=3)[0]
        for section, probability in [(prediction.section, prediction.probability), *prediction.sections]:
            assert (type(section), type(probability)) == (str, float)
        for term, weight in prediction.terms:
            assert (type(term), type(weight)) == (str, float)

    def test_missing_headlines_and_arrow_columns(self, fitted):
        found = fitted.predict_headlines([None, "goal"])
        assert [p.headline for p in found] == ["", "goal"]
        column = pa.chunked_array([["goal"], [None, "tax"]], pa.string())
        assert fitted.predict_headlines(column) == fitted.predict_headlines(["goal", None, "tax"])

    def test_no_headlines(self, classifier):
        assert classifier.predict([]).tolist() == []
        assert classifier.predict_proba([]).shape == (0, len(classifier.classes_))
        assert len(classifier.decision_function([])) == 0
        assert classifier.predict_headlines([], top=2, explain=2) == []
        assert classifier.explain([]) == []


class TestReasons:
    def margins_of_the_best(self, classifier, headlines):
        """The margin of the most probable section."""
        margins = classifier.decision_function(headlines)
        best = classifier.predict_proba(headlines).argmax(axis=1)
        if margins.ndim == 1:
            return np.where(best == 1, margins, -margins)
        return margins[np.arange(len(best)), best]

    def test_terms_sum_to_the_margin(self, classifier):
        headlines = corpus(150, tuple(VOCABULARIES), seed=11)[0] + HOSTILE + ["goal goal goal vote", "Keepers’ apps"]
        sums = [sum(weight for _, weight in terms) for terms in classifier.explain(headlines)]
        assert sums == pytest.approx(self.margins_of_the_best(classifier, headlines).tolist(), abs=1e-5)

    @settings(max_examples=12)
    @given(
        words=st.lists(
            st.sampled_from(["goal", "goals", "Goal,", "vote", "क्रिकेट", "zz", "東京", "app-store"]), max_size=9
        )
    )
    def test_terms_are_words_and_pairs_of_the_headline(self, fitted, words):
        headline = " ".join(words)
        row = tokenize(pa.array([headline]), punctuation=True).strings()
        allowed = {"(bias)", *row, *(f"{a} {b}" for a, b in pairwise(row))}
        terms = fitted.explain([headline])[0]
        names = [term for term, _ in terms]
        assert set(names) <= allowed
        assert len(set(names)) == len(names)
        assert "(bias)" in names
        assert [weight for _, weight in terms] == sorted((weight for _, weight in terms), reverse=True)
        sums = sum(weight for _, weight in terms)
        assert sums == pytest.approx(self.margins_of_the_best(fitted, [headline])[0], abs=1e-5)

    def test_the_telling_word_comes_first(self, fitted):
        terms = fitted.explain(["Why the new striker"], 1)
        assert [term for term, _ in terms[0]] == ["striker"]
        # A word never seen is explained by the n-grams that it shares.
        assert fitted.explain(["Why the new strikerz"], 1)[0][0][0] == "strikerz"

    @pytest.mark.parametrize("k", [0, 1, 2, 5])
    def test_at_most_k(self, fitted, k):
        headlines = corpus(10)[0] + [""]
        assert fitted.explain(headlines, k) == [terms[:k] for terms in fitted.explain(headlines)]

    def test_words_alone_and_characters_alone(self):
        for params in ({"char_ngrams": None}, {"word_ngrams": None}, {"word_ngrams": (1, 1)}, {"min_df": 3}):
            classifier = HeadlineClassifier(**params).fit(*corpus(120))
            headlines = corpus(30, seed=2)[0]
            sums = [sum(weight for _, weight in terms) for terms in classifier.explain(headlines)]
            assert sums == pytest.approx(self.margins_of_the_best(classifier, headlines).tolist(), abs=1e-5)

    def test_top_terms(self, classifier):
        found = classifier.top_terms(6)
        assert list(found) == classifier.classes_.tolist()
        names = set(classifier.vectorizer_.get_feature_names_out())
        for section, terms in found.items():
            weights = [weight for _, weight in terms]
            assert weights == sorted(weights, reverse=True)
            assert len(terms) == 6
            assert {term for term, _ in terms} <= names
            own = VOCABULARIES[section].split()
            assert sum(term.split()[0] in own or term.split()[-1] in own for term, _ in terms) >= 5
        assert [len(terms) for terms in classifier.top_terms(10**6).values()] == [
            len(classifier.vectorizer_.word_idf_)
        ] * len(found)


class TestRestrict:
    def test_to_every_column_changes_nothing(self, classifier):
        same = classifier.restrict(np.arange(len(classifier.coef_)))
        assert_same_answers(same, classifier, corpus(60)[0] + HOSTILE)

    def test_knows_only_the_columns_left(self, fitted):
        names = fitted.vectorizer_.get_feature_names_out()
        columns = np.flatnonzero(names == "striker")
        small = fitted.restrict(columns)
        margins = small.decision_function(["Why the striker", "vote"])
        assert margins[0] == pytest.approx(fitted.coef_[columns[0]] + fitted.intercept_, abs=1e-6)
        assert margins[1] == pytest.approx(fitted.intercept_, abs=1e-6)
        assert small.get_params() == fitted.get_params()

    @pytest.mark.parametrize("part", ["words", "characters", "nothing", "half"])
    def test_any_columns_will_do(self, fitted, part):
        n, n_words = len(fitted.coef_), len(fitted.vectorizer_.word_idf_)
        columns = {"words": range(n_words), "characters": range(n_words, n), "nothing": [], "half": range(0, n, 2)}[
            part
        ]
        small = fitted.restrict(np.array(columns, np.int64))
        headlines = corpus(40, tuple(VOCABULARIES), seed=3)[0] + HOSTILE
        assert np.isfinite(small.predict_proba(headlines)).all()
        assert len(small.explain(headlines)) == len(headlines)
        assert (small.predict(headlines) == fitted.predict(headlines)).mean() > (0.2 if part == "nothing" else 0.6)


class TestHostile:
    @pytest.mark.parametrize(
        ("headlines", "sections"),
        [
            ([], []),
            (["a", "b", "c"], ["x", "y"]),
            (["a", "b"], ["x", "y", "x"]),
            (["a", "b"], [["x"], ["y"]]),
            (["a", "b"], "xy"),
            (["a", "b"], None),
            (["a", "b"], 5),
            (["a", "b"], ["x", "x"]),
            (["a", "b"], ["x", None]),
            (["a", "b", "c"], ["x", "y", float("nan")]),
            (["a", "b", "c"], pd.Series(["x", "y", None])),
            (["a", "b", "c"], pd.Series(["x", "y", None], dtype=object)),
            (["a", "b", "c"], pd.array(["x", "y", None], dtype="string")),
            (["a", "b", "c"], pa.array(["x", "y", None])),
            ("ab", ["x", "y"]),
            ([1, 2], ["x", "y"]),
            ([["a"], ["b"]], ["x", "y"]),
            (["", " "], ["x", "y"]),
            ([None, None], ["x", "y"]),
        ],
        ids=shown,
    )
    def test_input_that_cannot_be_right(self, headlines, sections):
        with pytest.raises(ValueError, match=r"expected|empty vocabulary"):
            HeadlineClassifier().fit(headlines, sections)

    def test_blank_labels_are_counted(self):
        with pytest.raises(ValueError, match=r"^2 of 4 sections are blank"):
            HeadlineClassifier().fit(["a", "b", "c", "d"], ["x", None, "y", None])

    def test_a_label_for_each_of_too_many_headlines(self):
        n = MAX_SECTIONS + 1
        with pytest.raises(
            ValueError, match=rf"^{n} different section\(s\) found; expected 2 to {MAX_SECTIONS}; choose"
        ):
            HeadlineClassifier().fit([f"w{i}" for i in range(n)], [f"l{i}" for i in range(n)])

    def test_one_label(self):
        with pytest.raises(ValueError, match=r"^1 different section\(s\) found; expected 2"):
            HeadlineClassifier().fit(["a", "b"], ["x", "x"])

    @pytest.mark.slow
    def test_as_many_sections_as_are_allowed(self):
        words = [f"w{chr(97 + i % 26)}{i}" for i in range(MAX_SECTIONS)]
        classifier = HeadlineClassifier(char_ngrams=None, word_ngrams=(1, 1)).fit(
            words, [f"l{i:03}" for i in range(MAX_SECTIONS)]
        )
        assert classifier.score(words, [f"l{i:03}" for i in range(MAX_SECTIONS)]) > 0.95

    @pytest.mark.parametrize(
        "params",
        [
            {"C": 0},
            {"C": -1},
            {"C": float("nan")},
            {"C": float("inf")},
            {"C": 1e-10},
            {"C": "1"},
            {"C": None},
            {"char_weight": -1},
            {"char_weight": float("nan")},
            {"n_folds": 1},
            {"n_folds": 0},
            {"n_folds": -3},
            {"class_weight": "heavy"},
            {"class_weight": {"x": 2}},
            {"min_df": 0},
            {"min_df": 99},
            {"word_ngrams": (1, 3)},
            {"char_ngrams": (5, 2)},
            {"word_ngrams": None, "char_ngrams": None},
            {"none_label": "no such"},
        ],
        ids=shown,
    )
    def test_parameters_that_cannot_work(self, params):
        with pytest.raises(ValueError, match=rf"{next(iter(params))}.*(expected|give|lower)"):
            HeadlineClassifier(**params).fit(*corpus(30))

    @pytest.mark.parametrize("groups", [[0] * 30, [0, 1], 5, [None, *range(29)], np.zeros((30, 1))])
    def test_groups_that_cannot_work(self, groups):
        with pytest.raises(ValueError, match=r"group.*expected"):
            HeadlineClassifier().fit(*corpus(30), groups=groups)

    @pytest.mark.parametrize(
        "mask",
        [np.ones(29, bool), np.ones(30), np.zeros(30, bool), np.arange(30) % 3 > 0, np.arange(30), [True] * 31],
        ids=shown,
    )
    def test_masks_that_cannot_work(self, mask):
        with pytest.raises(ValueError, match=r"calibration_mask.*expected"):
            HeadlineClassifier().fit(*corpus(30), calibration_mask=mask)

    @pytest.mark.parametrize(
        "headlines", ["Rovers win", b"Rovers", None, 5, [1], [["a"]], [float("nan")], np.arange(3)], ids=shown
    )
    def test_no_headlines_to_label(self, fitted, headlines):
        for method in ("predict", "predict_proba", "decision_function", "predict_headlines", "explain", "clean"):
            with pytest.raises(ValueError, match="expected"):
                getattr(fitted, method)(headlines)

    def test_not_fitted(self):
        for method in ("predict", "predict_proba", "decision_function", "predict_headlines", "explain", "clean"):
            with pytest.raises(NotFittedError, match="fit"):
                getattr(HeadlineClassifier(), method)(["a"])
        for method, argument in (("threshold", 0.1), ("top_terms", 3), ("restrict", np.arange(1))):
            with pytest.raises(NotFittedError, match="fit"):
                getattr(HeadlineClassifier(), method)(argument)
        with pytest.raises(NotFittedError, match="fit"):
            HeadlineClassifier().score(["a"], ["b"])

    def test_a_fit_that_failed_is_no_fit(self):
        for params, sections in (({}, ["x", "x"]), ({"n_folds": 1}, ["x", "y"]), ({"min_df": 9}, ["x", "y"])):
            classifier = HeadlineClassifier(**params)
            with pytest.raises(ValueError, match=r"expected|min_df"):
                classifier.fit(["a", "b"], sections)
            with pytest.raises(NotFittedError, match="fit"):
                classifier.predict(["a"])

    def test_a_refit_that_failed_changes_nothing(self):
        headlines, sections = corpus(60)
        classifier = HeadlineClassifier().fit(headlines, sections)
        before = pickle.loads(pickle.dumps(classifier))
        for bad in (
            ((headlines, ["x"] * 60), {}),
            (([" "] * 60, sections), {}),
            ((headlines, sections[:-1]), {}),
            ((headlines, sections), {"groups": [0] * 60}),
            ((headlines, sections), {"calibration_mask": np.zeros(60, bool)}),
        ):
            with pytest.raises(ValueError, match=r"expected|empty vocabulary"):
                classifier.fit(*bad[0], **bad[1])
            assert_same_answers(classifier, before, headlines)

    def test_fitting_changes_no_input(self):
        headlines, sections = corpus(30)
        headlines[3] = None
        copies = list(headlines), list(sections), np.arange(30)
        groups = np.arange(30)
        HeadlineClassifier().fit(headlines, sections, groups=groups)
        assert headlines == copies[0]
        assert sections == copies[1]
        assert groups.tolist() == copies[2].tolist()

    def test_two_headlines(self):
        classifier = HeadlineClassifier().fit(["goal", "vote"], ["sport", "politics"])
        assert classifier.predict(["goal", "vote"]).tolist() == ["sport", "politics"]

    def test_headlines_without_words_among_the_training_headlines(self):
        headlines, sections = corpus(60)
        classifier = HeadlineClassifier().fit(headlines + HOSTILE, sections + ["tech", "sport"] * 6)
        assert classifier.score(headlines, sections) > 0.9

    def test_labels_that_look_odd(self):
        labels = ["", " ", "\n", "<b>", "स्वास्थ्य", "體育", "🎉", "a" * 500]
        headlines = [f"word{chr(97 + i % 8)}" for i in range(48)]
        sections = [labels[i % 8] for i in range(48)]
        classifier = HeadlineClassifier().fit(headlines, sections)
        assert classifier.predict(headlines).tolist() == sections

    @pytest.mark.parametrize("labels", [[0, 1, 2], [10, 9, -1], [0.5, 1.5, 2.5], ["10", "9", "x"]])
    def test_labels_keep_their_type(self, labels):
        headlines, sections = corpus(60)
        numbers = [labels[["politics", "sport", "tech"].index(section)] for section in sections]
        classifier = HeadlineClassifier().fit(headlines, numbers)
        assert classifier.classes_.tolist() == sorted(labels)
        assert classifier.predict(headlines).tolist() == numbers
        assert classifier.score(headlines, numbers) == 1

    def test_yes_and_no(self):
        headlines, sections = corpus(40, ("sport", "tech"))
        answers = np.array(sections) == "tech"
        classifier = HeadlineClassifier().fit(headlines, answers)
        assert classifier.predict(headlines).tolist() == answers.tolist()

    @pytest.mark.slow
    def test_a_headline_of_a_megabyte(self, fitted):
        for headline in ("goal " * 200_000, "x" * 1_000_000, "東" * 300_000):
            alone = fitted.predict_proba([headline])
            assert np.isfinite(alone).all()
            assert alone.tobytes() == fitted.predict_proba(["vote", headline])[1].tobytes()
        assert fitted.predict(["goal " * 200_000]).tolist() == ["sport"]


@pytest.fixture(scope="module")
def six_sections(corpora):
    """Six sections of one source; a third held out, near-duplicates together."""
    rows = corpora("huffpost_2018_22")
    rows = rows[rows.section.isin(["POLITICS", "SPORTS", "ENTERTAINMENT", "TECH", "WORLD NEWS", "WELLNESS"])]
    groups = near_duplicate_groups(rows.headline)
    test = np.random.default_rng(0).random(groups.max() + 1)[groups] < 1 / 3
    train, held = rows[~test], rows[test]
    return HeadlineClassifier().fit(train.headline, train.section, groups=groups[~test]), held


@pytest.mark.slow
@pytest.mark.corpora
class TestRealHeadlines:
    def test_probabilities_mean_what_they_say(self, six_sections):
        classifier, held = six_sections
        proba = classifier.predict_proba(held.headline)
        right = classifier.predict(held.headline) == held.section.to_numpy()
        assert expected_calibration_error(right, proba.max(axis=1)) < 0.03
        assert abs(right.mean() - proba.max(axis=1).mean()) < 0.02

    def test_budgets_hold_on_held_out_headlines(self, six_sections):
        classifier, held = six_sections
        proba = classifier.predict_proba(held.headline).max(axis=1)
        wrong = classifier.predict(held.headline) != held.section.to_numpy()
        for budget in (0.02, 0.05, 0.1, 0.15):
            answered = proba >= classifier.threshold(budget)
            n = answered.sum()
            assert n > 100
            assert wrong[answered].mean() <= budget + 2.6 * np.sqrt(budget * (1 - budget) / n)

    def test_bits_in_batches_and_alone(self, six_sections):
        classifier, held = six_sections
        headlines = held.headline.tolist()
        whole = classifier.predict_proba(headlines)
        for i in range(0, len(headlines), 7):
            assert classifier.predict_proba([headlines[i]]).tobytes() == whole[i].tobytes()
        ten_thousand = (headlines * 10)[:10_000]
        assert classifier.predict_proba(ten_thousand)[: len(headlines)].tobytes() == whole.tobytes()

    def test_terms_sum_to_the_margin(self, six_sections):
        classifier, held = six_sections
        headlines = held.headline.tolist()[:500]
        best = classifier.predict_proba(headlines).argmax(axis=1)
        margins = classifier.decision_function(headlines)[np.arange(len(best)), best]
        sums = [sum(weight for _, weight in terms) for terms in classifier.explain(headlines)]
        assert sums == pytest.approx(margins.tolist(), abs=1e-5)

    def test_threads_do_not_matter(self, corpora):
        rows = corpora("huffpost_41").iloc[:8000]
        rows = rows[rows.section.isin(rows.section.value_counts().index[:8])]
        one, two = (HeadlineClassifier(n_jobs=n).fit(rows.headline, rows.section) for n in (1, 2))
        assert_same_answers(one, two, rows.headline[:100])

    def test_june_2022(self, corpora):
        # The floors that the project promises for newsapi_2022_en, trained on January to May and tested on June.
        rows = corpora("newsapi_2022_en")
        june = rows.date.str.startswith("2022-06")
        train = rows[~june & ~rows.duplicated("headline")]
        test = rows[june & ~rows.duplicated("headline")]
        classifier = HeadlineClassifier().fit(train.headline, train.section)
        proba = classifier.predict_proba(test.headline)
        right = classifier.predict(test.headline) == test.section.to_numpy()
        assert right.mean() >= 0.855
        assert expected_calibration_error(right, proba.max(axis=1)) <= 0.02


class TestFullBatches:
    """From 10,000 headlines on the character scores of known words are kept; nothing else may change."""

    @pytest.mark.slow
    @pytest.mark.parametrize("options", [{}, {"word_ngrams": None}, {"char_ngrams": None}])
    def test_a_headline_has_the_bits_it_has_alone(self, options):
        headlines, sections = corpus(200)
        classifier = HeadlineClassifier(n_folds=2, **options).fit(headlines, sections)
        before = len(pickle.dumps(classifier))
        many = (headlines + [f"unheard{i} of" for i in range(300)]) * 25
        whole = classifier.predict_proba(many)
        for i in (0, 150, 250, 499):
            assert classifier.predict_proba([many[i]]).tobytes() == whole[i].tobytes()
        assert len(pickle.dumps(classifier)) == before

    @pytest.mark.slow
    def test_a_model_that_knows_no_word(self):
        headlines, sections = corpus(100)
        fitted = HeadlineClassifier(n_folds=2, word_ngrams=None).fit(headlines, sections)
        small = fitted.restrict(np.arange(50))
        assert len(small.vectorizer_.tokens_) == 0
        whole = small.predict_proba(headlines * 120)
        assert whole[:100].tobytes() == small.predict_proba(headlines).tobytes()
