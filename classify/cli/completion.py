"""`classify --completion SHELL`: a script that completes commands, options, choices and file names; by shtab."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

_FILES = {"FILE", "INPUT", "CORPUS", "MODEL", "STORIES"}


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Write the script for a shell, of all the commands that a parser knows.

    Raises
    ------
    ValueError
        If shtab is not installed.
    """
    try:
        import shtab
    except ImportError:
        raise ValueError(
            "the package shtab was not found; --completion needs it; install it with "
            "pip install 'classify-headlines[completion]'"
        ) from None
    for action in _actions(parser):
        if action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar == "DIR":
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the options and arguments of a parser and of those below it."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                # What a shell shows beside a command: its summary, not the examples that its help begins with.
                below.description = next((each.help for each in action._choices_actions if each.dest == name), None)
                yield from _actions(below)
