"""The versions that the tests run with are those that pyproject.toml allows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIRED = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["completion"]]


def pins(name):
    """Return the pinned version of each package."""
    found = re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / name).read_text(encoding="utf-8"), re.M)
    return {package.lower(): version for package, version in found}


@pytest.mark.parametrize("requirement", REQUIRED)
def test_the_oldest_versions_are_the_lower_bounds(requirement):
    package, lowest = re.fullmatch(r"([\w.-]+)>=([\d.]+)", requirement).groups()
    oldest = pins("constraints-oldest.txt")[package.lower()]
    assert re.fullmatch(re.escape(lowest) + r"(\.0)*", oldest), f"{requirement}, but {oldest} is tested"


@pytest.mark.parametrize("requirement", REQUIRED)
def test_every_requirement_has_a_pinned_version(requirement):
    assert requirement.split(">=")[0].lower() in pins("constraints.txt")
