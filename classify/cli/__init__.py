"""The `classify` command, with a module for each subcommand; errors are printed as one sentence."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from classify.cli.common import tell, visible

COMMANDS = {
    "train": "learn sections from labelled headlines and write a model and a report",
    "predict": "label headlines by section",
    "evaluate": "measure a model on labelled headlines",
    "audit": "list labels that look wrong",
    "cluster": "group headlines into stories",
    "serve": "label headlines over HTTP, and on a page",
    "inspect": "show what a model has learned",
    "background": "learn from unlabelled headlines which words are alike",
    "corpus": "list, fetch and convert public corpora",
}

# What to do about an error of the system, whose message is what was found.
_REMEDIES = {
    (errno.ENOENT,): "correct the name, or make it first",
    (errno.EACCES, errno.EPERM, errno.EROFS): "ask for the permission, or name another place",
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG): "make room, or name another place",
    (errno.EISDIR,): "name a file",
    (errno.ENOTDIR, errno.EEXIST): "name a folder that is one, or a new one",
    (errno.EMFILE, errno.ENFILE): "close other files, or allow more",
    (errno.ENAMETOOLONG,): "choose a shorter name",
}

_EXAMPLES = """examples:
  classify predict "Keeper's late save sends Rovers into the final"
  classify train headlines.csv -m mine.safetensors --report reports/mine
  classify cluster headlines.csv -f csv -o stories.csv
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0 done, 1 rows skipped, 2 wrong usage or input, 130 Ctrl-C."""
    argv = sys.argv[1:] if argv is None else list(argv)
    try:
        _expect_streams()
        # Without a home to write to it warns on every run, which a user of this command can do nothing about.
        logging.getLogger("matplotlib").setLevel(logging.ERROR)
        args = _parser(argv).parse_args(argv)
        return int(args.run(args))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _forget_output()  # its reader has gone
        return 0
    except (ValueError, OSError, MemoryError, ImportError) as error:
        if isinstance(error, ImportError) and not _out_of_memory(error):
            raise
        tell(f"error: {_one_sentence(error)}")
        try:
            sys.stdout.flush()
        except (OSError, ValueError, AttributeError):
            _forget_output()
        return 2


def _forget_output() -> None:
    """Send what standard output still has to nowhere, else Python fails to write it once more when it exits."""
    with suppress(OSError, ValueError, AttributeError):  # a stream of the caller's, or none
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _expect_streams() -> None:
    """Raise a ValueError if standard output is closed; drop messages if standard error is."""
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 (until the end of the process)
    if sys.stdout is None:
        raise ValueError("standard output: found it closed; expected a place for answers; open it, or use /dev/null")


class _Parser(argparse.ArgumentParser):
    """A parser whose error messages are one sentence."""

    def error(self, message: str) -> NoReturn:
        """Print the error and where to read on; exit with code 2."""
        # argparse names the function that could not parse a number, which means nothing to the user.
        message = re.sub(r"invalid \w+ value: (.*)", r"found \1; expected a number", message)
        self.exit(2, f"classify: error: {visible(message)}; see '{self.prog} --help'\n")


def _parser(argv: Sequence[str], *, whole: bool = False) -> argparse.ArgumentParser:
    """Return the parser of the command line; imports only the subcommand in `argv`, or all with `whole`."""
    parser = _Parser(
        prog="classify",
        description=f"{_EXAMPLES}\nLabel news headlines by section and group them into stories.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    shells = ("bash", "zsh", "fish")
    parser.add_argument("--completion", action=_Completion, choices=shells, help="write the shell's script and exit")
    parser.add_argument("--version", action=_Version, nargs=0, help="show versions and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    asked = next((word for word in argv if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        module = import_module(f"classify.cli.{name}") if whole or name == asked else None
        command = commands.add_parser(
            name,
            help=summary,
            description=f"examples:\n{module.EXAMPLES}\n{module.DESCRIPTION}" if module else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if module:
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


class _Completion(argparse.Action):
    """Print a shell's script, which describes all commands."""

    def __call__(self, parser: argparse.ArgumentParser, _: object, shell: object, *__: object) -> None:
        """Print and exit."""
        from classify.cli.completion import script

        print(script(_parser([], whole=True), str(shell)))
        parser.exit(0)


class _Version(argparse.Action):
    """Print the versions that matter, looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print and exit."""
        from importlib.metadata import version

        from classify import __version__

        parts = [f"{name} {version(name)}" for name in ("numpy", "pyarrow", "scikit-learn")]
        print(f"classify {__version__} (Python {sys.version.split()[0]}, {', '.join(parts)})")
        parser.exit(0)


def _out_of_memory(error: ImportError) -> bool:
    """Return whether a library could not be loaded for lack of memory, as the linker says it."""
    return re.search("failed to map|annot allocate", str(error)) is not None


def _one_sentence(error: BaseException) -> str:
    """Return an error as one sentence."""
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        remedy = next((words for codes, words in _REMEDIES.items() if error.errno in codes), "look at what is there")
        return f"{where}{error.strerror[0].lower()}{error.strerror[1:]}; {remedy}"
    if isinstance(error, MemoryError | ImportError):
        return "there is not enough memory for this; pass fewer headlines at a time"
    return " ".join(str(error).split())
