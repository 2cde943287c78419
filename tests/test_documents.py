"""What the documents say is so: the README's commands and library example run, every command is described."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pages
import pytest

from classify.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = re.findall(r"^    ((?:classify|cat) .+)$", README, re.M)


@pytest.mark.slow
def test_the_commands_of_the_readme_run_one_after_the_other(tmp_path):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    assert len(LINES) == 5
    for line in LINES:
        result = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert result.returncode == 0, f"{line}\n{result.stderr.decode()}"


@pytest.mark.slow
def test_the_library_example_runs(capsys):
    (code,) = re.findall(r"```python\n(.+?)```", README, re.S)
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("sport ")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme_and_the_help(command):
    help_text = subprocess.run(
        [sys.executable, "-m", "classify", "--help"], capture_output=True, check=True, text=True
    ).stdout
    assert re.search(rf"^    {command}\s", help_text, re.M)
    assert f"classify {command}" in README


def test_make_targets_of_the_documents_exist():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *pages.pages()):
        assert set(re.findall(r"(?:`|^    )make ([a-z][\w-]+)", path.read_text(encoding="utf-8"), re.M)) <= targets


@pytest.mark.parametrize("path", [ROOT / "README.md", *pages.pages()], ids=lambda path: path.stem)
def test_links_within_the_project_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) + re.findall(r'src="([^"]+)"', text)
    for target in targets:
        made = target.endswith("figures/index")  # by sphinx-gallery
        assert made or (path.parent / target).exists(), target


def test_the_corpus_is_as_its_readme_says():
    from classify import load_sample

    table = load_sample().to_pandas()
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    sizes = table.groupby("story").size()
    assert f"{len(table):,} headlines" in readme
    assert f"in {len(sizes):,} stories" in readme
    assert f"{(sizes == 1).sum()} stories have one headline" in readme
    for section, count in table.section.value_counts().items():
        assert f"| {section} | {count} |" in readme
    assert sizes.between(1, 8).all()
    assert not table.headline.duplicated().any()
    assert table.groupby("story").section.nunique().max() == 1
