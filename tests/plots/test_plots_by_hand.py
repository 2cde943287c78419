"""Figures worked by hand, and the helpers that place and cut their texts."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import section_numbers

from classify import plots
from classify.core.display import width_of
from classify.plots.drawing import cut, shorten
from classify.plots.probabilities import spread
from classify.plots.sections import MOST_DRAWN, drawn_sections, row_shares, similarity_order

# ---- worked by hand


def test_confusion_matrix_writes_shares_of_the_row_and_counts():
    ax = plots.plot_confusion_matrix({"labels": ["a", "b"], "confusion_matrix": [[3, 1], [0, 2]]})
    assert [t.get_text() for t in ax.texts] == ["75 %\n3", "25 %\n1", "100 %\n2"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a (4)", "b (2)"]


def test_confusion_matrix_puts_confused_sections_together():
    matrix = [[8, 0, 2], [0, 9, 1], [4, 0, 6]]
    ax = plots.plot_confusion_matrix({"labels": ["a", "b", "c"], "confusion_matrix": matrix})
    order = "".join(t.get_text() for t in ax.get_xticklabels())
    assert "ac" in order or "ca" in order


def test_of_many_sections_those_of_most_mistakes_are_drawn():
    k = MOST_DRAWN + 20
    matrix = np.diag(np.full(k, 9))
    matrix[k - 1, : MOST_DRAWN - 1] = 3  # all but these are always right
    ax = plots.plot_confusion_matrix({"labels": [f"s{i}" for i in range(k)], "confusion_matrix": matrix.tolist()})
    chosen = [*range(MOST_DRAWN - 1), k - 1]
    assert sorted(drawn_sections(matrix)) == chosen
    labels = {f"s{i} (9)" for i in chosen[:-1]} | {f"s{k - 1} ({9 + 3 * (MOST_DRAWN - 1)})"}
    assert {t.get_text() for t in ax.get_yticklabels()} == labels
    assert ax.get_title(loc="left") == f"The {MOST_DRAWN} sections of most mistakes, of {k}"


def test_a_section_without_test_headlines_has_an_empty_row():
    ax = plots.plot_confusion_matrix({"labels": ["a", "b"], "confusion_matrix": [[3, 1], [0, 0]]})
    assert len(ax.texts) == 2


def test_sections_stand_in_order_of_f1():
    rows = [
        {
            "section": name,
            "precision": f,
            "recall": f,
            "f1": f,
            "f1_low": None,
            "f1_high": None,
            "support": 9,
        }
        for name, f in (("low", 0.2), ("high", 0.9), ("middle", 0.5))
    ]
    ax = plots.plot_per_section({"per_section": rows})
    assert [t.get_text() for t in ax.get_yticklabels()] == ["high (9)", "middle (9)", "low (9)"]


@pytest.mark.parametrize(
    ("lowest", "start"), [(0.87, 0.8), (0.81, 0.8), (0.8, 0.7), (0.55, 0.5), (0.5, 0.0), (0.2, 0.0), (None, 0.0)]
)
def test_scores_of_sections_that_are_all_high_start_just_below_the_lowest(lowest, start):
    high = {"precision": 0.93, "recall": 0.95, "f1": 0.94, "f1_low": 0.9, "f1_high": 0.97, "support": 20}
    rows = [{"section": "a", **high}, {"section": "b", **high, "f1_low": lowest}]
    if lowest is None:
        rows = [{"section": "a", **dict.fromkeys(high), "support": 0}]
    ax = plots.plot_per_section({"per_section": rows})
    assert ax.get_xlim()[0] == pytest.approx(start)
    assert ax.get_xlabel() == (f"score (from {start})" if start else "score")
    # No mark is cut, whichever score is the lowest.
    rows[0]["recall"] = 0.3
    assert plots.plot_per_section({"per_section": rows}).get_xlim()[0] == 0


def test_of_many_curves_the_best_and_the_worst_four_are_named():
    curves = [
        {
            "section": f"s{i}",
            "precision": [1, i / 12],
            "recall": [0, 1],
            "average_precision": i / 12,
        }
        for i in range(12)
    ]
    ax = plots.plot_precision_recall({"precision_recall": curves})
    assert len(ax.lines) == 12
    assert [t.get_text().split()[0] for t in ax.get_legend().get_texts()] == [
        "s11",
        "s3",
        "s2",
        "s1",
        "s0",
    ]


def test_budgets_are_marked_where_they_hold():
    part = {
        "coverage": [0.5, 1.0],
        "risk": [0.0, 0.2],
        "budgets": [
            {
                "max_error": 0.05,
                "coverage": 0.6,
                "error": 0.04,
                "error_low": 0.02,
                "error_high": 0.07,
            },
            {
                "max_error": 0.01,
                "coverage": 0.0,
                "error": None,
                "error_low": None,
                "error_high": None,
            },
            {
                "max_error": 0.02,
                "coverage": None,
                "error": None,
                "error_low": None,
                "error_high": None,
            },
        ],
    }
    ax = plots.plot_risk_coverage({"risk_coverage": part})
    assert [t.get_text() for t in ax.texts] == ["budget 5 %:\nanswers 60 %"]


def test_baselines_are_below_the_model_with_the_random_split_between():
    labels = [t.get_text() for t in plots.plot_baselines(section_numbers()).get_yticklabels()]
    assert labels == [
        "this model (grouped split)",
        "this model (random split)",
        "most frequent section",
        "naive Bayes on words",
    ]


def test_models_far_off_are_named_at_the_edge():
    models = [
        {
            "name": f"m{i}",
            "accuracy": {"value": v, "low": v - 0.02, "high": v + 0.02},
            "macro_f1": v - 0.01,
        }
        for i, v in enumerate((0.9, 0.89, 0.88, 0.87, 0.86, 0.2))
    ]
    ax = plots.plot_models({"comparison": {"models": models}})
    assert [t.get_text() for t in ax.texts] == ["← 0.200", "← 0.190"]
    assert ax.get_xlim()[0] > 0.7
    pairs = [
        {
            "a": "m0",
            "b": row["name"],
            "difference": 0.9 - v,
            "low": 0.9 - v - 0.02,
            "high": 0.9 - v + 0.02,
        }
        for row in models[1:]
        for v in [row["accuracy"]["value"]]
    ]
    assert [t.get_text() for t in plots.plot_paired_differences({"comparison": {"paired": pairs}}).texts] == ["70.0 →"]


def test_the_best_model_of_each_section_is_bold():
    scores = {"a": {"x": 0.5, "y": 0.4}, "b": {"x": 0.1, "y": 0.9}, "c": {"x": None, "y": 0.3}}
    ax = plots.plot_section_comparison({"comparison": {"per_section": scores}})
    assert [t.get_text() for t in ax.get_xticklabels()] == ["y", "x"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["b", "c", "a"]
    assert [t.get_text() for t in ax.texts if t.get_fontweight() == "bold"] == [
        "0.90",
        "0.30",
        "0.50",
    ]


def test_top_terms_stand_strongest_first_and_long_ones_are_cut():
    terms = [{"term": "cup", "weight": 2.0}, {"term": "a very long pair of words", "weight": 1.0}]
    ax = plots.plot_top_terms({"top_terms": {"a": terms, "b": []}})
    assert [t.get_text() for t in ax.texts] == ["cup", "a very long pai…"]


def test_search_marks_the_chosen_trial():
    ax = plots.plot_search(section_numbers())
    chosen = next(line for line in ax.lines if line.get_label() == "chosen")
    assert chosen.get_ydata() == pytest.approx(0.78)


def test_one_story_and_no_sections_can_be_mapped():
    ax = plots.plot_map({"map": [{"x": 0.0, "y": 0.0, "story": 7, "size": 1, "title": "a", "section": None}]})
    assert [t.get_text() for t in ax.texts] == ["7", "7  a (1)"]


def test_sizes_count_stories():
    ax = plots.plot_sizes({"sizes": [3, 3, 1]})
    assert [patch.get_height() for patch in ax.patches] == [1, 2]


def test_timeline_names_stories_by_their_titles():
    days = [{"date": "2022-03-01", "counts": {"7": 2, "8": 1}}]
    ax = plots.plot_timeline({"timeline": days, "stories": [{"story": 7, "title": "Storm"}]})
    assert [t.get_text() for t in ax.get_yticklabels()] == ["7  Storm (2)", "story 8 (1)"]


# ---- helpers


@given(
    st.lists(st.floats(0, 100), max_size=12),
    st.floats(0.1, 5),
)
def test_spread_keeps_gaps_and_order(positions, gap):
    placed = spread(positions, gap, 0, 100)
    by_place = sorted(placed)
    assert all(b - a >= gap - 1e-6 for a, b in pairwise(by_place))
    order = np.argsort(positions, kind="stable")
    assert [placed[i] for i in order] == by_place
    assert all(-1e-6 <= p <= 100 + 1e-6 for p in placed)


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.integers(1, 12).flatmap(
        lambda k: st.lists(st.lists(st.integers(0, 50), min_size=k, max_size=k), min_size=k, max_size=k)
    )
)
def test_similarity_order_is_a_permutation_and_shares_sum_to_one(matrix):
    counts = np.array(matrix)
    assert sorted(similarity_order(counts)) == list(range(len(counts)))
    sums = row_shares(counts).sum(axis=1)
    assert np.allclose(sums, (counts.sum(axis=1) > 0).astype(float))


@given(st.text(max_size=80), st.integers(5, 40))
def test_elided_text_is_safe_and_short(text, columns):
    label = cut(text, columns)
    assert width_of(label.replace("\\$", "$")) <= columns
    assert not any(ord(c) < 32 for c in label)


def test_labels_that_come_out_alike_are_cut_in_the_middle_or_numbered():
    regions = [f"International news and analysis: {name}" for name in ("Africa", "Asia", "Europe", "Oceania")]
    assert shorten([*regions, "sport"], 20) == [
        "Internati…is: Africa", "Internati…ysis: Asia", "Internati…is: Europe", "Internati…s: Oceania", "sport"
    ]  # fmt: skip
    assert shorten(["a" * 30, "a" * 31, "b"], 10) == ["1. aa…aaa", "2. aa…aaa", "3. b"]
    assert shorten(["a", "a"]) == ["a", "a"]


def test_a_text_of_a_megabyte_is_cut_before_it_is_measured():
    assert cut("x" * 10**6, 5, 2) == "xx…xx"
    assert cut("x" + " " * 10**6 + "y", 5) == "x y"
    assert width_of(cut("\u0301" * 10**6, 5)) <= 5


def test_pairs_that_share_their_first_model_name_it_once():
    pair = {"a": "ours", "b": "svm", "difference": 0.02, "low": 0.01, "high": 0.03}
    ax = plots.plot_paired_differences({"comparison": {"paired": [pair, {**pair, "b": "ridge"}]}})
    assert [t.get_text() for t in ax.get_yticklabels()] == ["svm", "ridge"]
    assert ax.get_xlabel() == "accuracy of ours\nminus that of each (percentage points)"
    ax = plots.plot_paired_differences({"comparison": {"paired": [pair, {**pair, "a": "ridge"}]}})
    assert [t.get_text() for t in ax.get_yticklabels()] == ["ours\n− svm", "ridge\n− svm"]


def test_other_ways_to_calibrate_are_lines_beside_the_dots():
    bins = [{"confidence": c, "accuracy": c, "low": c, "high": c, "count": 9} for c in (0.5, 0.9)]
    ax = plots.plot_reliability({"reliability": bins, "reliability_beside": {"softmax": bins, "sigmoid": bins[:1]}})
    assert [text.get_text() for text in ax.get_legend().get_texts()][1:3] == ["softmax", "sigmoid"]
    assert ax.lines[1].get_xdata().tolist() == [0.5, 0.9]
