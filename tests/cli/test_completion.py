"""Shell completion, asked of the shells themselves where they are there."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

# Every test starts a shell or the command.
pytestmark = pytest.mark.slow

SHELLS = ("bash", "zsh", "fish")


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """Write the script of each shell as the README says."""
    folder = tmp_path_factory.mktemp("completion")
    for shell in SHELLS:
        done = subprocess.run(
            [sys.executable, "-m", "classify", "--completion", shell], capture_output=True, check=True, timeout=60
        )
        assert done.stderr == b""
        (folder / shell).write_bytes(done.stdout)
    (folder / "_classify").write_bytes((folder / "zsh").read_bytes())
    (folder / "headlines.csv").touch()
    return folder


def ask(shell, code, folder):
    """Let a shell run a script of its own kind; skip where it is not installed."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    quiet = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run([shell, *quiet, "-c", code], cwd=folder, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().splitlines()


# What stands on the line, and some of what may follow.
LINES = [
    (["pre"], ["predict"]),
    (["corpus", "fe"], ["fetch"]),
    (["predict", "--max"], ["--max-error"]),
    (["predict", "-f", ""], ["table", "jsonl", "csv", "tsv"]),
    (["predict", "-i", "head"], ["headlines.csv"]),
    (["train", "--split", "gr"], ["grouped"]),
    (["cluster", "-m", "head"], ["headlines.csv"]),
    (["cluster", "--continue", "head"], ["headlines.csv"]),
]


@pytest.mark.parametrize(("words", "wanted"), LINES, ids=str)
def test_bash_completes(words, wanted, scripts):
    quoted = " ".join(f"'{word}'" for word in ["classify", *words])
    before = words[-2] if len(words) > 1 else "classify"
    code = (
        f"source ./bash; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; "
        f"_shtab_classify classify '{words[-1]}' '{before}'; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    assert ask("bash", code, scripts) == wanted


@pytest.mark.parametrize(("words", "wanted"), LINES, ids=str)
def test_fish_completes(words, wanted, scripts):
    found = ask("fish", f"source fish; complete -C 'classify {' '.join(words)}'", scripts)
    assert set(wanted) <= {line.split("\t")[0] for line in found}


def test_fish_shows_summaries(scripts):
    found = ask("fish", "source fish; complete -C 'classify pre'", scripts)
    assert found == ["predict\tlabel headlines by section"]


def test_zsh_finds_the_function(scripts):
    code = "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[classify]"
    assert ask("zsh", code, scripts) == ["_classify"]
    assert ask("zsh", "zsh -n ./zsh && print fine", scripts) == ["fine"]


def test_an_unknown_shell_is_refused():
    command = [sys.executable, "-m", "classify", "--completion", "csh"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 2
    assert b"invalid choice: 'csh'" in done.stderr


def test_without_shtab_the_extra_is_named():
    code = "import sys; sys.modules['shtab'] = None; from classify.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "--completion", "bash"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 2
    assert b"classify-headlines[completion]" in done.stderr
