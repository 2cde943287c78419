"""The real command, as a user types it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import classify
from classify import load_model, load_sample

# Every test starts a process or several; test_hostile.py asks the same commands within its own.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
HEADLINES = [
    "Keeper's late save sends Rovers into the final",
    'Parliament votes on "smart" phone ban',
    "",
    "Ação! 東京 \t|",
]


def run(*args, stdin=None, cwd=None, env=None):
    """Run the command as a process of its own; standard input is empty unless given."""
    return subprocess.run(
        [sys.executable, "-m", "classify", *map(str, args)],
        input=stdin.encode() if isinstance(stdin, str) else stdin or b"",
        capture_output=True,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Return a folder with a small labelled corpus."""
    folder = tmp_path_factory.mktemp("cli")
    sample = load_sample().slice(0, 600)
    sample.to_pandas().drop(columns="line").to_csv(folder / "corpus.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def trained(folder):
    """Train on the small corpus with the command; give what it printed and the model."""
    model = folder / "model.safetensors"
    return run("train", folder / "corpus.csv", "-m", model), model


def table(path):
    """Read a CSV file's rows."""
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def objects(result):
    """Parse JSON lines."""
    return [json.loads(line) for line in result.stdout.decode().splitlines()]


def test_train_prints_the_score_with_split_size_and_interval(trained):
    result, model = trained
    out = result.stdout.decode()
    assert result.returncode == 0, result.stderr
    assert "grouped split, seed 0" in out
    assert "accuracy" in out
    assert " to " in out
    assert model.stat().st_size > 1000


def test_two_runs_and_any_number_of_jobs_write_the_same_bytes(trained, folder):
    _, model = trained
    again = folder / "again.safetensors"
    assert run("train", folder / "corpus.csv", "-m", again, "--jobs", 1).returncode == 0
    assert again.read_bytes() == model.read_bytes()


def test_predict_without_a_model_uses_the_default_one():
    answers = objects(run("predict", HEADLINES[0]))
    assert answers[0]["section"] == "sport"


def test_json_lines_have_the_keys_in_the_documented_order(trained):
    result = run("predict", "-m", trained[1], "--top", 2, "--explain", 3, *HEADLINES)
    rows = objects(result)
    assert [list(row) for row in rows] == [["headline", "section", "probability", "sections", "terms"]] * 4
    assert [row["headline"] for row in rows] == HEADLINES
    assert rows[2]["section"] is None
    assert rows[2]["probability"] is None
    first = rows[0]
    assert first["sections"][0] == {"section": first["section"], "probability": first["probability"]}
    assert len(first["sections"]) == 2
    weights = [term["weight"] for term in first["terms"]]
    assert weights == sorted(weights, reverse=True)


@pytest.fixture(scope="session")
def other(folder):
    """Train on fewer headlines and two of the sections only."""
    rows = [row for row in table(folder / "corpus.csv") if row["section"] in ("sport", "tech")][:120]
    with (folder / "fewer.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    model = folder / "fewer.safetensors"
    assert run("train", folder / "fewer.csv", "-m", model, "--test-size", 0).returncode == 0
    return model


def test_train_says_which_sections_of_the_test_headlines_it_did_not_learn(other, folder):
    given = ("train", folder / "fewer.csv", "--test", folder / "corpus.csv", "-m", folder / "few.safetensors")
    result = run(*given)
    assert b"the model does not know 2 of the sections (entertainment, politics)" in result.stderr
    assert result.returncode == 0


def test_evaluate_puts_models_side_by_side(trained, other, folder, tmp_path):
    words = ("evaluate", folder / "corpus.csv", "-m", trained[1], "--compare", other)
    result = run(*words, "-f", "json", "--report", tmp_path)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)["comparison"]
    assert [row["name"] for row in found["models"]] == ["model", "fewer"]
    pair = found["paired"][0]
    assert (pair["a"], pair["b"]) == ("model", "fewer")
    assert pair["low"] <= pair["difference"] <= pair["high"]
    assert pair["only_a"] - pair["only_b"] == round(pair["difference"] * found["n_headlines"])
    assert {row["section"] for row in found["unknown_sections"]["fewer"]} == {"politics", "entertainment"}
    assert b"fewer does not know 2 of the sections (entertainment, politics)" in result.stderr
    assert "Where each wins" in (tmp_path / "figures" / "section_differences.svg").read_text(encoding="utf-8")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "fewer does not know" in page
    told = run(*words, "-f", "table").stdout.decode()
    assert "exact sign-flip test over groups" in told
    assert "headlines they disagree on" in told
    assert f"{pair['only_a']} : {pair['only_b']}" in told


@pytest.mark.parametrize(
    ("models", "message"),
    [
        (["one"], b"is named twice; expected different models"),
        (["odd"], b"odd knows none of the sections of the headlines"),
        (["missing"], b"missing.safetensors"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(trained, folder, models, message):
    (folder / "odd.csv").write_text("headline,section\n" + "a cup,X\na vote,Y\n" * 4, encoding="utf-8")
    assert run("train", folder / "odd.csv", "-m", folder / "odd.safetensors", "--test-size", 0).returncode == 0
    paths = {"one": trained[1], "odd": folder / "odd.safetensors", "missing": folder / "missing.safetensors"}
    compared = [word for name in models for word in ("--compare", paths[name])]
    result = run("evaluate", folder / "corpus.csv", "-m", trained[1], *compared)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.count(b"\n") == 1
    assert result.stdout == b""


def test_ids_and_order_are_kept(trained, folder):
    rows = objects(run("predict", "-m", trained[1], "-i", folder / "corpus.csv"))
    given = table(folder / "corpus.csv")
    assert [(row["id"], row["headline"]) for row in rows] == [(row["id"], row["headline"]) for row in given]


def test_standard_input_arguments_and_files_agree(trained, tmp_path):
    lines = [h for h in HEADLINES if h]
    (tmp_path / "in.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    by_words = run("predict", "-m", trained[1], "-f", "csv", *lines).stdout
    by_pipe = run("predict", "-m", trained[1], "-f", "csv", stdin="\n".join(lines) + "\n").stdout
    by_file = run("predict", "-m", trained[1], "-f", "csv", "-i", tmp_path / "in.txt").stdout
    assert by_words == by_pipe == by_file
    assert [row["headline"] for row in csv.DictReader(io.StringIO(by_words.decode()))] == lines


def test_one_headline_alone_is_answered_as_in_a_batch(trained, folder):
    batch = objects(run("predict", "-m", trained[1], "--top", 4, "-i", folder / "corpus.csv"))
    for row in batch[:3]:
        alone = objects(run("predict", "-m", trained[1], "--top", 4, row["headline"]))[0]
        assert alone["sections"] == row["sections"]


def test_the_number_of_jobs_does_not_change_a_byte(trained, folder):
    outputs = [run("predict", "-m", trained[1], "-i", folder / "corpus.csv", "--jobs", n).stdout for n in (1, 2, 5)]
    assert outputs[0] == outputs[1] == outputs[2]


def test_max_error_answers_less_and_never_otherwise(trained, tmp_path):
    load_sample().slice(1500, 600).to_pandas().drop(columns="line").to_csv(tmp_path / "new.csv", index=False)
    free = objects(run("predict", "-m", trained[1], "-i", tmp_path / "new.csv"))
    strict = objects(run("predict", "-m", trained[1], "-i", tmp_path / "new.csv", "--max-error", 0.02))
    kept = [(a, b) for a, b in zip(free, strict, strict=True) if b["section"] is not None]
    assert 0 < len(kept) < len(free)
    assert [a["section"] for a, _ in kept] == [b["section"] for _, b in kept]
    limit = load_model(trained[1]).threshold(0.02)
    assert all((b["probability"] >= limit - 1e-6) == (b["section"] is not None) for b in strict)


def test_a_person_is_told_when_none_of_the_sections_is_the_likeliest():
    headlines = ["Earthquake shakes northern coast", "Late goal sends Rovers top"]
    table = run("predict", "-f", "table", *headlines).stdout.decode()
    assert re.search(r"^\(none\) +\d+% +Earthquake", table, re.M)
    assert re.search(r"^sport +\d+% +Late goal", table, re.M)
    none, sport = objects(run("predict", "-f", "jsonl", "--top", 2, *headlines))
    assert none["section"] is None
    assert none["probability"] == none["sections"][0]["probability"] < 0.1
    assert sport["section"] == "sport"
    for delimiter, form in ((",", "csv"), ("\t", "tsv")):
        rows = run("predict", "-f", form, *headlines).stdout.decode().splitlines()
        assert [row.split(delimiter)[2].strip('"') for row in rows] == ["section", "", "sport"]


def test_a_blank_headline_gets_no_section_in_any_format(trained):
    assert objects(run("predict", "-m", trained[1], "--top", 2, "--explain", 2, " ")) == [
        {"headline": " ", "section": None, "probability": None, "sections": [], "terms": []}
    ]
    assert run("predict", "-m", trained[1], "-f", "csv", " ").stdout.decode().splitlines()[1] == '," ",,'
    assert run("predict", "-m", trained[1], "-f", "table", " ").stdout.decode().splitlines()[1].strip() == "-"


def test_a_table_is_for_a_person(trained):
    out = run("predict", "-m", trained[1], "-f", "table", "--top", 2, HEADLINES[0]).stdout.decode()
    assert out.splitlines()[0].split() == ["section", "sure", "most", "probable", "headline"]
    assert HEADLINES[0] in out


def test_an_output_file_appears_whole_and_its_name_gives_the_format(trained, folder, tmp_path):
    target = tmp_path / "out.csv"
    assert run("predict", "-m", trained[1], "-i", folder / "corpus.csv", "-o", target).returncode == 0
    rows = table(target)
    assert len(rows) == 600
    assert list(rows[0]) == ["id", "headline", "section", "probability"]
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_cold_prediction_imports_nothing_heavy(trained):
    code = (
        "import sys; from classify.cli import main; "
        f"main(['predict', '-m', {str(trained[1])!r}, 'Rovers win']); "
        "sys.exit(repr({'sklearn', 'pandas', 'matplotlib', 'jinja2'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=60)
    assert result.stderr.decode().strip() == "set()"


def test_a_closed_pipe_ends_quietly(trained, folder):
    command = f"{sys.executable} -m classify predict -m {trained[1]} -i {folder}/corpus.csv | head -n 1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, check=False, timeout=60)
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr == b""


def test_cluster_keeps_order_ids_and_gives_loners_their_own_story(folder):
    rows = objects(run("cluster", folder / "corpus.csv"))
    given = table(folder / "corpus.csv")
    assert [row["id"] for row in rows] == [row["id"] for row in given]
    assert list(rows[0]) == ["id", "headline", "story", "title", "terms"]
    assert all(isinstance(row["story"], int) for row in rows)
    titles = {row["story"]: row["title"] for row in rows}
    assert all(titles[row["story"]] == row["title"] for row in rows)
    assert 100 < len(titles) < 550


def test_cluster_takes_a_number_of_stories(folder):
    result = run("cluster", folder / "corpus.csv", "--stories", 50, "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout.decode())))
    assert list(rows[0]) == ["id", "headline", "story", "title"]
    assert len({row["story"] for row in rows}) == 50


def test_evaluate_counts_a_headline_once(trained, tmp_path):
    rows = ["headline,section", *("Rovers win,sport", "ROVERS WIN,tech", "Rovers win,sport", "MPs vote,politics")]
    (tmp_path / "twice.csv").write_text("\n".join(rows) + "\n")
    result = run("evaluate", tmp_path / "twice.csv", "-m", trained[1], "-f", "json")
    data = json.loads(result.stdout)["data"]
    assert (data["n_test"], data["n_repeats"]) == (2, 2)
    assert b"2 repeat(s) are left out" in result.stderr


def test_evaluate_prints_the_documented_numbers(trained, folder):
    result = run("evaluate", folder / "corpus.csv", "-m", trained[1], "-f", "json")
    numbers = json.loads(result.stdout)
    wanted = "accuracy macro_f1 log_loss expected_calibration_error per_section confusion_matrix risk_coverage"
    assert set(wanted.split()) <= set(numbers)
    assert 0.5 < numbers["accuracy"]["low"] <= numbers["accuracy"]["value"] <= numbers["accuracy"]["high"] <= 1


def test_inspect_shows_sections_and_terms(trained):
    facts = json.loads(run("inspect", "-m", trained[1], "--terms", 5).stdout)
    assert facts["sections"] == ["entertainment", "politics", "sport", "tech"]
    assert all(len(terms) == 5 for terms in facts["top_terms"].values())


@pytest.mark.parametrize("command", ["train", "predict", "evaluate", "cluster", "inspect", "corpus"])
def test_help_begins_with_three_examples(command):
    out = run(command, "--help").stdout.decode()
    assert out.split("\n\n")[1].startswith("examples:")
    assert out.count(f"classify {command}") >= 3


def test_version_names_what_matters():
    out = run("--version").stdout.decode()
    assert all(name in out for name in ("classify ", "Python ", "numpy ", "pyarrow ", "scikit-learn "))


def test_skipped_rows_are_counted_and_exit_code_is_1(tmp_path):
    (tmp_path / "bad.csv").write_text("headline,section\nRovers win,sport\na,b,c,d,e\nTax rises,politics\n")
    result = run("predict", "-i", tmp_path / "bad.csv")
    assert result.returncode == 1
    assert len(objects(result)) == 2
    assert "1 row(s)" in result.stderr.decode()
    assert "line 3" in result.stderr.decode()


@pytest.mark.slow
def test_training_says_where_the_test_is_not_new(folder, tmp_path):
    corpus = folder / "corpus.csv"
    done = run("train", corpus, "--test", corpus, "-m", tmp_path / "m").stdout.decode()
    assert re.search(r"^\d+ of the test headlines have a near-duplicate among those trained on", done, re.M)
    done = run("train", corpus, "-m", tmp_path / "m").stdout.decode()
    assert "near-duplicate among those trained on" not in done


def test_convert_heeds_the_encoding(tmp_path):
    (tmp_path / "old.csv").write_bytes("title\nКубок\n".encode("cp1251"))
    run("corpus", "convert", tmp_path / "old.csv", "--encoding", "cp1251", "-o", tmp_path / "new.csv")
    assert "Кубок" in (tmp_path / "new.csv").read_text("utf-8")


@pytest.mark.slow
def test_a_list_of_no_suspicious_labels_corrects_none(folder, tmp_path):
    (tmp_path / "none.csv").write_text("id,headline,section,suggested,probability,reason,corrected\n")
    argv = ["train", folder / "corpus.csv", "--test-size", 0, "-m"]
    run(*argv, tmp_path / "one")
    done = run(*argv, tmp_path / "two", "--corrections", tmp_path / "none.csv")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_file_given_as_a_headline_is_labelled_and_said_once(trained, folder):
    (folder / "my file.csv").write_text("headline\nRain\n")
    result = run("predict", "-m", trained[1], HEADLINES[0], "my file.csv", "corpus.csv", cwd=folder)
    assert [row["headline"] for row in objects(result)] == [HEADLINES[0], "my file.csv", "corpus.csv"]
    said = "classify: my file.csv is a file; to label what is in it, use -i 'my file.csv'\n"
    assert result.stderr.decode() == said
    no_file = run("predict", "-m", trained[1], "x" * 5000, ".", "Rain", "", cwd=folder)
    assert (no_file.returncode, no_file.stderr) == (0, b"")


@pytest.mark.parametrize("words", [["predict", "Rain"], ["cluster", "corpus.csv"]])
@pytest.mark.parametrize("name", ["out.jsonl", "out.json", "out.ndjson", "out", "out.txt", "out.csv"])
def test_an_output_is_what_its_name_says_json_lines_where_it_says_nothing(words, name, folder, tmp_path):
    assert run(*words, "-o", tmp_path / name, cwd=folder).returncode == 0
    first = (tmp_path / name).read_text().splitlines()[0]
    assert "," in first
    assert first.startswith("{") == (name != "out.csv")


def test_train_in_the_library_writes_what_the_command_writes(trained, folder, tmp_path):
    with classify.read_headlines(folder / "corpus.csv") as batches:
        classify.train(classify.Headlines.concat(list(batches)), model=tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == trained[1].read_bytes()


def test_train_names_sections_without_a_test_and_learns_again(tmp_path):
    rows = [f"{section} {i} of {i % 7}" for i in range(40) for section in ("sport", "tax")]
    lines = [f"{row},{row.split()[0]}" for row in rows] + ["One alone here,weather"]
    (tmp_path / "c.csv").write_text("\n".join(["headline,section", *lines]) + "\n")
    done = run("train", tmp_path / "c.csv", "-m", tmp_path / "m")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^learned again from all 81 headlines", done.stdout.decode(), re.M)
    assert re.search(r"^macro-f1 .* over 2 of 3 sections$", done.stdout.decode(), re.M)
    assert "section 'weather' has 1 headline, none of them tested" in done.stderr.decode()
    done = run("train", tmp_path / "c.csv", "-m", tmp_path / "m", "--no-refit")
    assert "learned again" not in done.stdout.decode()
