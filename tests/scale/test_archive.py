"""An archive labelled in one process: the answers of one machine, resumed, and what fails is named."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from archive_cases import answers, content, model, table, write_archive

from classify import save_model
from classify.cli import main
from classify.headlines import ReadError
from classify.scale import Piece, archive, label_archive, label_pieces, plan_archive, plan_pieces
from classify.scale.task import Outcome


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Go to a folder with an archive."""
    monkeypatch.chdir(tmp_path)
    write_archive(tmp_path / "archive")
    return tmp_path


def small_pieces(monkeypatch, rows=100):
    """Cut Parquet files into pieces of few rows."""
    monkeypatch.setattr(archive, "plan_pieces", lambda *given: plan_pieces(*given, rows=rows))


def label(*inputs, to="labelled/", **options):
    """Label the archive."""
    return label_archive(inputs or ["archive/*"], to, model(), **options)


@pytest.mark.parametrize("options", [[], ["--keep", "url,id", "--min-probability", "0.7"]], ids=["plain", "options"])
def test_the_answers_are_those_of_one_machine(options, place):
    save_model(model(), "m.safetensors")
    given = ["predict", "-m", "m.safetensors", "-i", "archive/*", *options]
    assert main([*given, "-o", "all.csv"]) == main([*given, "-o", "labelled/"]) == 0
    found = answers("labelled")
    kinds = dict.fromkeys(found.schema.names, pa.string()) | {"probability": pa.float64()}
    reading = pyarrow.csv.ConvertOptions(column_types=kinds, strings_can_be_null=True, quoted_strings_can_be_null=False)
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
    assert found.equals(pyarrow.csv.read_csv("all.csv", convert_options=reading, parse_options=parsing))
    assert len(found) == 500


def test_shards_and_pieces_of_any_size_give_the_same_rows(place, monkeypatch):
    label()
    small_pieces(monkeypatch)
    for index in (3, 1, 2):
        label(to="shards/", shard=(index, 3))
    assert label(to="whole/").pieces == 8
    assert content("whole") == content("shards")
    assert answers("whole").equals(answers("labelled"))
    parts = [name for name in content("whole", markers=False) if name.startswith("a.")]
    assert sorted(parts) == [f"a.parquet-0000{first}.parquet" for first in range(4)]


def test_rows_of_later_row_groups_keep_their_numbers(place, monkeypatch):
    small_pieces(monkeypatch)
    rows = table(0, 200).set_column(1, "title", pa.array(["Rain"] * 150 + ["x" * (2 << 20)] + ["Rain"] * 49))
    pq.write_table(rows, "archive/a.parquet", row_group_size=100)
    summary = label()
    assert (summary.skipped, summary.skipped_lines) == (1, {"archive/a.parquet": [151]})


def test_a_second_start_does_what_is_missing_or_changed(place, capsys):
    save_model(model(), "m.safetensors")
    given = ["predict", "-m", "m.safetensors", "-i", "archive/*", "-o", "labelled/"]
    main(given)
    first = content("labelled")
    Path("labelled/c.jsonl-00000.parquet").unlink()
    Path("labelled/_done/b.csv-00000.parquet.json").write_text("{")
    os.utime("archive/d.parquet", (1, 1))
    capsys.readouterr()
    assert main(given) == 0
    told = capsys.readouterr().err
    assert "2 of 5 piece(s) are done already" in told
    assert "archive/c.jsonl, archive/d.parquet: changed since" in told
    assert "500 headlines in 5 piece(s), 0 row(s) skipped; 200 labelled now" in told
    assert content("labelled", markers=False) == {name: first[name] for name in first if not name.startswith("_done")}


def test_another_model_labels_all_again_but_not_in_a_shard(place):
    label()
    other = model().with_codes({section: section[0] for section in model().classes_})
    with pytest.raises(ValueError, match=r"labelled/: was begun with the model \w{12}, not \w{12}; expected the same"):
        label_archive(["archive/*"], "labelled/", other, shard=(1, 2))
    plan = plan_archive(["archive/*"], "labelled/", other)
    assert len(plan.todo) == len(plan.changed) == 5


def test_parts_of_row_groups_that_are_gone_are_removed(place, monkeypatch):
    small_pieces(monkeypatch)
    label()
    pq.write_table(table(0, 90), "archive/a.parquet")
    plan = plan_archive(["archive/*"], "labelled/", model())
    assert plan.removed == tuple(f"a.parquet-0000{first}.parquet" for first in (1, 2, 3))
    list(label_pieces(plan))
    assert content("labelled") == (label(to="new/"), content("new"))[1]


def test_two_files_of_one_name_do_not_share_a_part(place):
    Path("archive/2020").mkdir()
    Path("archive/2020/b.csv").write_bytes(Path("archive/b.csv").read_bytes())
    assert label("archive/**/b.csv").pieces == 2
    assert set(content("labelled", markers=False)) == {"b.csv-00000.parquet", "2020/b.csv-00000.parquet"}
    label("archive/b.csv", to="one/")
    with pytest.raises(ValueError, match=r"one/: found answers of archive/b\.csv where those of archive/2020/b\.csv"):
        label("archive/2020/b.csv", to="one/")


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ([], "labelled/: found a folder of answers and no input"),
        (["Rain"], "labelled/: found a folder of answers and headlines of the command line"),
        (["-i", "archive/*.xml"], "archive/*.xml: found no file that matches"),
        (["-i", "archive"], "archive: found an input that is not a file"),
        (["-i", "-"], "-: found an input that is not a file"),
        (["-i", "https://example.org/a?b"], "https://example.org/a?b: found an input that is not a file"),
        (["-i", "none.csv"], "none.csv: no such file or directory"),
        (["-i", "labelled/a.csv"], "labelled/a.csv: lies in the folder of the answers"),
        (["-i", "archive/b.csv", "-f", "csv"], "--format was given with the folder labelled/"),
        (["-i", "archive/b.csv", "--shard", "0/3"], "expected I/N, counted from 1"),
        (["-i", "archive/b.csv", "-o", "x.csv", "--workers", "2"], "--workers was given without a folder"),
        (["-i", "nosuch://archive/b.csv"], "nosuch://archive/b.csv: found no way to read it"),
    ],
)
def test_mistakes_are_one_sentence(inputs, words, place, capsys):
    Path("labelled").mkdir()
    Path("labelled/a.csv").write_text("Rain\n")
    try:
        code = main(["predict", "-o", "labelled/", *inputs])
    except SystemExit as exit_:
        code = exit_.code
    told = capsys.readouterr().err
    assert code == 2
    assert words in told
    assert len(told.splitlines()) == 1


def test_a_poisoned_piece_is_set_aside_and_named(place, capsys):
    Path("archive/c.jsonl").write_bytes(b"PK\x03\x04 not headlines")
    damaged = Path("archive/a.parquet").read_bytes()
    Path("archive/a.parquet").write_bytes(damaged[:1000] + bytes(3000) + damaged[4000:])
    assert main(["predict", "-i", "archive/*", "-o", "labelled/"]) == 1
    told = capsys.readouterr().err
    assert told.count("archive/c.jsonl: failed (") == 2
    assert "set aside after two tries: archive/c.jsonl (archive/c.jsonl: found a zip archive" in told
    assert (
        "set aside after two tries: archive/a.parquet (row groups 1 to 4) (archive/a.parquet: found a damaged" in told
    )
    assert "150 headlines in 3 piece(s)" in told
    assert "Traceback" not in told


def test_a_failure_names_the_rows(place, monkeypatch):
    decide = type(model()).decide

    def fail(self, headlines, limit):
        if len(headlines) == 50:
            raise MemoryError
        return decide(self, headlines, limit)

    monkeypatch.setattr(type(model()), "decide", fail)
    assert label().set_aside == {"archive/c.jsonl": "archive/c.jsonl, rows 1 to 50: MemoryError"}


def test_a_file_that_changes_meanwhile_is_not_marked_as_done(place):
    plan = plan_archive(["archive/b.csv"], "labelled/", model())
    Path("archive/b.csv").write_text("title\nRain\n")
    (outcome,) = label_pieces(plan)
    assert "archive/b.csv: found it changed since the start" in outcome.error
    assert set(content("labelled")) == {"_done/run.json"}


def test_one_row_group_of_many_rows_is_one_piece_written_batch_by_batch(place, monkeypatch):
    small_pieces(monkeypatch)
    pq.write_table(table(0, 60_000), "big.parquet", row_group_size=60_000)
    assert label("big.parquet").pieces == 1
    assert pq.ParquetFile("labelled/big.parquet-00000.parquet").metadata.num_row_groups == 2


def test_pieces_are_planned_in_the_order_of_their_names(place):
    pieces = plan_pieces(["archive/c.jsonl", "archive/*.parquet"], rows=200)
    assert pieces[:2] == [
        Piece("archive/a.parquet", "a.parquet-00000.parquet", *size("archive/a.parquet"), 0, 2, 0),
        Piece("archive/a.parquet", "a.parquet-00002.parquet", *size("archive/a.parquet"), 2, 2, 152),
    ]
    assert [piece.source for piece in pieces[2:]] == ["archive/c.jsonl", "archive/d.parquet"]
    with pytest.raises(ReadError, match="expected at least one; correct the pattern"):
        plan_pieces(["none/*"])


def size(path):
    """Return size and time as the plan has them."""
    found = Path(path).stat()
    return found.st_size, str(found.st_mtime_ns)


def test_a_failed_piece_is_tried_again_once_the_others_are_done(place, monkeypatch):
    plan, tried = plan_archive(["archive/*"], "labelled/", model()), []

    def outcomes(todo, *_):
        for piece in todo:
            tried.append(piece.source[-1:])
            yield Outcome(piece, {"rows": 1}) if len(tried) > 2 else Outcome(piece, error="no")

    monkeypatch.setattr(archive, "_outcomes", outcomes)
    assert all(outcome.marker for outcome in label_pieces(plan))
    assert "".join(tried) == "tvltvtv"


def test_a_marker_says_what_was_done(place):
    label("archive/b.csv")
    marker = json.loads(Path("labelled/_done/b.csv-00000.parquet.json").read_bytes())
    assert marker["rows"] == sum(marker["sections"].values()) == 150
    assert marker["size"] == Path("archive/b.csv").stat().st_size
    assert marker["bytes"] == Path("labelled/b.csv-00000.parquet").stat().st_size
    assert len(marker["model"]) == 64
