"""Labels that look wrong: worked by hand, injected errors, hostile corpora, corrections, the real command."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from classify import Headlines, load_sample
from classify.audit import apply_corrections, find_suspicious, predicting_publishers
from classify.audit.signals import COLUMNS, Publisher
from classify.core.arrow import from_strings

SPORT = ["Rovers win the cup", "Striker signs for Rovers", "Keeper saves late penalty", "United lose the derby"]
POLITICS = ["MPs vote on tax", "Senate passes tax bill", "Minister resigns over vote", "Parliament debates budget"]


def corpus(texts, sections, **columns):
    """Build labelled headlines from lists."""
    columns = {name: from_strings(column) for name, column in columns.items()}
    return Headlines(from_strings(texts), section=from_strings(sections), **columns)


def run(*args, stdin=b"", cwd=None):
    """Run the command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "classify", *map(str, args)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=120,
        check=False,
    )


def with_errors(headlines, share=0.05, seed=1):
    """Change a share of the labels at random; return the headlines and which rows were changed."""
    names, y = np.unique(np.array(headlines.section.to_pylist()), return_inverse=True)
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(y), round(share * len(y)), replace=False)
    y[rows] = (y[rows] + rng.integers(1, len(names), len(rows))) % len(names)
    columns = {**headlines._columns(), "section": from_strings(names[y].tolist())}
    return Headlines(**columns), set(rows.tolist())


@pytest.fixture(scope="module")
def audited():
    """Audit the embedded corpus with errors; give headlines, changed rows and table."""
    headlines, changed = with_errors(load_sample())
    return headlines, changed, find_suspicious(headlines)


def test_a_repeat_under_another_section_is_listed_first_and_told_in_words():
    texts = [*SPORT, *POLITICS, "Rovers win the cup - Reuters", "ROVERS win the cup"]
    table = find_suspicious(corpus(texts, ["sport"] * 4 + ["politics"] * 4 + ["politics", "sport"]))
    first = table.iloc[0]
    assert list(table.columns) == list(COLUMNS)
    assert (first.id, first.section, first.suggested, first.corrected) == ("9", "politics", "sport", "")
    assert "the same headline stands under sport (line 1, 2 of 2 under another section than this)" in first.reason


def test_a_near_duplicate_is_named_by_its_id():
    texts = [*SPORT, *POLITICS, "Striker signs for Rovers today"]
    ids = list("abcdefghi")
    table = find_suspicious(corpus(texts, ["sport"] * 4 + ["politics"] * 5, id=ids))
    assert "a near-duplicate stands under sport (b)" in table.set_index("id").reason["i"]


def test_of_two_conflicting_repeats_at_least_one_is_listed():
    table = find_suspicious(corpus([*SPORT, *POLITICS, SPORT[0]], ["sport"] * 4 + ["politics"] * 5))
    assert {"1", "9"} & set(table.id)


def test_a_publisher_that_tells_the_section_speaks_against_other_labels_only():
    texts = [f"{a} {i}" for i in range(6) for a in SPORT] + [f"{a} {i}" for i in range(6) for a in POLITICS]
    publishers = ["Goal Weekly"] * 24 + ["Daily Post"] * 20 + ["Goal Weekly"] + ["Daily Post"] * 3
    texts[44] = "Zzz"
    headlines = corpus(texts, ["sport"] * 24 + ["politics"] * 24, publisher=publishers)
    assert predicting_publishers(headlines) == [
        Publisher("Goal Weekly", "sport", 0.96, 25),
        Publisher("Daily Post", "politics", 1.0, 23),
    ]
    table = find_suspicious(headlines)
    told = table[table.reason.str.contains("headlines of")]
    assert told.id.tolist() == ["45"]
    assert "96 % of the 25 headlines of Goal Weekly are sport" in told.reason.iloc[0]


def test_a_publisher_is_read_from_the_tail_where_there_is_no_column():
    texts = [f"Goal number {i} &amp; more - Sport Times" for i in range(20)]
    texts += [f"Vote {i} &amp; more - a report on {i}" for i in range(20)]
    found = predicting_publishers(corpus(texts, ["sport"] * 20 + ["politics"] * 20))
    assert found == [Publisher("Sport Times", "sport", 1.0, 20)]


def test_nineteen_headlines_do_not_make_a_witness():
    texts = [f"Goal number {i} - Sport Times" for i in range(19)]
    assert predicting_publishers(corpus([*texts, "MPs vote"], ["sport"] * 19 + ["politics"])) == []


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
def test_hopeless_corpora_are_refused_in_words(headlines, words):
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


@pytest.fixture
def suspicious(tmp_path):
    """Give a function that writes a table as a person would fill it in."""

    def write(*rows, name="suspicious.csv", delimiter=","):
        header = ["id", "headline", "section", "suggested", "probability", "reason", "corrected"]
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=delimiter).writerows([header, *rows])
        return tmp_path / name

    return write


def test_corrections_are_matched_by_id_line_headline_and_section(suspicious):
    headlines = corpus(["A b", "A b", "C d", "E f"], ["x", "y", "y", "x"], id=["k", "k", None, "z"])
    path = suspicious(
        ["k", "A b", "y", "x", 0.1, 'why; "so"', " x "],
        ["3", "C d", "y", "x", 0.2, "", "x"],
        ["z", "E f", "x", "y", 0.3, "", ""],
    )
    corrected = apply_corrections(headlines, path)
    assert corrected.section.to_pylist() == ["x", "x", "x", "x"]
    assert corrected.id.equals(headlines.id)
    assert headlines.section.to_pylist() == ["x", "y", "y", "x"]


def test_nothing_filled_in_changes_nothing(suspicious):
    headlines = corpus(["A b", "C d"], ["x", "y"])
    path = suspicious(["1", "A b", "x", "y", 0.1, "", ""])
    assert apply_corrections(headlines, path).section.to_pylist() == ["x", "y"]


def test_a_spreadsheet_may_write_semicolons(suspicious):
    headlines = corpus(["A b", "C d"], ["x", "y"])
    path = suspicious(["1", "A b", "x", "y", "0,1", "why", "y"], delimiter=";")
    assert apply_corrections(headlines, path).section.to_pylist() == ["y", "y"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["9", "A b", "x", "", "", "", "y"]], r"suspicious.csv:2: 9 'A b' was not found with that section"),
        ([["1", "A b", "y", "", "", "", "y"]], r"suspicious.csv:2: 1 'A b' was not found with that section"),
        ([["1", "A b", "x", "", "", "", "yy"]], r"suspicious.csv:2: found the section 'yy'; expected one"),
        ([["1", "A b", "x", "", "", "", "x"], ["1", "A b", "x", "", "", "", "y"]], "corrected in two ways"),
    ],
)
def test_wrong_corrections_are_refused_by_line(suspicious, rows, words):
    with pytest.raises(ValueError, match=words):
        apply_corrections(corpus(["A b", "C d"], ["x", "y"]), suspicious(*rows))


def test_a_table_without_the_column_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("id,headline,section\n1,A b,x\n", encoding="utf-8")
    with pytest.raises(ValueError, match="corrected"):
        apply_corrections(corpus(["A b", "C d"], ["x", "y"]), tmp_path / "a.csv")


def test_sections_are_needed_to_correct_them(suspicious):
    with pytest.raises(ValueError, match="without sections"):
        apply_corrections(Headlines(from_strings(["A b"])), suspicious())


@pytest.mark.slow
def test_the_command_lists_and_train_takes_the_list_back(tmp_path):
    headlines, changed = with_errors(load_sample().slice(0, 400))
    headlines.to_pandas().drop(columns="line").to_csv(tmp_path / "corpus.csv", index=False)
    result = run("audit", "corpus.csv", "-o", "suspicious.csv", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == b""
    assert b"of 400 headlines look as if they were of another section" in result.stderr
    table = pd.read_csv(tmp_path / "suspicious.csv", dtype=str, keep_default_na=False)
    assert list(table.columns) == list(COLUMNS)
    piped = run("audit", "-", stdin=(tmp_path / "corpus.csv").read_bytes())
    assert piped.stdout == (tmp_path / "suspicious.csv").read_bytes()

    true = dict(zip(load_sample().id.to_pylist(), load_sample().section.to_pylist(), strict=True))
    known = table.id.map(true)
    table["corrected"] = known.where(known != table.section, "")
    assert 0.5 * len(changed) < (table.corrected != "").sum() <= len(changed)
    table.to_csv(tmp_path / "filled.csv", index=False)
    trained = run("train", "corpus.csv", "--corrections", "filled.csv", "-m", "a.safetensors", cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    by_hand = apply_corrections(headlines, tmp_path / "filled.csv")
    by_hand.to_pandas().drop(columns="line").to_csv(tmp_path / "corrected.csv", index=False)
    assert run("train", "corrected.csv", "-m", "b.safetensors", cwd=tmp_path).returncode == 0
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.slow
def test_the_command_finds_named_columns(tmp_path):
    rows = [["words", "desk"], *([text, "a"] for text in SPORT), *([text, "b"] for text in POLITICS), [SPORT[0], "b"]]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    (tmp_path / "in.csv").write_text(out.getvalue(), encoding="utf-8")
    result = run("audit", tmp_path / "in.csv", "--text-column", "words", "--label-column", "desk")
    assert result.returncode == 0, result.stderr
    listed = list(csv.DictReader(io.StringIO(result.stdout.decode())))
    assert ("10", SPORT[0]) in {(row["id"], row["headline"]) for row in listed}


@pytest.mark.slow
def test_the_command_refuses_in_one_sentence(tmp_path):
    (tmp_path / "one.csv").write_text("headline,section\nA b,x\nC d,x\n", encoding="utf-8")
    result = run("audit", tmp_path / "one.csv", "-o", tmp_path / "out.csv")
    assert result.returncode == 2
    assert result.stderr.decode().startswith("classify: error: 1 different section(s) found; expected 2 to 500")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.slow
@pytest.mark.corpora
def test_changed_labels_of_a_real_corpus_come_first(corpora):
    frame = corpora("thucnews_zh").iloc[:12_000]
    headlines, changed = with_errors(corpus(frame.headline.tolist(), frame.section.tolist()))
    rows = find_suspicious(headlines).id.astype(int)[: len(changed)] - 1
    # Measured: 0.79 of the first 600; 0.85 of the first 2,500 on the whole corpus, in reports/audit.
    assert rows.isin(changed).mean() > 0.7
