"""Labels that look wrong: worked by hand, injected errors, hostile corpora."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from audit_cases import POLITICS, SPORT, corpus, with_errors

from classify import Headlines, load_sample
from classify.audit import COLUMNS, Publisher, audit_labels, find_suspicious
from classify.core.arrow import from_strings


@pytest.fixture(scope="module")
def audited():
    """Audit the embedded corpus with errors; return headlines, changed rows and table."""
    headlines, changed = with_errors(load_sample())
    return headlines, changed, find_suspicious(headlines)


def test_a_repeat_under_another_section_is_listed_first_with_the_reason():
    texts = [*SPORT, *POLITICS, "Rovers win the cup - Reuters", "ROVERS win the cup"]
    table = find_suspicious(corpus(texts, ["sport"] * 4 + ["politics"] * 4 + ["politics", "sport"]))
    first = table.iloc[0]
    assert list(table.columns) == list(COLUMNS)
    assert (first.id, first.section, first.suggested, first.corrected) == ("9", "politics", "sport", "")
    assert "the same headline has the section sport (line 1, 2 of 2 differ from this one)" in first.reason


def test_a_near_duplicate_is_named_by_its_id():
    texts = [*SPORT, *POLITICS, "Striker signs for Rovers today"]
    ids = list("abcdefghi")
    table = find_suspicious(corpus(texts, ["sport"] * 4 + ["politics"] * 5, id=ids))
    assert "a near-duplicate has the section sport (b)" in table.set_index("id").reason["i"]


def test_of_two_conflicting_repeats_at_least_one_is_listed():
    table = find_suspicious(corpus([*SPORT, *POLITICS, SPORT[0]], ["sport"] * 4 + ["politics"] * 5))
    assert {"1", "9"} & set(table.id)


def test_a_publisher_that_predicts_the_section_counts_against_other_labels_only():
    texts = [f"{a} {i}" for i in range(6) for a in SPORT] + [f"{a} {i}" for i in range(6) for a in POLITICS]
    publishers = ["Goal Weekly"] * 24 + ["Daily Post"] * 20 + ["Goal Weekly"] + ["Daily Post"] * 3
    texts[44] = "Keeper resigns"
    headlines = corpus(texts, ["sport"] * 24 + ["politics"] * 24, publisher=publishers)
    audit = audit_labels(headlines)
    assert audit.publishers == [
        Publisher("Goal Weekly", "sport", 0.96, 25),
        Publisher("Daily Post", "politics", 1.0, 23),
    ]
    table = audit.table
    against = table[table.reason.str.contains("headlines of")]
    assert against.id.tolist() == ["45"]
    assert "96 % of the 25 headlines of Goal Weekly are sport" in against.reason.iloc[0]


def test_a_publisher_is_read_from_the_suffix_where_there_is_no_column():
    texts = [f"Goal number {i} &amp; more - Sport Times" for i in range(20)]
    texts += [f"Vote {i} &amp; more - a report on {i}" for i in range(20)]
    found = audit_labels(corpus(texts, ["sport"] * 20 + ["politics"] * 20))
    assert found.publishers == [Publisher("Sport Times", "sport", 1.0, 20)]


def test_nineteen_headlines_of_a_publisher_do_not_count():
    texts = [f"Goal number {i} - Sport Times" for i in range(19)]
    assert audit_labels(corpus([*texts, "MPs vote"], ["sport"] * 19 + ["politics"])).publishers == []


@pytest.mark.slow
def test_injected_errors_are_found(audited):
    headlines, changed, table = audited
    rows = {id_: row for row, id_ in enumerate(headlines.id.to_pylist())}
    listed = [rows[id_] in changed for id_ in table.id]
    # Measured: 0.79 of the first 152, 0.93 of the changed ones listed.
    assert np.mean(listed[: len(changed)]) > 0.7
    assert sum(listed) > 0.85 * len(changed)


@pytest.mark.slow
def test_the_list_is_ranked_and_every_row_has_a_reason(audited):
    _, _, table = audited
    assert table.probability.is_monotonic_increasing
    assert table.probability.between(0, 0.5).all()
    assert (table.section != table.suggested).all()
    assert table.reason.str.len().gt(10).all()
    assert (table.corrected == "").all()


@pytest.mark.slow
def test_the_same_bytes_for_any_number_of_jobs(audited):
    headlines, _, table = audited
    pd.testing.assert_frame_equal(find_suspicious(headlines, n_jobs=1), table)


def test_a_model_near_chance_is_known_to_be():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 5)) for _ in range(400)]
    random = audit_labels(corpus(texts, rng.choice(["x", "y", "z"], 400, p=[0.6, 0.2, 0.2]).tolist()))
    assert random.near_chance
    assert random.n_headlines == 400
    assert random.most_frequent == pytest.approx(0.6, abs=0.08)
    easy = audit_labels(corpus([f"{text} {i % 2 * 'goal'}" for i, text in enumerate(texts)], ["x", "y"] * 200))
    assert not easy.near_chance
    assert easy.accuracy > 0.9
    assert len(easy.table) <= 400 * (1 - easy.accuracy)


def test_names_of_sections_do_not_matter():
    sections = ["sport"] * 5 + ["politics"] * 3
    table = find_suspicious(corpus([*SPORT, *POLITICS], sections))
    other = find_suspicious(corpus([*SPORT, *POLITICS], [{"sport": "体育", "politics": "乙"}[s] for s in sections]))
    assert other.id.tolist() == table.id.tolist()


@pytest.mark.parametrize(
    ("headlines", "words"),
    [
        (Headlines(from_strings(["a", "b"])), "headlines without sections"),
        (corpus([], []), "0 different section"),
        (corpus(["a", "b"], ["x", "x"]), "1 different section"),
        (corpus(["a", "b"], ["x", None]), "1 of 2 sections are blank"),
        (corpus(["a b", "a b"], ["x", "y"]), "all headlines are of one group"),
    ],
)
def test_corpora_that_cannot_be_audited_are_refused(headlines, words):
    with pytest.raises(ValueError, match=words):
        find_suspicious(headlines)


def test_folds_are_two_or_more():
    with pytest.raises(ValueError, match="n_folds=1; expected a whole number from 2"):
        find_suspicious(corpus(["a", "b"], ["x", "y"]), n_folds=1)


def test_odd_headlines_do_no_harm():
    texts = ["", " ", "\x00", 'a, "b"\nc', "🏏" * 50, "x" * 10_000, "- - -", "Ação! 東京", *SPORT, *POLITICS]
    sections = ["sport", "politics"] * 4 + ["sport"] * 4 + ["politics"] * 3 + ["once"]
    table = find_suspicious(corpus(texts, sections))
    assert set(table.section) <= {"sport", "politics", "once"}


@pytest.mark.slow
@pytest.mark.corpora
def test_changed_labels_of_a_real_corpus_come_first(corpora):
    frame = corpora("thucnews_zh").iloc[:12_000]
    headlines, changed = with_errors(corpus(frame.headline.tolist(), frame.section.tolist()))
    rows = find_suspicious(headlines).id.astype(int)[: len(changed)] - 1
    # Measured: 0.79 of the first 600; 0.85 of the first 2,500 on the whole corpus, in reports/audit.
    assert rows.isin(changed).mean() > 0.7
