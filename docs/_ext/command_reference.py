"""Write the reference of the command from its parsers, where a page has the line ``%COMMANDS%``."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from classify.cli import _parser

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MARK = "%COMMANDS%"
_Commands = argparse._SubParsersAction


def setup(app: Sphinx) -> dict[str, Any]:
    """Have the mark replaced when a page is read."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True}


def _fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace the mark in a page."""
    if MARK in source[0]:
        source[0] = source[0].replace(MARK, command_pages())


def command_pages() -> str:
    """Return the reference of all commands as Markdown."""
    return "\n".join(line for parser in parsers() for line in _page(parser))


def parsers() -> list[argparse.ArgumentParser]:
    """Return the parser of each command and of the actions of `corpus`, in the order of ``classify --help``."""
    return list(_below(_parser([], whole=True)))


def _below(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parser and those of its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, _Commands):
            for child in action.choices.values():
                yield from _below(child)


def _page(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the lines of a command: what it does, examples, and its arguments."""
    examples, _, description = (parser.description or "").partition("\n\n")
    yield f"\n## {parser.prog}\n"
    yield _escape(" ".join(description.split()))
    yield "\n```text"
    yield textwrap.dedent(f"       {parser.format_usage().removeprefix('usage: ')}").rstrip()
    yield "```\n"
    if parser.prog.count(" ") < 2:  # those of an action are those of its command
        yield "```text"
        yield from (line.strip() for line in examples.splitlines()[1:])
        yield "```\n"
    for action in parser._actions:
        yield from _argument(parser, action)


def _argument(parser: argparse.ArgumentParser, action: argparse.Action) -> Iterator[str]:
    """Yield an option, or an argument without a name, as an entry of a definition list."""
    if isinstance(action, _Commands):
        return
    formatter = parser.formatter_class(parser.prog)
    names = [f"`{name}`" for name in formatter._format_action_invocation(action).split(", ")]
    yield ", ".join(names)
    yield f": {_escape(formatter._expand_help(action))}\n"


def _escape(text: str) -> str:
    """Return a text without meaning for Markdown."""
    for character in "\\*_<>[]`|":
        text = text.replace(character, "\\" + character)
    return text
