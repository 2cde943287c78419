"""The wheel: what is in it, how large it is, what it needs, what an import loads, and that it works elsewhere."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import classify

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LARGEST_WHEEL = 13_000_000  # bytes; models and background are 11.6 million of them
MOST_MODULES = 600  # of a cold `classify predict`: 521 with the pinned versions, half of them those of NumPy and SciPy
HEAVY = {"jinja2", "joblib", "matplotlib", "pandas", "pooch", "requests", "feedparser", "sklearn", "tqdm"}
SOURCES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")


def modules_after(code):
    """Return the names of the modules that some code has loaded in a process of its own."""
    code = f"{code}\nimport sys; print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, check=True, text=True, stdin=subprocess.DEVNULL)
    return set(done.stderr.split())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of a copy of the checkout."""
    pytest.importorskip("setuptools", minversion="77")
    place = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        shutil.copy(ROOT / name, place)
    unwanted = shutil.ignore_patterns("__pycache__")
    for name in ("classify", "data"):
        shutil.copytree(ROOT / name, place / name, ignore=unwanted)
    code = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    done = subprocess.run([sys.executable, "-c", code], cwd=place, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert "Package would be ignored" not in done.stderr
    (path,) = (place / "dist").glob("*.whl")
    return path


@pytest.mark.slow
class TestWheel:
    def test_it_has_the_package_and_nothing_else(self, wheel):
        names = set(zipfile.ZipFile(wheel).namelist())
        info = f"classify_headlines-{classify.__version__}.dist-info/"
        inside = {name for name in names if not name.startswith(info)}
        expected = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / "classify").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        data = {f"classify/data/{name}" for name in ("headlines.csv", "README.md")}
        assert inside == expected | data
        assert f"{info}licenses/LICENSE" in names

    def test_it_is_no_larger_than_its_models_and_a_megabyte(self, wheel):
        assert wheel.stat().st_size < LARGEST_WHEEL

    def test_its_metadata_are_the_projects(self, wheel):
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
            head, _, description = archive.read(name).decode().partition("\n\n")
        needed = re.findall(r"^Requires-Dist: ([^;\n]+)$", head, re.M)
        assert sorted(needed) == sorted(PROJECT["dependencies"])
        assert f"Version: {classify.__version__}" in head
        assert description.startswith("# classify\n")

    def test_it_works_away_from_the_checkout(self, wheel, tmp_path):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(tmp_path / "site")
        with (ROOT / "data" / "headlines.csv").open(encoding="utf-8") as file:
            (tmp_path / "rows.csv").write_text("".join(itertools.islice(file, 200)), encoding="utf-8")
        code = (
            "import classify, sys; from classify.cli import main; assert 'site' in classify.__file__;"
            "sys.exit(main(['train', 'rows.csv', '--test-size=0', '-m', 'mine'])"
            " or main(['predict', '-m', 'mine', 'Goal']))"
        )
        environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False, text=True)
        assert done.returncode == 0, done.stderr
        assert '"section": "sport"' in done.stdout


@pytest.mark.slow
def test_an_import_loads_nothing_yet():
    assert {name for name in modules_after("import classify") if name.startswith("classify")} == {"classify"}


@pytest.mark.slow
def test_a_cold_prediction_loads_few_modules():
    loaded = modules_after("from classify.cli import main; main(['predict', 'Late goal sends Rovers top'])")
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()
    assert len(loaded) < MOST_MODULES


def test_the_name_of_the_citation_is_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {classify.__version__}\n" in citation
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## {classify.__version__}" in changelog
