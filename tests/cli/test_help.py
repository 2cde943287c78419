"""Every command's help begins with three examples, and they run."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import classify
from classify import StoryClusterer, load_sample, save_stories
from classify.cli import COMMANDS, main

ASKED = [[], *([name] for name in COMMANDS), *(["corpus", action] for action in ("list", "fetch", "convert"))]
# What would not end, or not soon: what is run in its place. The examples of serve are run in tests/serve.
SHORTER = {"tail -f ": "tail -n 5 ", "--search 600": "--search 2"}


def examples(argv, capsys):
    """Read the examples off the help of a command."""
    with pytest.raises(SystemExit):
        main([*argv, "--help"])
    usage, shown, *_ = capsys.readouterr().out.split("\n\n")
    assert usage.startswith("usage: ")
    title, *lines = shown.splitlines()
    assert title == "examples:"
    return [line.strip() for line in lines]


@pytest.mark.parametrize("argv", ASKED, ids=" ".join)
def test_help_begins_with_three_examples(argv, capsys):
    lines = examples(argv, capsys)
    assert len(lines) >= 3
    assert sum(f"classify {' '.join(argv[:1])}" in line for line in lines) >= 2


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    """Make what the examples speak of: corpora, models, a cache with a public corpus put there by hand."""
    folder = tmp_path_factory.mktemp("examples")
    table = load_sample().to_pandas().drop(columns="line").head(500)
    table = table.assign(desk=table.section)
    for name in ("headlines.csv", "june.csv", "january-to-may.csv", "monday.csv", "tuesday.csv"):
        table.to_csv(folder / name, index=False)
    table.to_json(folder / "headlines.jsonl", orient="records", lines=True)
    (folder / "titles.txt").write_text("\n".join(table.headline), encoding="utf-8")
    table.head(3).assign(corrected="sport").to_csv(folder / "suspicious.csv", index=False)
    for name in ("mine.safetensors", "news.safetensors", "older.safetensors"):
        shutil.copy(Path(classify.__file__).parent / "models" / "sections.safetensors", folder / name)
    save_stories(StoryClusterer().fit(table.headline.tolist()[:100]), folder / "stories.safetensors")
    (folder / "archive").mkdir()
    table[["headline"]].to_parquet(folder / "archive" / "2020.parquet", index=False)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("bbc/sport/001.txt", "Rovers win the cup\n\nAt last.\n")
    cached = folder / "cache" / "classify-headlines" / "bbc" / "bbc-fulltext.zip"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(archive.getvalue())
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("argv", [a for a in ASKED[: len(COMMANDS) + 1] if a != ["serve"]], ids=" ".join)
def test_the_examples_run(argv, things, tmp_path, capsys):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for number, line in enumerate(examples(argv, capsys)):
        folder = shutil.copytree(things, tmp_path / str(number))
        for long, short in SHORTER.items():
            line = line.replace(long, short)
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=folder,
            env={**os.environ, "PATH": path, "XDG_CACHE_HOME": str(folder / "cache")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, (line, done.stderr.decode())
        written = re.findall(r"(?: -o| -m| --report) (\S+)", line)
        assert all((folder / name).exists() for name in written), line
