"""Archives for the tests of `classify.scale`: a model of two sections, and files of headlines."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from classify import HeadlineClassifier, load_sample

ROOT = Path(__file__).resolve().parents[2]


@cache
def model():
    """Train a small model."""
    rows = load_sample().slice(0, 600)
    return HeadlineClassifier(char_ngrams=None, background=None, n_folds=2).fit(rows.headline, rows.section)


def table(start, count):
    """Return headlines of the sample, over and over, as a table with ids and addresses."""
    sample = load_sample().headline
    places = pa.array([at % len(sample) for at in range(start, start + count)], pa.int64())
    ids = pa.array([f"id-{at}" for at in range(start, start + count)], pa.string())
    return pa.table(
        {"id": ids, "title": sample.take(places), "url": pa.array([f"/{at}" for at in range(count)], pa.string())}
    )


def write_archive(folder, rows=300):
    """Write a small archive: Parquet of several row groups, CSV, JSON lines, an empty file and one without rows."""
    folder.mkdir(exist_ok=True)
    pq.write_table(table(0, rows), folder / "a.parquet", row_group_size=rows // 4 + 1)
    pa.csv.write_csv(table(1000, rows // 2), folder / "b.csv")
    table(2000, 50).to_pandas().to_json(folder / "c.jsonl", orient="records", lines=True)
    pq.write_table(table(0, 0), folder / "d.parquet")
    (folder / "e.csv").write_bytes(b"")


def content(folder, markers=True):
    """Return the bytes of all files of a folder of answers by name; hidden ones are a failure."""
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    assert not [path for path in files if path.name.startswith(".")]
    named = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return {name: data for name, data in named.items() if markers or not name.startswith("_done")}


def answers(folder):
    """Return all answers, in the order of the names of the parts."""
    paths = sorted(path for path in Path(folder).rglob("*.parquet"))
    return pa.concat_tables([pq.read_table(path, partitioning=None) for path in paths])


def command(*argv):
    """Return the command line of a process of classify."""
    return [sys.executable, "-P", "-m", "classify", *map(str, argv)]


def run(folder, *argv, code=0, **environment):
    """Run classify in a folder; return what it printed on standard error."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment}
    done = subprocess.run(command(*argv), cwd=folder, env=env, capture_output=True, timeout=120, check=False)
    told = done.stderr.decode()
    assert done.returncode == code, told
    return told
