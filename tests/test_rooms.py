"""The picture in CONTRIBUTING.md is true: every module has a room, and imports only go up the table."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(p for p in (ROOT / "classify").rglob("*.py") if p.name != "__main__.py" and p.parent.name != "models")


def rooms() -> tuple[dict[str, str], dict[str, set[str]]]:
    """Read the table: the room of each module pattern, and the rooms each room may import."""
    table = re.findall(r"^\| (\w+) \| (`.+?) \| .+? \| (.+?) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.M)
    home, above = {}, {}
    for room, modules, may in table:
        home |= dict.fromkeys(re.findall(r"`([\w*]+)/?`", modules), room)
        above[room] = {name.strip() for name in may.split(",")} - {"-"}
    return home, above


HOME, ABOVE = rooms()


@cache
def room_of(module: str) -> str | None:
    """Find the room of ``classify.x.y`` by the table."""
    name = module.split(".")[1]
    patterns = [p for p in HOME if re.fullmatch(p.replace("*", r"\w+"), name)]
    return HOME[patterns[0]] if patterns else None


@cache
def reachable(room: str) -> set[str]:
    """Follow the table upwards: what a room may import, it may import through others as well."""
    if "all" in ABOVE[room]:
        return set(ABOVE)
    found: set[str] = {room, "base"}
    for other in ABOVE[room]:
        found |= reachable(other)
    return found


def imports(path: Path) -> set[str]:
    """List the modules of this package that a file imports anywhere, but for type checking alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("classify"):
            single = node.module == "classify"
            names |= {f"classify.{alias.name}" for alias in node.names} if single else {node.module}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.startswith("classify.")}
    return names - {"classify.__version__"}


def test_the_table_names_every_room_once():
    assert set(ABOVE) >= {"text", "readers", "vectorizer", "classifier", "stories", "report", "cli"}
    assert all(other in ABOVE or other == "all" for may in ABOVE.values() for other in may)


@pytest.mark.parametrize("path", [p for p in MODULES if p != ROOT / "classify" / "__init__.py"], ids=str)
def test_imports_only_go_up(path):
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    here = room_of(module)
    assert here is not None, f"{module} has no room in CONTRIBUTING.md"
    wrong = {name for name in imports(path) if room_of(name) not in reachable(here)}
    assert not wrong, f"{module} ({here}) imports {wrong}"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_modules_stay_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 420
