"""What a report tells: sentences, tables, reasons of answers, and rows that fit."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import section_numbers

from classify.report import to_frames, write_report
from classify.report.facts import budget_table, section_facts
from classify.report.mistakes import payload, worst_mistakes
from classify.report.numbers import to_json
from classify.report.page import markdown_text, table
from classify.report.reasons import mark_reasons, weigh_words
from classify.report.rows import pack_rows, rows_of
from classify.report.words import headline_figure, summary


def test_summary_by_hand():
    numbers = {
        "kind": "sections",
        "accuracy": {"value": 0.853, "low": 0.84, "high": 0.86},
        "baselines": [{"name": "most frequent section", "accuracy": 0.31, "macro_f1": 0.1}],
        "risk_coverage": {
            "budgets": [
                {"max_error": 0.05, "coverage": 0.7, "error": 0.048},
                {"max_error": 0.2, "coverage": 0.99},
            ]
        },
        "per_section": [
            {"section": "a", "f1": 0.9, "support": 5},
            {"section": "b", "f1": 0.5, "support": 5},
        ],
        "data": {"n_test": 500, "split": "time"},
    }
    first, second = (sentence.replace("\u00a0", " ") for sentence in summary(numbers))
    assert first == (
        "Of 100 headlines it had not seen, this model puts about 85 into the right section; "
        "by comparison, always answering the section most frequent in training 31."
    )
    assert second == (
        "Allowed to decline, with an error budget of 5 %, it answers 70 % of them and gets 4.8 % "
        "of those wrong; "
        "it is best at “a” (F1 0.90) and weakest at “b” (F1 0.50)."
    )
    assert headline_figure(numbers) == "accuracy 0.853 (0.840–0.860), time split, 500 test headlines"


def test_a_model_without_mistakes_has_no_weakest_section():
    score = {"value": 1.0, "low": 0.99, "high": 1.0}
    rows = [{"section": name, "f1": 1.0, "support": 5} for name in "ab"]
    numbers = {"kind": "sections", "accuracy": score, "data": {"n_test": 10}, "per_section": rows}
    assert summary(numbers)[1] == "F1 is 1.00 in each section."


@pytest.mark.slow
def test_first_screen_tells_error_budgets_and_whether_they_held(tmp_path):
    numbers = section_numbers(3, 400)
    numbers["risk_coverage"]["budgets"] = [
        {"max_error": 0.01, "threshold": None, "coverage": 0.0, "error": None, "error_low": None, "error_high": None},
        {"max_error": 0.02, "threshold": 0.9, "coverage": 0.4, "error": 0.02, "error_low": 0.0, "error_high": 0.05},
        {"max_error": 0.05, "threshold": 0.8, "coverage": 0.6, "error": 0.06, "error_low": 0.03, "error_high": 0.08},
        {"max_error": 0.1, "threshold": 0.7, "coverage": 0.9, "error": 0.12, "error_low": 0.11, "error_high": 0.13},
    ]
    rows = [[cell.replace("\u00a0", " ") for cell in row] for row in budget_table(numbers)["rows"]]
    assert rows == [
        ["1 %", "–", "none", "–", "–"],
        ["2 %", "0.900", "40 %", "2.0 % (0.0–5.0 %)", "yes"],
        ["5 %", "0.800", "60 %", "6.0 % (3.0–8.0 %)", "within chance"],
        ["10 %", "0.700", "90 %", "12.0 % (11.0–13.0 %)", "no"],
    ]
    first = write_report(numbers, tmp_path).read_text("utf-8").split("<nav")[0]
    assert "within chance" in first
    assert "within chance" in (tmp_path / "report.md").read_text("utf-8")


def test_first_screen_tells_what_else_a_reader_must_know():
    numbers = section_numbers(3, 400)
    numbers["data"] |= {"trained_on": None, "unknown_sections": [{"section": "weather", "n_headlines": 1200}]}
    numbers["by_source"] = [
        {"publishers": "in training", "accuracy": 0.9, "low": 0.8, "high": 0.95, "count": 80},
        {"publishers": "new", "accuracy": 0.7, "low": 0.5, "high": 0.85, "count": 20},
    ]
    area = {"value": 0.93, "low": 0.9, "high": 0.95}
    numbers["none_of_these"] = {
        "label": "none", "n_headlines": 50, "area_under_roc": area, "max_error": 0.05, "answered": 0.1,
    }  # fmt: skip
    facts = dict(section_facts(numbers))
    assert "its file does not say which" in facts["Trained on"]
    assert facts["Not known to it"] == "“weather”: their 1,200 headlines count as mistakes"
    assert facts["New publishers"].startswith("accuracy 0.700 (0.500–0.850) on the 20 test headlines of publishers")
    assert "0.930 (0.900–0.950)" in facts["None of these"]
    assert re.search(
        r"this classifier minus words alone: [+−][\d.]+ points of accuracy \(.+ to .+\)", facts["Compared"]
    )
    assert "it had not seen" not in summary(numbers)[0]


def test_a_table_has_the_interval_behind_its_value():
    frame = pd.DataFrame({"name": ["a", "b"], "f1": [0.5, 0.25], "f1 low": [0.4, None], "f1 high": [0.6, None]})
    assert table(frame)["header"] == ["name", "f1"]
    assert table(frame)["rows"] == [["a", "0.500 (0.400–0.600)"], ["b", "0.250"]]


def test_a_frame_for_each_table():
    numbers = section_numbers()
    frames, n = to_frames(numbers), numbers["data"]["n_test"]
    assert frames["confusion_matrix"].iloc[:, 1:].to_numpy().sum() == n
    assert frames["scores"]["name"].tolist()[0] == "this model (grouped split)"
    assert frames["per_section"]["support"].sum() == n
    assert len(frames["predictions"]) == n
    assert to_frames({}) == {}


@given(
    st.text(max_size=60),
    st.lists(st.fixed_dictionaries({"term": st.text(max_size=8), "weight": st.floats(-5, 5)}), max_size=5),
)
def test_marked_pieces_join_to_the_headline(headline, terms):
    pieces = mark_reasons(headline, weigh_words(headline, terms))
    assert "".join(text for text, _ in pieces) == headline
    assert all(-3 <= level <= 3 for _, level in pieces)


@pytest.mark.parametrize(
    ("headline", "term", "marked"),
    [
        ("Keeper’s late save", "keeper", ["Keeper"]),
        ("STRASSE or Straße", "strasse", ["STRASSE", "Straße"]),
        ("中国队夺得金牌", "金 牌", ["金", "牌"]),
        ("Who won? And why?", "won ?", ["won", "?"]),
        ("Keeper’s late save", "’ s", ["’", "s"]),
        ("कोहली ने शतक जड़ा", "शतक", ["शतक"]),
        ("no such word", "(bias)", []),
        ("save the save", "the save", ["the", "save"]),
    ],
)
def test_words_are_marked_as_the_tokens_are_cut(headline, term, marked):
    words = weigh_words(headline, [{"term": term, "weight": 1.0}])
    assert [headline[start:end] for start, end, _ in words] == marked


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "headline": st.text("Rovers wîn 中国 😀-'", max_size=40),
                "section": st.sampled_from(["sport", "tech"]),
                "predicted": st.sampled_from(["sport", "a new one"]),
                "probability": st.floats(0, 1),
                "abstained": st.booleans(),
                "terms": st.lists(
                    st.fixed_dictionaries({"term": st.text("rovers wîn中国", max_size=8), "weight": st.floats(-9, 9)}),
                    max_size=9,
                ),
            }
        ),
        max_size=9,
    ),
    st.integers(0, 2000),
)
def test_packed_rows_are_the_rows_as_many_as_fit(rows, room):
    packed = pack_rows(rows, ["tech"], room)
    columns = {key: value for key, value in packed.items() if key != "sections"}
    assert len(to_json({"predictions": columns}).encode()) <= room + 130  # the names of the columns
    found = rows_of({"predictions": json.loads(to_json({"predictions": packed}))["predictions"]})
    everything = rows_of({"predictions": pack_rows(rows, ["tech"])})
    assert len(everything) == len(rows)
    assert all(row in everything for row in found)
    wrong = [row for row in rows if row["section"] != row["predicted"]]
    right = [row for row in rows if row["section"] == row["predicted"]]
    for given_row, row in zip([*wrong, *right], everything, strict=True):
        for key in ("headline", "section", "predicted", "abstained"):
            assert row[key] == given_row[key]
        assert row["probability"] == pytest.approx(given_row["probability"], abs=6e-5)
        words = {(a, b): w for a, b, w in weigh_words(given_row["headline"], given_row["terms"])}
        assert len(row["words"]) <= 6
        assert all(words[a, b] == pytest.approx(w, abs=0.006) for a, b, w in row["words"])


@pytest.mark.slow
def test_results_json_has_a_bound_whatever_the_headlines():
    numbers = section_numbers()
    row = numbers["predictions"][0]
    bare = len(to_json({**numbers, "predictions": None}))
    for count, headline in ((25_000, "क्रिकेट " * 12), (2_000, "x" * 100_000)):
        numbers["predictions"] = [{**row, "headline": f"{i} {headline}"} for i in range(count)]
        size = len(to_json(numbers).encode()) - bare
        assert 2_500_000 < size < 3_001_000


def test_json_has_no_nan():
    assert json.loads(to_json({"a": float("nan"), "b": [float("inf"), 1.5]})) == {"a": None, "b": [None, 1.5]}


def test_payload_takes_what_fits():
    numbers = section_numbers()
    rows, n = numbers["predictions"], numbers["data"]["n_test"]
    n_wrong = sum(row["section"] != row["predicted"] for row in rows)
    assert payload(numbers, 0)["rows"] == []
    assert len(payload(numbers, 10**6)["rows"]) == n
    part = payload(numbers, 50 * n_wrong)
    shown, others = part["wrong"][0], part["right"][0]
    assert len(part["rows"]) == shown + others
    assert 0 < shown < n_wrong == part["wrong"][1]
    assert 0 < others < n - n_wrong == part["right"][1]
    assert all(true != answer for _, true, answer, *_ in part["rows"][:shown])


def test_payload_leaves_no_mistake_out_for_a_right_answer():
    numbers = section_numbers()
    n_wrong = sum(row["section"] != row["predicted"] for row in numbers["predictions"])
    part = payload(numbers, 300 * n_wrong)
    assert part["wrong"] == [n_wrong, n_wrong]
    assert 0 < part["right"][0] < part["right"][1]


def test_payload_counts_its_bytes():
    from jinja2.utils import htmlsafe_json_dumps

    numbers = section_numbers()
    for room in (2000, 9000, 18_000):
        rows = payload(numbers, room)["rows"]
        dumps = {"ensure_ascii": False, "separators": (",", ":")}
        assert 0.5 * room < len(htmlsafe_json_dumps(rows, **dumps).encode()) <= room + 2


def test_packed_marks_are_those_of_the_page_without_script():
    row = {
        "headline": "😀 Späte Rettung: Rovers up <b>",
        "section": "a",
        "predicted": "b",
        "probability": 0.51234,
        "abstained": True,
        "terms": [{"term": "rettung rovers", "weight": 0.5}, {"term": "up", "weight": -0.1}],
    }
    packed = payload({"predictions": [row], "labels": ["a", "b"]}, 10_000)
    assert packed["rows"] == [[row["headline"], 0, 1, 5123, 1, [8, 7, 25, 17, 6, 25, 24, 2, -10]]]
    shown = worst_mistakes({"predictions": [row]})[0]
    assert [text for text, level in shown["pieces"] if level] == ["Rettung", "Rovers", "up"]
    assert shown["reasons"] == "Rettung +0.25 · Rovers +0.25 · up −0.10"


@given(st.text(max_size=60))
def test_markdown_shows_any_text_on_one_line(text):
    line = str(markdown_text(text))
    assert "\n" not in line
    assert not re.search(r"(?<!\\)[|*_`<>\[\]]", line.replace("\\\\", ""))
