"""Find fonts for the words of a figure, and replace words that no font has."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.ticker import Formatter

FAMILY = "DejaVu Sans"

# Families tried, if installed, for characters that DejaVu Sans lacks (Chinese, Devanagari, ...).
FALLBACK_FAMILIES = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans CJK TC", "Noto Sans SC", "Noto Sans JP"),
    *("Noto Sans KR", "Source Han Sans SC", "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil"),
    *("Noto Sans Thai", "PingFang SC", "Hiragino Sans GB", "Kohinoor Devanagari", "Microsoft YaHei", "SimHei"),
    *("Nirmala UI", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "IPAGothic", "NanumGothic", "Droid Sans Fallback"),
    *("Lohit Devanagari", "FreeSans", "Arial Unicode MS"),
)

# Unicode's names of scripts that go by another in speech.
_LANGUAGES = {"CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean"}


def use_fallback_fonts(figure: Figure) -> bool:
    """Set texts with characters that DejaVu Sans lacks in the installed fonts that may have them; return if any."""
    lacking = [text for text in _texts(figure) if not {ord(c) for c in text.get_text()} <= _covered(FAMILY)]
    for text in lacking:
        text.set_fontfamily([FAMILY, *fallbacks()])
    return bool(lacking)


def scripts_without_font(figure: Figure) -> set[str]:
    """Name the scripts of letters that no font has of those that figures are set in.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> scripts_without_font(Figure())
    set()
    """
    letters = {c for text in _texts(figure) for c in text.get_text() if c.isalpha() and _is_missing(c)}
    return set(map(_script, letters))


def replace_missing(figure: Figure, names: dict[str, str]) -> None:
    """Replace words that no font has by the name of their script and a number, instead of boxes.

    Parameters
    ----------
    figure
        Is changed.
    names
        The replacements so far, by word; those of further words are added, so that a word has one number in all figures
        of a report.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> figure, names = Figure(), {}
    >>> title = figure.suptitle("cup: " + chr(0x12000))
    >>> replace_missing(figure, names)
    >>> title.get_text(), list(names.values())
    ('cup: ‹Cuneiform 1›', ['‹Cuneiform 1›'])
    """
    from matplotlib.ticker import FixedFormatter, FuncFormatter

    for axes in figure.findobj(lambda artist: hasattr(artist, "get_xaxis")):
        for axis in (axes.get_xaxis(), axes.get_yaxis()):  # type: ignore[attr-defined]
            formatter = axis.get_major_formatter()
            if isinstance(formatter, FixedFormatter | FuncFormatter):  # which write labels anew for each drawing
                axis.set_major_formatter(FuncFormatter(partial(_formatted, formatter, names)))
    for text in _texts(figure):
        text.set_text(_replaced(text.get_text(), names))


def _formatted(formatter: Formatter, names: dict[str, str], value: float, at: int | None) -> str:
    """Return the label of a tick with its words replaced."""
    return _replaced(formatter(value, at), names)


def _replaced(text: str, names: dict[str, str]) -> str:
    """Replace the words of a text that no font has; words of one script with a space between them are one."""
    if not any(map(_is_missing, text)):
        return text
    shape = "".join("x" if _is_missing(c) else c if c == " " else "." for c in text)
    parts, end = [], 0
    for run in re.finditer("x(?:[x ]*x)?", shape):
        word = text[run.start() : run.end()]
        if word not in names:
            script = next(map(_script, filter(str.isalpha, word)), "symbol")
            number = 1 + sum(name.startswith(f"‹{script} ") for name in names.values())
            names[word] = f"‹{script} {number}›"
        parts += [text[end : run.start()], names[word]]
        end = run.end()
    return "".join([*parts, text[end:]])


def _is_missing(character: str) -> bool:
    """Return whether no font has a character that is to be seen."""
    if unicodedata.category(character) in ("Cc", "Cf", "Zs"):
        return False
    return ord(character) not in _known(fallbacks())


@cache
def _known(fallbacks: tuple[str, ...]) -> frozenset[int]:
    """Return the characters of all fonts that figures are set in."""
    return frozenset[int]().union(*map(_covered, (FAMILY, *fallbacks)))


def _script(letter: str) -> str:
    """Name the script of a letter."""
    name = unicodedata.name(letter, "unknown").split()[0]
    return _LANGUAGES.get(name, name.capitalize())


def _texts(figure: Figure) -> list[Text]:
    """Find all texts of a figure."""
    from matplotlib.text import Text

    return [text for text in figure.findobj(Text) if isinstance(text, Text)]


@cache
def _covered(family: str) -> frozenset[int]:
    """Return the characters that an installed font family has."""
    from matplotlib import font_manager, ft2font

    font = ft2font.FT2Font(font_manager.findfont(family))
    return frozenset(font.get_charmap()) | {ord("\n")}


@cache
def fallbacks() -> tuple[str, ...]:
    """Return the fallback families that this machine has."""
    from matplotlib import font_manager

    names = {font.name for font in font_manager.fontManager.ttflist}
    return tuple(family for family in FALLBACK_FAMILIES if family in names)
