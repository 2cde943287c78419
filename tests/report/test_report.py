"""Reports: whole files, the same bytes, nothing from elsewhere, nothing that runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from classify.report.cards import card_figure
from hypothesis import given
from hypothesis import strategies as st
from report_numbers import HOSTILE, comparison, section_numbers, story_numbers

from classify.core.files import write_whole
from classify.report import to_frames, write_index, write_report
from classify.report.facts import budget_table, section_facts
from classify.report.mistakes import payload, worst_mistakes
from classify.report.numbers import to_json
from classify.report.page import PAGE_BYTES, markdown_text, table
from classify.report.reasons import mark_reasons, weigh_words
from classify.report.rows import pack_rows, rows_of
from classify.report.words import headline_figure, summary

NULLABLE = (
    "random_split",
    "learning_curve",
    "by_month",
    "by_publisher",
    "by_length",
    "search",
    "comparison",
    "top_terms",
    "reliability",
    "confidence_histogram",
    "risk_coverage",
    "precision_recall",
    "per_section",
    "predictions",
    "baselines",
    "log_loss",
    "expected_calibration_error",
)


class Page(HTMLParser):
    """Gather what a page loads, links to, runs and says."""

    def __init__(self, path):
        super().__init__()
        self.loads, self.ids, self.links, self.tags, self.handlers = [], [], [], [], []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "srcset", "data", "action", "xlink:href") or (name == "href" and tag != "a"):
                self.loads.append(value)
            if name == "href" and tag == "a":
                self.links.append(value)
            if name == "id":
                self.ids.append(value)
            if name.startswith("on"):
                self.handlers.append(name)


@pytest.fixture(scope="module")
def sections(tmp_path_factory):
    numbers = section_numbers(4, 300)
    numbers["comparison"] = comparison(numbers["labels"])
    return write_report(numbers, tmp_path_factory.mktemp("sections"))


@pytest.fixture(scope="module")
def stories(tmp_path_factory):
    return write_report(story_numbers(), tmp_path_factory.mktemp("stories"))


both = pytest.mark.parametrize("kind", ["sections", "stories"])


# ---- the files


@pytest.mark.slow
@both
def test_writes_page_markdown_numbers_and_figures(kind, request):
    page = request.getfixturevalue(kind)
    figures = {p.stem for p in page.parent.glob("figures/*.svg")}
    assert page.name == "report.html"
    assert figures == {p.stem for p in page.parent.glob("figures/*.png")}
    assert set(re.findall(r"\(figures/(\w+)\.svg\)", (page.parent / "report.md").read_text("utf-8"))) == figures
    assert {f"figure-{name}" for name in figures} <= set(Page(page).ids)
    assert len(figures) == (16 if kind == "sections" else 4)


def test_results_json_holds_every_number(sections):
    numbers = section_numbers(4, 300)
    numbers["comparison"] = comparison(numbers["labels"])
    found = json.loads((sections.parent / "results.json").read_text("utf-8"))
    rows, listed = numbers.pop("predictions"), rows_of(found)
    assert {key: value for key, value in found.items() if key != "predictions"} == numbers
    for key in ("headline", "section", "predicted", "abstained"):
        assert sorted(row[key] for row in listed) == sorted(row[key] for row in rows)


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


def test_results_json_has_a_bound_whatever_the_headlines():
    numbers = section_numbers(7, 300)
    row = numbers["predictions"][0]
    bare = len(to_json({**numbers, "predictions": None}))
    for count, headline in ((25_000, "क्रिकेट " * 12), (400, "x" * 100_000)):
        numbers["predictions"] = [{**row, "headline": f"{headline} {i}"} for i in range(count)]
        size = len(to_json(numbers).encode()) - bare
        assert 2_500_000 < size < 3_001_000


@pytest.mark.slow
def test_evaluate_prints_packed_predictions_beside_its_documented_keys(tmp_path):
    argv = [sys.executable, "-m", "classify", "evaluate", "-f", "json", "--report", str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, check=True)
    numbers = json.loads(done.stdout)
    documented = {"accuracy", "macro_f1", "log_loss", "expected_calibration_error", "per_section", "risk_coverage"}
    assert documented | {"confusion_matrix"} <= set(numbers)
    columns = numbers["predictions"]
    n = numbers["data"]["n_test"]
    assert {len(column) for name, column in columns.items() if name != "sections"} == {n}
    assert len(done.stdout) < 250 * n  # some 600 with names for every value
    assert json.loads((tmp_path / "results.json").read_text("utf-8")) == numbers


@pytest.mark.slow
@both
def test_same_bytes_on_every_run(kind, request, tmp_path):
    page = request.getfixturevalue(kind)
    write_report(json.loads((page.parent / "results.json").read_text("utf-8")), tmp_path)
    names = sorted(p.relative_to(page.parent) for p in page.parent.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    for name in names:
        assert (page.parent / name).read_bytes() == (tmp_path / name).read_bytes(), name


@both
def test_page_loads_nothing_and_its_links_arrive(kind, request):
    page = Page(request.getfixturevalue(kind))
    assert all(value.startswith(("data:", "#")) for value in page.loads)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert len(page.ids) == len(set(page.ids))


@both
def test_nothing_in_a_headline_runs_or_breaks_the_page(kind, request):
    page = request.getfixturevalue(kind)
    parsed = Page(page)
    assert parsed.tags.count("script") == (2 if kind == "sections" else 1)
    assert "img" not in parsed.tags
    assert parsed.handlers == []
    assert HOSTILE not in page.read_text("utf-8")
    assert "&lt;script&gt;window.hacked" in page.read_text("utf-8")
    assert "<script" not in (page.parent / "report.md").read_text("utf-8")


def test_names_of_sections_are_hostile_too(tmp_path):
    names = [HOSTILE, "$\\frac{1}{2}", "a\x00\x07\nb", "", "{{ 7 * 7 }}"]
    bare = dict.fromkeys(set(NULLABLE) - {"per_section", "predictions", "top_terms"})
    page = write_report(section_numbers(5, 100, names, title=HOSTILE, **bare), tmp_path)
    parsed = Page(page)
    assert parsed.tags.count("script") == 2
    assert "img" not in parsed.tags
    assert parsed.handlers == []
    assert "{{ 7 * 7 }}" in page.read_text("utf-8")
    assert "<script" not in (tmp_path / "report.md").read_text("utf-8")


def test_every_figure_has_a_text_alternative_and_a_caption(sections):
    page = sections.read_text("utf-8")
    assert (
        page.count("<figcaption>")
        == page.count("<figure ")
        == len(re.findall(r'class="plot"[^>]*aria-label="[^"]{20,}', page))
    )


def test_first_screen_says_what_was_trained_and_what_it_means(sections):
    first = sections.read_text("utf-8").split("<nav")[0]
    for words in (
        "1,200 headlines of simulated",
        "4 sections",
        "near-duplicates (wire copy) stand on one side only",
        "300 test headlines",
        "most frequent section",
        "naive Bayes on words",
        "On a random split the accuracy is",
        "95 % bootstrap over 260 groups",
        "macro-F1",
        "Of 100 headlines it had not seen",
    ):
        assert words in first, words


def test_without_script_the_worst_mistakes_are_on_the_page(sections):
    table = sections.read_text("utf-8").split('<table id="headlines">')[1].split("</table>")[0]
    mistakes = worst_mistakes(section_numbers(4, 300))
    assert table.count("<tr>") == len(mistakes) + 1
    assert "&lt;script&gt;" in table.split("</tr>")[1]
    assert '<mark class="for3">' in table


@pytest.mark.slow
@pytest.mark.parametrize("missing", [NULLABLE[i::4] for i in range(4)], ids=str)
def test_parts_that_are_null_are_left_out(missing, tmp_path):
    page = write_report(section_numbers(3, 100, **dict.fromkeys(missing)), tmp_path)
    figures = {p.stem for p in tmp_path.glob("figures/*.svg")}
    assert figures.isdisjoint(set(missing) - {"baselines"})
    assert ">None<" not in page.read_text("utf-8")


def test_a_report_of_bare_scores_can_be_written(tmp_path):
    page = write_report(section_numbers(3, 100, **dict.fromkeys(NULLABLE)), tmp_path)
    assert {p.stem for p in tmp_path.glob("figures/*.svg")} == {"baselines", "confusion_matrix"}
    assert all(link[1:] in Page(page).ids for link in Page(page).links)


def test_a_comparison_without_its_optional_parts_can_be_written(tmp_path):
    numbers = section_numbers(3, 100, **dict.fromkeys(NULLABLE))
    needed = ("models", "paired", "per_section", "disagreements")
    numbers["comparison"] = {key: comparison(numbers["labels"])[key] for key in needed}
    assert "Headlines they disagree on" in write_report(numbers, tmp_path).read_text("utf-8")


def test_stories_without_truth_dates_or_map_can_be_reported(tmp_path):
    nothing = dict.fromkeys(("scores", "timeline", "map", "choice", "worst_mixed", "worst_split"))
    page = write_report(story_numbers(12, **nothing), tmp_path)
    assert "there is no score" in page.read_text("utf-8")


@pytest.mark.slow
def test_page_stays_within_five_megabytes(tmp_path):
    numbers = section_numbers(41, 300)
    row = {
        "section": "sport",
        "predicted": "tech",
        "probability": 0.5,
        "abstained": False,
        "terms": [{"term": "क्रिकेट", "weight": 0.5}],
    }
    numbers["predictions"] = [{**row, "headline": f"<b>क्रिकेट & {'<x>' * 70} {i}</b>"} for i in range(20_000)]
    size = write_report(numbers, tmp_path).stat().st_size
    assert 0.95 * PAGE_BYTES < size <= PAGE_BYTES


@pytest.mark.slow
def test_page_of_many_sections_stays_within_five_megabytes(tmp_path):
    assert write_report(section_numbers(108, 3000), tmp_path).stat().st_size <= PAGE_BYTES


@pytest.mark.slow
def test_every_cell_of_a_matrix_without_empty_cells_can_be_clicked(tmp_path):
    numbers = section_numbers(60, 3000)
    numbers["confusion_matrix"] = [[80 if i == j else 2 for j in range(60)] for i in range(60)]
    page = write_report(numbers, tmp_path)
    assert page.read_text("utf-8").count('class="cell"') == 3600
    assert page.stat().st_size <= PAGE_BYTES


def test_figures_of_an_earlier_report_are_removed(tmp_path):
    bare = dict.fromkeys(NULLABLE)
    write_whole(tmp_path / "figures" / "by_month.svg", "old")
    write_whole(tmp_path / "figures" / "own.svg", "the reader's")
    write_report(section_numbers(2, 50, **bare), tmp_path)
    assert not (tmp_path / "figures" / "by_month.svg").exists()
    assert (tmp_path / "figures" / "own.svg").exists()


def test_says_what_kind_of_numbers_it_takes(tmp_path):
    with pytest.raises(ValueError, match="of kind 'letters'; expected 'sections' or 'stories'"):
        write_report({"kind": "letters"}, tmp_path)


# ---- whole or not at all


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "a"
    (target / "inside").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        write_whole(target, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


@pytest.mark.slow
def test_a_run_killed_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path):
    code = (
        "import sys; from pathlib import Path; from classify.core.files import write_whole\n"
        "while True:\n"
        "    for letter in 'ab': write_whole(Path(sys.argv[1]), letter * 300_000)\n"
        "    print(flush=True)\n"
    )
    target = tmp_path / "file"
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE) as run:
            run.stdout.readline()
            run.kill()
        assert target.read_text() in ("a" * 300_000, "b" * 300_000)


def test_json_has_no_nan():
    assert json.loads(to_json({"a": float("nan"), "b": [float("inf"), 1.5]})) == {
        "a": None,
        "b": [None, 1.5],
    }


# ---- fonts


@pytest.mark.slow
def test_a_script_without_a_font_is_named_once_in_the_report_and_on_standard_error(tmp_path):
    # No fallback family has cuneiform, whatever the machine.
    numbers = section_numbers(3, 100)
    numbers["top_terms"] = {label: [{"term": "𒀀𒀀", "weight": 1.0}] for label in numbers["labels"]}
    (tmp_path / "numbers.json").write_text(json.dumps(numbers), "utf-8")
    code = (
        "import json, pathlib, sys; from classify.report import write_report; here = pathlib.Path(sys.argv[1]); "
        "write_report(json.loads((here / 'numbers.json').read_text('utf-8')), here)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    said = "his machine has no font for Cuneiform, so the PNG figures show boxes for it"
    assert result.stderr.startswith(f"classify: t{said}")
    assert result.stderr.count("\n") == 1
    assert (tmp_path / "report.html").read_text("utf-8").count(f"T{said}") == 1
    assert (tmp_path / "report.md").read_text("utf-8").count(f"T{said}") == 1


def test_a_report_whose_letters_have_fonts_says_nothing_of_them(tmp_path, caplog):
    numbers = section_numbers(3, 100)
    numbers |= {"top_terms": None, "predictions": None}
    page = write_report(numbers, tmp_path)
    assert caplog.records == []
    assert "no font" not in page.read_text("utf-8")


# ---- the index


def test_index_lists_the_reports_below_it(sections, stories, tmp_path):
    for source, name in ((sections, "train & test"), (stories, "cluster_stories")):
        for path in source.parent.rglob("*"):
            if path.is_file():
                write_whole(tmp_path / name / path.relative_to(source.parent), path.read_bytes())
    write_whole(tmp_path / "broken" / "results.json", "{")
    write_whole(tmp_path / "other" / "results.json", '["not", "a", "report"]')
    index = write_index(tmp_path)
    page = Page(index)
    assert len([tag for tag in page.tags if tag == "li"]) == 2
    for link in page.links + [value for value in page.loads if not value.startswith("data:")]:
        assert (tmp_path / link.replace("%20", " ").replace("%26", "&")).exists()
    assert headline_figure(story_numbers()) in index.read_text("utf-8")


@pytest.mark.slow
def test_index_shows_what_each_report_was_made_for(tmp_path):
    numbers = section_numbers(3, 100)
    write_report({**numbers, "title": "Curve", "figure": "learning_curve"}, tmp_path / "curve")
    write_report({**numbers, "title": "Both", "comparison": comparison(numbers["labels"])}, tmp_path / "both")
    page = write_index(tmp_path).read_text("utf-8")
    assert 'src="curve/figures/learning_curve.png"' in page
    assert "Accuracy 0.500 with 100 training headlines, 0.780 with 2,400." in page
    assert 'src="both/figures/models.png"' in page
    assert "3 models; the most accurate is linear SVM, words and characters, 0.800 (0.780–0.820)" in page
    assert "<b>accuracy 0.780" in page
    assert "<b>best: linear SVM, words and characters, accuracy 0.800, " in page


def test_index_lists_the_main_report_first_and_those_of_markdown_alone(sections, tmp_path):
    for name in ("audit", "mine/deep", "train_sections"):
        for path in (sections.parent / "report.html", sections.parent / "results.json"):
            write_whole(tmp_path / name / path.name, path.read_bytes())
    rows = [{"variant": "all", "accuracy": a} for a in (0.5, 0.7)]
    write_whole(tmp_path / "transfer" / "results.json", json.dumps({"rows": rows}))
    write_whole(tmp_path / "transfer" / "report.md", "# Left out\n\n## <b>One</b>\n")
    # Neither is a report: numbers of something else, and numbers without a page.
    write_whole(tmp_path / "solvers" / "results.json", '{"solvers": "none"}')
    write_whole(tmp_path / "solvers" / "report.md", "# Solvers")
    write_whole(tmp_path / "leakage" / "results.json", (sections.parent / "results.json").read_bytes())
    page = Page(write_index(tmp_path))
    links = [link for link in dict.fromkeys(page.links) if link.endswith((".html", ".md"))]
    assert links == [
        "train_sections/report.html", "audit/report.html", "mine/deep/report.html", "transfer/report.md"
    ]  # fmt: skip
    assert "accuracy 0.600 on a source left out, mean of 2" in (tmp_path / "index.html").read_text("utf-8")


MODELS = [("as it is", 0.9), ("words, pairs", 0.92), ("single words", 0.8)]
PAIR = {"a": "as it is", "b": "words, pairs", "difference": -0.02, "low": -0.03, "high": 0.01}


@pytest.mark.parametrize(
    ("name", "models", "said"),
    [
        ("mine", MODELS, "best: words, pairs, accuracy 0.920, +2.0 points (−1.0 to +3.0) before as it is"),
        ("mine", MODELS[:1], "best: as it is, accuracy 0.900"),
        (
            "ablate_features-june",
            MODELS,
            "best: words, pairs, +2.0 points (−1.0 to +3.0); the most is lost with single words, −10.0 points",
        ),
        (
            "ablate_features",
            [MODELS[0], MODELS[2]],
            "none better than as it is; the most is lost with single words, −10.0 points",
        ),
        (
            "leakage",
            [("random", 0.92), ("random, twins", 0.99), ("grouped", 0.9), ("time", 0.8)],
            "random minus grouped split: +2.0 points (0.920 and 0.900)",
        ),
        ("leakage", MODELS[:1], "best: as it is, accuracy 0.900"),
    ],
)
def test_the_figure_of_a_card_by_hand(name, models, said):
    rows = [{"name": model, "accuracy": {"value": value}} for model, value in models]
    assert card_figure(name, {"kind": "sections", "comparison": {"models": rows, "paired": [PAIR]}}) == said


def test_the_figure_of_reports_of_another_kind():
    corpora = [{"found": f, "first": {"share": s}} for f, s in ((0.9, 0.5), (0.8, 0.75))]
    said = card_figure("audit", {"share": 0.05, "corpora": corpora}).replace("\u00a0", " ")
    assert said == "80 to 90 % of the changed labels found; 50 to 75 % of the first rows are such"
    solvers = [{"solver": s, "accuracy": a, "seconds": 2} for s, a in (("x", 0.7), ("y", 0.8))]
    assert card_figure("solvers", {"solvers": solvers}) == "best: y, accuracy 0.800 in 2.0 s"
    curve = {"figure": "learning_curve", "learning_curve": [{"n_train": 1500, "accuracy": 0.5}]}
    assert card_figure("learning_curve", curve) == "accuracy 0.500 with all 1,500 labels"
    assert card_figure("audit", {"rows": [1]}) == ""


def test_index_of_nothing_says_what_to_do(tmp_path):
    assert "make report" in write_index(tmp_path).read_text("utf-8")


# ---- words, frames, reasons


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
        "naive ways, 31 (most frequent section)."
    )
    assert second == (
        "Allowed to decline, with an error budget of 5 %, it answers 70 % of them and gets 4.8 % "
        "of those wrong; "
        "it is best at “a” (F1 0.90) and weakest at “b” (F1 0.50)."
    )
    assert headline_figure(numbers) == "accuracy 0.853 (0.840–0.860), time split, 500 test headlines"


@pytest.mark.slow
def test_first_screen_tells_error_budgets_and_whether_they_held(tmp_path):
    numbers = section_numbers(3, 100)
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


def test_first_screen_says_what_else_a_reader_must_know():
    numbers = section_numbers(3, 100)
    numbers["data"] |= {"trained_on": None, "unknown_sections": [{"section": "weather", "n_headlines": 1200}]}
    numbers["by_source"] = [
        {"publishers": "in training", "accuracy": 0.9, "low": 0.8, "high": 0.95, "count": 80},
        {"publishers": "new", "accuracy": 0.7, "low": 0.5, "high": 0.85, "count": 20},
    ]
    area = {"value": 0.93, "low": 0.9, "high": 0.95}
    numbers["none_of_these"] = {
        "label": "none", "n_headlines": 50, "area_under_roc": area, "max_error": 0.05, "answered": 0.1,
    }  # fmt: skip
    numbers["comparison"] = comparison(numbers["labels"])
    facts = dict(section_facts(numbers))
    assert "its file does not say which" in facts["Trained on"]
    assert facts["Not known to it"] == "“weather”: their 1,200 headlines count as mistakes"
    assert facts["New publishers"].startswith("accuracy 0.700 (0.500–0.850) on the 20 test headlines of publishers")
    assert "0.930 (0.900–0.950)" in facts["None of these"]
    assert "+2.0 points of accuracy (+0.5 to +3.5)" in facts["Compared"]
    assert "it had not seen" not in summary(numbers)[0]


def test_a_table_has_the_interval_behind_its_value():
    frame = pd.DataFrame({"name": ["a", "b"], "f1": [0.5, 0.25], "f1 low": [0.4, None], "f1 high": [0.6, None]})
    assert table(frame)["header"] == ["name", "f1"]
    assert table(frame)["rows"] == [["a", "0.500 (0.400–0.600)"], ["b", "0.250"]]


def test_a_frame_for_each_table(sections):
    frames = to_frames(json.loads((sections.parent / "results.json").read_text("utf-8")))
    assert frames["confusion_matrix"].iloc[:, 1:].to_numpy().sum() == 300
    assert frames["scores"]["name"].tolist()[0] == "this model (grouped split)"
    assert frames["per_section"]["support"].sum() == 300
    assert len(frames["predictions"]) == 300
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


def test_payload_takes_what_fits():
    numbers = section_numbers(4, 100)
    assert payload(numbers, 0)["rows"] == []
    assert len(payload(numbers, 10**6)["rows"]) == 100
    n_wrong = sum(row["section"] != row["predicted"] for row in numbers["predictions"])
    part = payload(numbers, 700)
    shown, others = part["wrong"][0], part["right"][0]
    assert len(part["rows"]) == shown + others
    assert 0 < shown < n_wrong == part["wrong"][1]
    assert 0 < others < 100 - n_wrong == part["right"][1]
    assert all(true != answer for _, true, answer, *_ in part["rows"][:shown])


def test_payload_leaves_no_mistake_out_for_a_right_answer():
    numbers = section_numbers(4, 100)
    n_wrong = sum(row["section"] != row["predicted"] for row in numbers["predictions"])
    part = payload(numbers, 1500)
    assert part["wrong"] == [n_wrong, n_wrong]
    assert 0 < part["right"][0] < part["right"][1]


def test_payload_counts_its_bytes():
    from jinja2.utils import htmlsafe_json_dumps

    numbers = section_numbers(4, 100)
    for room in (500, 3000, 6000):
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


def test_importing_the_package_does_not_import_matplotlib():
    code = "import sys, classify; sys.exit('matplotlib' in sys.modules or 'pandas' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
