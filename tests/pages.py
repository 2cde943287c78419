"""Run the examples of a page of the documentation, each page in a folder of its own.

A block ``console`` has commands behind ``$ ``, each followed by what a person sees at a terminal; a line ``...``
stands for any lines. The blocks ``python`` of a page are one script; a block ``text`` right behind one of them is what
it prints. A block with a caption is a file of that name. After a change, ``python tests/pages.py docs/tutorial.md``
writes today's output into the page, except where a line ``...`` is part of it.
"""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
_BLOCKS = re.compile(
    r"^```(?:(console|python)|\{code-block\} \w+\n:caption: (\S+)\n)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?",
    re.M | re.S,
)


def pages():
    """Return the pages that are written by hand."""
    made = [DOCS / name for name in ("_build", "figures", "reference/generated")]
    return sorted(path for path in DOCS.rglob("*.md") if not any(path.is_relative_to(folder) for folder in made))


def prepare(folder):
    """Copy the files that examples read into a folder."""
    shutil.copy(ROOT / "data" / "headlines.csv", folder)
    shutil.copytree(ROOT / "data", folder / "data")


def run(command, folder):
    """Run a line of the shell as at a terminal of 100 columns; return the exit code and what is seen."""
    master, slave = pty.openpty()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONWARNINGS"}
    process = subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**kept, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"},
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=subprocess.PIPE,
    )
    os.close(slave)
    parts = []
    with contextlib.suppress(OSError):  # Linux ends a pseudo-terminal so
        while part := os.read(master, 65536):
            parts.append(part)
    os.close(master)
    messages = process.stderr.read().decode()
    process.stderr.close()
    code = process.wait(timeout=300)
    return code, messages + b"".join(parts).decode().replace("\r\n", "\n")


def examples(text):
    """Yield the examples of a page: kind or name of a file; command, code or text; the output stated."""
    for kind, name, body, printed in _BLOCKS.findall(text):
        if kind != "console":
            yield kind or name, body, printed
        else:
            for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
                command, output = re.fullmatch(r"((?:[^\n]*\\\n)*[^\n]*\n)(.*)", part, re.S).groups()
                yield kind, command, output


def matches(stated, seen):
    """Return whether an output is as stated, with ``...`` for any lines."""
    pattern = "".join("(?:.*\n)*?" if line.strip() == "..." else re.escape(line + "\n") for line in stated.splitlines())
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in seen.splitlines())) is not None


def _written(kind, code, output):
    """Return an example as it is written in a page."""
    if kind == "console":
        return f"$ {code}{output}"
    return f"{code}```\n" + (f"\n```text\n{output}```\n" if output else "")


def run_page(path, folder):
    """Run a page; return it with today's output, and each example's code, exit code, stated and seen output."""
    text = path.read_text(encoding="utf-8")
    names, found = {}, []
    for kind, code, stated in examples(text):
        if kind == "console":
            status, seen = run(code, folder)
        elif kind != "python":
            (folder / kind).write_text(code, encoding="utf-8")
            continue
        else:
            with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(code, path.name, "exec"), names)
            status, seen = 0, out.getvalue()
        found.append((code, status, stated, seen))
        if "..." not in stated.split("\n"):
            text = text.replace(_written(kind, code, stated), _written(kind, code, seen), 1)
    return text, found


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as place:
            prepare(Path(place))
            changed, ran = run_page(Path(name), Path(place))
        for code, status, _, seen in ran:
            sys.stdout.write(f"{status} {code}{seen if status else ''}")
        Path(name).write_text(changed, encoding="utf-8")
