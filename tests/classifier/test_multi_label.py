"""Several sections a headline: encoding, probabilities, cutoffs, budgets, reasons, and the model file."""

from __future__ import annotations

import numpy as np
import pytest
from classifier_cases import HOSTILE, VOCABULARIES, corpus
from hypothesis import given
from hypothesis import strategies as st

from classify import HeadlineClassifier, ModelFileError, load_model, save_model
from classify.classifier import MultiLabelClassifier, shrink
from classify.classifier.modelfile import FILE, MULTI_LABEL, to_bytes
from classify.classifier.multi_label import choose_cutoffs, encode_label_sets, fit_probabilities
from classify.metrics import expected_calibration_error
from classify.splits.label_sets import split_sections

NEW = ["Senate votes on chip tax", "Rovers keeper saves penalty", "day", *HOSTILE]
LABELS = ("politics", "sport", "tech")


def mixed(n, seed=0, noise=0.1):
    """Headlines of one or two of three sections, some of none, a tenth of the names left out."""
    rng = np.random.default_rng(seed)
    one, two = (corpus(n, LABELS, seed=seed * 2 + i) for i in (0, 1))
    headlines, sections = [], []
    for first, second, a, b in zip(one[0], two[0], one[1], rng.permutation(two[1]), strict=True):
        both = rng.random() < 0.4
        words = f"{first} {' '.join(rng.choice(VOCABULARIES[b].split(), 3))}" if both else first
        names = {a, b} if both else {a}
        kept = sorted(name for name in names if rng.random() >= noise)
        headlines.append(words if rng.random() < 0.95 else "the new day " + second.split()[-1])
        sections.append(kept)
    return headlines, sections


@pytest.fixture(scope="module")
def classifier():
    return MultiLabelClassifier(background=None).fit(*mixed(900))


def marks_of(sections, classes):
    """Mark the sections of each headline, one by one."""
    return np.array([[name in names for name in classes] for names in sections])


class TestEncoding:
    def test_cells(self):
        cells = ["a;b", " a ; ;b;a", '["a;x", "b"]', "[odd", "[1, 2]", '["a"', "", ";", None, "[" * 5000]
        expected = [["a", "b"], ["a", "b"], ["a;x", "b"], ["[odd"], ["1", "2"], ['["a"'], [], [], [], ["[" * 5000]]
        assert [split_sections(cell) for cell in cells] == expected

    @given(st.lists(st.lists(st.sampled_from("abcd")), min_size=1))
    def test_marks(self, sections):
        known = sorted({name for names in sections for name in names} - {"d"})
        if len(known) < 2:
            with pytest.raises(ValueError, match="different section"):
                encode_label_sets(sections, len(sections), "d")
            return
        classes, marks = encode_label_sets(sections, len(sections), "d")
        assert classes.tolist() == known
        assert marks.astype(bool).tolist() == marks_of(sections, known).tolist()

    @pytest.mark.parametrize(
        ("sections", "message"),
        [
            ("ab", "2 headlines were given; expected a sequence of as many lists"),
            ([["a"]], "2 headlines were given"),
            (3, "2 headlines were given"),
            (["a", "b"], "without a list of section names"),
            ([["a"], None], "without a list of section names"),
            ([["a"], ["b", 3]], "without a list of section names"),
            ([["a"], ["b", " "]], "without a list of section names"),
            ([["a"], ["a"]], "1 different section"),
            ([["a"], []], "1 different section"),
            ([["a"], ["b;c"]], "'b;c' contains a semicolon"),
        ],
    )
    def test_errors(self, sections, message):
        with pytest.raises(ValueError, match=message):
            MultiLabelClassifier().fit(["Rovers win", "Tax vote"], sections)


class TestCutoffs:
    def test_a_naive_search_finds_the_same(self):
        rng = np.random.default_rng(0)
        proba = rng.beta(0.3, 1, (50, 4))
        for column, cutoff in zip(proba.T, choose_cutoffs(proba), strict=True):
            best = max(column, key=lambda t: 2 * column[column >= t].sum() / (column.sum() + (column >= t).sum()))
            assert cutoff == max(best, 0.2)

    def test_a_section_that_cannot_be_told_is_not_answered_everywhere(self):
        assert choose_cutoffs(np.full((100, 1), 0.03)).tolist() == [0.2]

    def test_probabilities_of_a_section_of_none_or_all(self):
        margins = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
        found = fit_probabilities(margins, np.repeat([[0, 1]], 200, axis=0))
        assert found.weights.tolist() == np.zeros((4, 2)).tolist()
        assert found.offset[0] == -found.offset[1] < -5


class TestAnswers:
    def test_better_than_the_most_frequent_section(self, classifier):
        headlines, sections = mixed(600, seed=7)
        true = marks_of(sections, classifier.classes_)
        answered = classifier.decide(headlines).answered
        micro = 2 * (true & answered).sum() / (true.sum() + answered.sum())
        assert micro > 0.8
        assert classifier.score(headlines, sections) == pytest.approx((true == answered).all(axis=1).mean())

    def test_probabilities_are_calibrated_and_independent(self, classifier):
        headlines, sections = mixed(2000, seed=8)
        true, proba = marks_of(sections, classifier.classes_), classifier.predict_proba(headlines)
        assert expected_calibration_error(true.ravel(), proba.ravel()) < 0.03
        assert (proba.sum(axis=1) > 1.5).any()
        assert (proba.sum(axis=1) < 0.5).any()

    def test_probability_by_hand(self, classifier):
        margins, (weights, offset, _) = classifier.decision_function(NEW), classifier.state_.calibration
        for row, found in zip(margins.astype(float), classifier.predict_proba(NEW), strict=True):
            for j, margin in enumerate(row):
                pieces = [min(margin, -1), min(max(margin, -1), 0), min(max(margin, 0), 1), max(margin, 1)]
                logit = offset[j] + sum(w * piece for w, piece in zip(weights[:, j], pieces, strict=True))
                assert found[j] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-9)

    def test_columns_agree_with_predictions(self, classifier):
        answers = classifier.predict_headlines(NEW, top=3, explain=2)
        proba = classifier.predict_proba(NEW)
        for i, (answer, names) in enumerate(zip(answers, classifier.predict(NEW), strict=True)):
            blank = not (NEW[i] or "").strip()
            expected = [
                (name, p)
                for name, p, cut in zip(classifier.classes_, proba[i], classifier.cutoffs_, strict=True)
                if p >= cut and not blank
            ]
            assert answer.sections == sorted(expected, key=lambda pair: -pair[1])
            assert [name for name, _ in answer.sections] == names
            assert len(answer.top) == (0 if blank else 3)
            assert [len(terms) <= 2 for terms in answer.terms] == [True] * len(names)

    def test_reasons_sum_to_the_margin_of_each_section(self, classifier):
        margins = classifier.decision_function(NEW)
        column = {name: j for j, name in enumerate(classifier.classes_)}
        found = classifier.explain(NEW)
        assert any(len(each) == 2 for each in found)
        for row, (names, reasons) in enumerate(zip(classifier.predict(NEW), found, strict=True)):
            for name, terms in zip(names, reasons, strict=True):
                assert sum(weight for _, weight in terms) == pytest.approx(margins[row, column[name]], abs=1e-4)

    def test_one_alone_is_as_in_a_batch(self, classifier):
        whole = classifier.predict_proba(NEW * 1000)
        one = np.concatenate([classifier.predict_proba([headline]) for headline in NEW])
        assert whole[: len(NEW)].tobytes() == one.tobytes()

    def test_budgets_hold_on_new_headlines(self, classifier):
        headlines, sections = mixed(3000, seed=9)
        true = marks_of(sections, classifier.classes_)
        thresholds = [classifier.threshold(budget) for budget in (0.15, 0.2, 0.3)]
        assert thresholds == sorted(thresholds, reverse=True)
        for budget, threshold in zip((0.15, 0.2, 0.3), thresholds, strict=True):
            answered = classifier.decide(headlines, threshold).answered
            assert (answered & ~true).sum() <= (budget + 0.02) * answered.sum()

    def test_a_label_of_none(self):
        headlines, sections = mixed(300)
        named = [names or ["nothing"] for names in sections]
        one = MultiLabelClassifier(none_label="nothing", background=None).fit(headlines, named)
        other = MultiLabelClassifier(background=None).fit(headlines, sections)
        assert one.classes_.tolist() == list(LABELS)
        assert one.predict_proba(NEW).tobytes() == other.predict_proba(NEW).tobytes()

    def test_a_background_helps_with_few_headlines(self):
        rows = ["Nurses treat patients", "Doctors vote on pay", "Goalkeeper saves penalty", "Parliament passes budget"]
        sections = [["health"], ["health", "politics"], ["sport"], ["politics"]]
        found = MultiLabelClassifier(n_folds=2).fit(rows * 5, sections * 5, groups=range(20))
        margins = found.decision_function(["Hospital surgeon", "Striker wins match", "Minister resigns"])
        assert margins.argmax(axis=1).tolist() == [0, 2, 1]

    def test_refit_keeps_what_was_measured(self, classifier):
        headlines, sections = mixed(300, seed=3)
        other = classifier.refit(headlines, sections)
        assert isinstance(other, MultiLabelClassifier)
        assert other.cutoffs_.tobytes() == classifier.cutoffs_.tobytes()
        assert other.coef_.shape[1] == 3
        with pytest.raises(ValueError, match="expected those that were learned"):
            classifier.refit(headlines, [[*names, "weather"] for names in sections])

    def test_levels_are_for_one_section(self, classifier):
        with pytest.raises(ValueError, match="expected one section a headline"):
            classifier.at_level(1)


class TestModelFile:
    def test_the_same_answers(self, classifier, tmp_path):
        save_model(classifier, tmp_path / "model")
        loaded = load_model(tmp_path / "model")
        assert isinstance(loaded, MultiLabelClassifier)
        assert to_bytes(loaded) == to_bytes(classifier)
        one, other = (each.predict_headlines(NEW, max_error=0.2, explain=3) for each in (classifier, loaded))
        assert one == other

    def test_the_same_bytes_for_any_number_of_threads(self, classifier):
        files = {to_bytes(MultiLabelClassifier(background=None, n_jobs=n).fit(*mixed(900))) for n in (1, 3)}
        assert files == {to_bytes(classifier)}

    def test_a_smaller_one(self, classifier):
        small = shrink(classifier, len(to_bytes(classifier)) // 2)
        assert isinstance(small, MultiLabelClassifier)
        assert len(to_bytes(small)) <= len(to_bytes(classifier)) // 2

    def test_an_earlier_program_refuses_it(self, classifier):
        with pytest.raises(ModelFileError, match="its format is not 'classify-headline-model'"):
            type(FILE)(FILE.format, 3, 2, FILE.kind, FILE.writer, FILE.again).unpack(to_bytes(classifier))

    @pytest.mark.parametrize("part", ["cutoffs", "calibration", "calibration_offset", "coef", "thresholds"])
    @pytest.mark.parametrize("change", [lambda a: a[:-1], lambda a: a * np.nan, lambda a: a[None]])
    def test_parts_that_do_not_fit(self, classifier, part, change, tmp_path):
        header, arrays = FILE.unpack(to_bytes(classifier))
        more = {name: value for name, value in header.items() if name not in ("format", "version", "sha256")}
        changed = np.ascontiguousarray(change(arrays[part]))
        (tmp_path / "model").write_bytes(MULTI_LABEL.pack(arrays | {part: changed}, **more))
        with pytest.raises(ModelFileError, match="do not fit"):
            load_model(tmp_path / "model")

    def test_formats_are_not_mixed_up(self, classifier, tmp_path):
        single = HeadlineClassifier(background=None).fit(*corpus(60))
        for model, file in ((classifier, FILE), (single, MULTI_LABEL)):
            header, arrays = FILE.unpack(to_bytes(model))
            more = {name: value for name, value in header.items() if name not in ("format", "version", "sha256")}
            (tmp_path / "model").write_bytes(file.pack(arrays, **more))
            with pytest.raises(ModelFileError, match="its arrays do not fit"):
                load_model(tmp_path / "model")
