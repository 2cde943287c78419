"""Reports: whole files, the same bytes, nothing from elsewhere, nothing that runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from simulated import HOSTILE, section_numbers, story_numbers

from classify.core.files import write_whole
from classify.report import report_files, write_report
from classify.report.mistakes import worst_mistakes
from classify.report.page import PAGE_BYTES
from classify.report.rows import rows_of

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
    return write_report(section_numbers(), tmp_path_factory.mktemp("sections"))


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
    assert set(page.parent.rglob("*.*")) <= set(report_files(page.parent))


def test_results_json_holds_every_number(sections):
    numbers = section_numbers()
    found = json.loads((sections.parent / "results.json").read_text("utf-8"))
    rows, listed = numbers.pop("predictions"), rows_of(found)
    assert {key: value for key, value in found.items() if key != "predictions"} == numbers
    for key in ("headline", "section", "predicted", "abstained"):
        assert sorted(row[key] for row in listed) == sorted(row[key] for row in rows)


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


@pytest.mark.slow
@both
def test_page_loads_nothing_and_its_links_arrive(kind, request):
    page = Page(request.getfixturevalue(kind))
    assert all(value.startswith(("data:", "#")) for value in page.loads)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert len(page.ids) == len(set(page.ids))


@both
def test_nothing_in_a_headline_runs_or_breaks_the_page(kind, request):
    page = request.getfixturevalue(kind)
    parsed, text = Page(page), page.read_text("utf-8")
    assert parsed.tags.count("script") == (2 if kind == "sections" else 1)
    assert "img" not in parsed.tags
    assert parsed.handlers == []
    assert not any(each in text for each in HOSTILE[:2])
    assert "&lt;script&gt;window.hacked" in text
    assert "<script" not in (page.parent / "report.md").read_text("utf-8")


@pytest.mark.slow
def test_names_of_sections_are_hostile_too(tmp_path):
    names = (HOSTILE[0], "$\\frac{1}{2}", "a\x00\x07\nb", HOSTILE[1], HOSTILE[2])
    bare = dict.fromkeys(set(NULLABLE) - {"per_section", "predictions", "top_terms"})
    page = write_report(section_numbers(5, 600, names, title=HOSTILE[1], **bare), tmp_path)
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


def test_first_screen_tells_what_was_trained_and_what_it_means(sections):
    data = section_numbers()["data"]
    first = sections.read_text("utf-8").split("<nav")[0]
    for words in (
        f"{data['n_train']:,} headlines of headlines",
        "4 sections",
        "near-duplicates (wire copy) are on one side only",
        f"{data['n_test']:,} test headlines",
        "most frequent section",
        "naive Bayes on words",
        "On a random split the accuracy is",
        "95 % bootstrap over",
        "macro-F1",
        "Of 100 headlines it had not seen",
    ):
        assert words in first, words


def test_without_script_the_worst_mistakes_are_on_the_page(sections):
    table = sections.read_text("utf-8").split('<table id="headlines">')[1].split("</table>")[0]
    mistakes = worst_mistakes(section_numbers())
    assert table.count("<tr>") == len(mistakes) + 1
    assert '<mark class="for3">' in table


@pytest.mark.slow
@pytest.mark.parametrize("missing", [NULLABLE[i::4] for i in range(4)], ids=str)
def test_parts_that_are_null_are_left_out(missing, tmp_path):
    page = write_report(section_numbers(3, 400, **dict.fromkeys(missing)), tmp_path)
    figures = {p.stem for p in tmp_path.glob("figures/*.svg")}
    assert figures.isdisjoint(set(missing) - {"baselines"})
    assert ">None<" not in page.read_text("utf-8")


@pytest.mark.slow
def test_a_report_of_bare_scores_can_be_written(tmp_path):
    page = write_report(section_numbers(3, 400, **dict.fromkeys(NULLABLE)), tmp_path)
    assert {p.stem for p in tmp_path.glob("figures/*.svg")} == {"baselines", "confusion_matrix"}
    assert all(link[1:] in Page(page).ids for link in Page(page).links)


@pytest.mark.slow
def test_a_comparison_without_its_optional_parts_can_be_written(tmp_path):
    needed = ("models", "paired", "per_section", "disagreements")
    part = {key: section_numbers(3, 400)["comparison"][key] for key in needed}
    numbers = section_numbers(3, 400, **dict.fromkeys(NULLABLE)) | {"comparison": part}
    assert "Headlines they disagree on" in write_report(numbers, tmp_path).read_text("utf-8")


def test_stories_without_truth_dates_or_map_can_be_reported(tmp_path):
    nothing = dict.fromkeys(("scores", "timeline", "map", "choice", "worst_mixed", "worst_split"))
    page = write_report(story_numbers(**nothing), tmp_path)
    assert "there is no score" in page.read_text("utf-8")


@pytest.mark.slow
def test_page_stays_within_five_megabytes(tmp_path):
    numbers, names = section_numbers(41, 3000), section_numbers(41, 3000)["labels"]
    row = {
        "section": names[0],
        "predicted": names[1],
        "probability": 0.5,
        "abstained": False,
        "terms": [{"term": "क्रिकेट", "weight": 0.5}],
    }
    numbers["predictions"] = [{**row, "headline": f"<b>क्रिकेट & {'<x>' * 70} {i}</b>"} for i in range(20_000)]
    size = write_report(numbers, tmp_path).stat().st_size
    assert 0.95 * PAGE_BYTES < size <= PAGE_BYTES


@pytest.mark.slow
def test_every_cell_of_a_matrix_without_empty_cells_can_be_clicked(tmp_path):
    numbers = section_numbers(41, 3000)
    numbers["confusion_matrix"] = [[80 if i == j else 2 for j in range(41)] for i in range(41)]
    page = write_report(numbers, tmp_path)
    assert page.read_text("utf-8").count('class="cell"') == 41 * 41
    assert page.stat().st_size <= PAGE_BYTES


@pytest.mark.slow
def test_figures_of_an_earlier_report_are_removed_and_nothing_else(tmp_path):
    bare = dict.fromkeys(NULLABLE)
    write_report(section_numbers(3, 400, **bare) | {"search": section_numbers()["search"]}, tmp_path)
    write_whole(tmp_path / "figures" / "by_month.svg", "the reader's")
    assert (tmp_path / "figures" / "search.png").exists()
    write_report(section_numbers(3, 400, **bare), tmp_path)
    assert not (tmp_path / "figures" / "search.png").exists()
    assert (tmp_path / "figures" / "by_month.svg").exists()


def test_names_the_kinds_of_numbers_it_takes(tmp_path):
    with pytest.raises(ValueError, match="of kind 'letters'; expected one of sections, multi-label, stories"):
        write_report({"kind": "letters"}, tmp_path)


@pytest.mark.slow
def test_a_headline_of_a_megabyte_takes_the_usual_time_and_is_cut(tmp_path):
    # Python without its own limit on time: it took hours when text was measured again after each character.
    long = "x" * 1_000_000
    numbers = section_numbers(3, 400)
    numbers["predictions"][0] |= {"headline": long, "terms": [{"term": long, "weight": 1.0}]}
    numbers["top_terms"][numbers["labels"][0]][0]["term"] = long
    numbers["comparison"]["disagreements"][0]["headline"] = long
    stories = story_numbers()
    for row in (stories["stories"][0], stories["map"][0]):
        row["title"] = long
    for kind, given in (("sections", numbers), ("stories", stories)):
        page = write_report(given, tmp_path / kind)
        sizes = {path.name: path.stat().st_size for path in page.parent.rglob("*.*") if path.suffix != ".png"}
        assert max(sizes.values()) < 700_000, sizes


EXPERIMENT = {
    "kind": "experiment",
    "title": "Half",
    "question": "Is <half> enough?",
    "answer": "It is: 0.5.",
    "headline": "0.5",
    "learning_curve": [{"n_train": n, "accuracy": n / 20, "low": 0.1, "high": 0.9, "macro_f1": 0.4} for n in (5, 10)],
    "figures": {"learning_curve": "How to read it."},
    "tables": [{"title": "Rows", "rows": [{"n": 1234.0, "score": {"value": 0.5, "low": 0.4, "high": 0.6}}]}],
    "created_with": {"python": "3.13"},
    "made": {"command": "python half.py", "machine": "Linux", "date": "2026-01-02"},
    "index": "../index.html",
}


def test_the_page_of_an_experiment_begins_with_question_and_answer(tmp_path):
    page = write_report(EXPERIMENT, tmp_path).read_text("utf-8")
    first, rest = page.split("<nav")
    for text in ("Is &lt;half&gt; enough?", "It is: 0.5.", "How to read it.", 'href="../index.html"'):
        assert text in first
    for text in ("1,234", "0.500 (0.400–0.600)", "python half.py", "2026-01-02"):
        assert text in rest
        assert text in (tmp_path / "report.md").read_text("utf-8")
    assert {path.stem for path in tmp_path.glob("figures/*")} == {"learning_curve"}


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


# ---- fonts


@pytest.mark.slow
def test_a_script_without_a_font_is_named_once_on_the_page_and_on_standard_error(tmp_path):
    # No fallback family has cuneiform, whatever the machine.
    numbers = section_numbers(3, 400)
    numbers["top_terms"] = {label: [{"term": "𒀀𒀀", "weight": 1.0}] for label in numbers["labels"]}
    (tmp_path / "numbers.json").write_text(json.dumps(numbers), "utf-8")
    code = (
        "import json, pathlib, sys; from classify.report import write_report; here = pathlib.Path(sys.argv[1]); "
        "write_report(json.loads((here / 'numbers.json').read_text('utf-8')), here)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    told = "his machine has no font for Cuneiform, so its words have numbers in the PNG and PDF figures (‹Cuneiform "
    assert result.stderr.startswith(f"classify: t{told}")
    assert result.stderr.count("\n") == 1
    assert (tmp_path / "report.html").read_text("utf-8").count(f"T{told}") == 1
    # The Markdown page, which shows the SVG figures, is the same on every machine.
    assert "no font" not in (tmp_path / "report.md").read_text("utf-8")


@pytest.mark.slow
def test_a_report_whose_letters_have_fonts_does_not_mention_them(tmp_path, caplog):
    page = write_report(section_numbers(3, 400, top_terms=None, predictions=None), tmp_path)
    assert caplog.records == []
    assert "no font" not in page.read_text("utf-8")


def test_importing_the_package_does_not_import_matplotlib():
    code = "import sys, classify; sys.exit('matplotlib' in sys.modules or 'pandas' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_no_control_character_reaches_a_page(tmp_path):
    names = ("sp\x00ort", "\x1b[31mred", "a\x9bb", "d\x7f")
    page = write_report(section_numbers(4, 200, names, title="\x00\x1b]52;c;x\x07"), tmp_path)
    for path in (page, page.with_name("report.md"), page.with_name("results.json")):
        assert not set(map(chr, (*range(9), *range(14, 32), *range(127, 160)))) & set(path.read_text("utf-8"))
