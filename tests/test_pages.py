"""The examples of the documentation run and print what the pages show; the reference is complete."""

from __future__ import annotations

import argparse
import inspect
import json
import re
import subprocess
import sys

import numpy as np
import pages
import pytest
from jsonschema import Draft202012Validator

import classify
from classify import metrics, plots, report
from classify.cli import COMMANDS
from classify.dates import read_dates

REFERENCE = pages.DOCS / "reference"
WITH_EXAMPLES = [path for path in pages.pages() if list(pages.examples(path.read_text(encoding="utf-8")))]

sys.path.insert(0, str(pages.DOCS / "_ext"))
sys.path.insert(0, str(pages.DOCS / "pictures"))

import command_reference  # noqa: E402
import file_reference  # noqa: E402
import stories as stories_picture  # noqa: E402


def listed(text, module="classify"):
    """Return the names of the lists of a page that belong to a module."""
    parts = re.split(r"^\.\. currentmodule:: (\S+)$", text, flags=re.M)
    named = zip(parts[1::2], parts[2::2], strict=True)
    return sorted(name for of, part in named if of == module for name in re.findall(r"^   (\w+)$", part, re.M))


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_of_a_page_run_and_print_what_it_shows(page, tmp_path):
    pages.prepare(tmp_path)
    for code, status, stated, seen in pages.run_page(page, tmp_path)[1]:
        assert status == 0, f"{code}{seen}"
        assert pages.matches(stated, seen), f"{code}{seen}"


def test_an_output_is_compared_line_by_line():
    assert pages.matches("a\n...\nd\n", "a\nb\nc\nd\n")
    assert not pages.matches("a\n...\nd\n", "a\nb\nc\n")
    assert not pages.matches("a\n", "a\nb\n")


def test_every_public_name_is_in_the_reference():
    library = (REFERENCE / "library.md").read_text(encoding="utf-8")
    modules = {"metrics", "plots", "report"}
    assert listed(library) == sorted(set(classify.__all__) - modules)
    assert listed(library, "classify.plots") == sorted(plots.__all__)
    assert listed(library, "classify.report") == sorted(set(report.__all__) - set(classify.__all__))
    functions = inspect.getmembers(metrics, inspect.isfunction)
    own = [name for name, function in functions if function.__module__ == "classify.metrics" and name[0] != "_"]
    assert listed(library, "classify.metrics") == own


@pytest.mark.slow
def test_every_command_and_option_is_in_the_reference():
    text = command_reference.command_pages()
    asked = [[], *([command] for command in COMMANDS), *(["corpus", action] for action in ("fetch", "convert"))]
    for words in asked:
        command = [sys.executable, "-m", "classify", *words, "--help"]
        shown = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        part = text.split(f"\n## {' '.join(['classify', *words])}\n")[1].split("\n## ")[0]
        options = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", shown.partition("options:")[2]))
        assert options, words
        assert {option for option in options if f"`{option}" not in part and option not in part} == set()


def test_every_argument_of_the_parsers_has_an_entry():
    text = command_reference.command_pages()
    for parser in command_reference.parsers():
        for action in parser._actions:
            if not isinstance(action, argparse._SubParsersAction):
                assert action.help, f"{parser.prog} {action.dest}"
                assert f"`{(action.option_strings or [action.metavar])[0]}" in text


def test_every_figure_is_in_the_gallery():
    code = "".join(path.read_text(encoding="utf-8") for path in (pages.DOCS / "gallery").glob("*.py"))
    assert {name for name in plots.__all__ if f"plots.{name}(" not in code} == set()


def test_every_page_is_in_the_contents():
    index = (pages.DOCS / "index.md").read_text(encoding="utf-8")
    for path in pages.pages():
        name = path.relative_to(pages.DOCS).with_suffix("").as_posix()
        assert name in ("index", "glossary", "limits") or f"\n{name}\n" in index, name


def test_every_key_of_results_is_in_the_reference():
    text = "\n".join(file_reference.results_tables())
    assert {"accuracy", "confusion_matrix", "stories", "n_refit"} <= set(re.findall(r"^\| `(\w+)` \|", text, re.M))
    targets = set(re.findall(r"\(#(\w+)\)", text))
    assert targets <= {name.lower() for name in re.findall(r"^### (\w+)$", text, re.M)}


def test_the_dates_of_the_reference_are_one_day():
    text = (REFERENCE / "files.md").read_text(encoding="utf-8")
    table = text[text.index("### Dates") : text.index("03/02/2025 may be")]
    examples = [each for row in re.findall(r"^\| .+$", table, re.M) for each in re.findall(r"`([^`]+)`", row)]
    days = {str(read_dates([each])[0].astype("datetime64[D]")) for each in examples}
    assert (len(examples), days) == (15, {"2025-02-03"})
    assert np.isnat(read_dates(["03/02/2025"])[0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("predict", ["predict", "-m", "iptc", "--top", "2", "--explain", "2", "--keep", "a"]),
        ("predict", ["predict", "--max-error", "0.05"]),
        ("predict", ["predict", "-m", "several", "--top", "2", "--explain", "2"]),
        ("cluster", ["cluster"]),
    ],
)
def test_json_lines_keep_to_their_schema(name, words, tmp_path):
    if "several" in words:
        rows = ["Rovers win,sport", "MPs vote,politics", "MPs meet Rovers,sport;politics", "Rovers lose,sport"] * 2
        (tmp_path / "rows.csv").write_text("headline,section\n" + "\n".join(rows) + "\n", encoding="utf-8")
        learn = [
            sys.executable,
            "-m",
            "classify",
            "train",
            "rows.csv",
            "--multi-label",
            "--test-size=0",
            "-m",
            "several",
        ]
        subprocess.run(learn, capture_output=True, check=True, cwd=tmp_path)
    schema = json.loads((REFERENCE / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    rows = [{"id": 1, "headline": "Late goal sends Rovers top", "a": 3}, {"id": 2, "headline": "", "a": None}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    command = [sys.executable, "-m", "classify", *words]
    done = subprocess.run(command, input=lines, capture_output=True, check=True, text=True, cwd=tmp_path)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(rows)
    for answer in answers:
        Draft202012Validator(schema).validate(answer)
    for key in schema["required"]:
        broken = {other: value for other, value in answers[0].items() if other != key}
        assert not Draft202012Validator(schema).is_valid(broken)


def test_the_picture_of_stories_is_drawn_from_the_report():
    numbers = json.loads(stories_picture.RESULTS.read_text(encoding="utf-8"))
    drawn = (pages.DOCS / "pictures" / "stories.svg").read_text(encoding="utf-8")
    assert stories_picture.picture(numbers) == drawn, "run python docs/pictures/stories.py"
    assert len(drawn) < 10_000
