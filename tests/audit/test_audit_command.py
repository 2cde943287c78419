"""`classify audit` as a process, and `classify train` with its list."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from audit_cases import POLITICS, SPORT, with_errors

from classify import load_sample
from classify.audit import COLUMNS, apply_corrections


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


@pytest.mark.slow
def test_the_command_lists_and_train_takes_the_list_back(tmp_path):
    headlines, changed = with_errors(load_sample().slice(0, 400))
    headlines.to_pandas().drop(columns="line").to_csv(tmp_path / "corpus.csv", index=False)
    result = run("audit", "corpus.csv", "-o", "suspicious.csv", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == b""
    assert b"of 400 headlines are listed, from the most to the least suspicious" in result.stderr
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
def test_a_model_near_chance_is_reported(tmp_path):
    rng = np.random.default_rng(0)
    rows = [f"{' '.join(rng.choice(list('abcdefghij'), 5))},{section}" for section in rng.choice(["x", "y"], 200)]
    (tmp_path / "noise.csv").write_text("headline,section\n" + "\n".join(rows) + "\n", encoding="utf-8")
    result = run("audit", tmp_path / "noise.csv")
    assert result.returncode == 0, result.stderr
    assert b"the list is hardly better than chance" in result.stderr
    assert b"the list is hardly better than chance" not in run("audit").stderr


@pytest.mark.slow
def test_the_command_refuses_in_one_sentence(tmp_path):
    (tmp_path / "one.csv").write_text("headline,section\nA b,x\nC d,x\n", encoding="utf-8")
    result = run("audit", tmp_path / "one.csv", "-o", tmp_path / "out.csv")
    assert result.returncode == 2
    assert result.stderr.decode().startswith("classify: error: 1 different section(s) found; expected 2 to 500")
    assert not (tmp_path / "out.csv").exists()
