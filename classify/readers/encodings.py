"""Detect the encoding of a stream of bytes and convert it to UTF-8.

A byte order mark decides; then NUL bytes at every other place, which only UTF-16 has. Bytes that are UTF-8 are read as
such, even with a damaged character or two, each of which becomes U+FFFD. In other text whose letters are mostly beyond
ASCII, charset-normalizer decides between the encodings of other scripts, such as Windows-1251 for Cyrillic; where its
answer cannot be trusted, the caller must name the encoding. The rest is Windows-1252, which includes Latin-1, unless it
is certain to be Central European or Turkish.
"""

from __future__ import annotations

import codecs
import re
import string

import numpy as np
import pyarrow as pa

from classify.headlines import ReadError
from classify.readers.latin import latin_encoding

__all__ = ["Recoder", "declared", "repaired"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHOWN = {"utf-8": "UTF-8", "iso8859-1": "Latin-1", "iso8859-2": "Latin-2", "ascii": "ASCII"} | {
    f"cp{n}": f"Windows-{n}" for n in range(1250, 1259)
}
# Of the letters of Cyrillic, Greek or Chinese text, more than this share is not ASCII; of German or Czech, a fifth is.
_OTHER_SCRIPT = 0.4
_OF_OTHER_SCRIPTS = (
    *("cp1251", "koi8_r", "koi8_u", "iso8859_5", "cp866", "cp1253", "iso8859_7", "cp1255", "cp1256", "cp874"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
_SAMPLE = 1 << 15


class Recoder:
    r"""Convert the bytes of one stream to UTF-8, block by block.

    While all bytes are ASCII the question is open: it is decided at the first that is not.

    Parameters
    ----------
    encoding
        Name of the encoding; None to detect it from the bytes.

    Examples
    --------
    >>> recoder = Recoder()
    >>> recoder.begin("Café\n".encode("cp1252")).decode(), recoder.shown
    ('Café\n', 'Windows-1252')
    """

    def __init__(self, encoding: str | None = None) -> None:
        self._name = "" if encoding is None else _known(encoding)
        self.guessed = False  # whether the encoding is neither named, nor marked, nor UTF-8
        self._decoder: codecs.IncrementalDecoder | None = None

    @property
    def shown(self) -> str:
        """The name of the encoding for people."""
        return _SHOWN.get(self._name, self._name.upper()) if self._name else "ASCII"

    def begin(self, head: bytes) -> bytes:
        """Convert the first block, which may have a byte order mark."""
        for mark, name in _MARKS:
            # A named encoding stands, but its own mark is no part of the text.
            if head.startswith(mark) and self._name in ("", name, name[:6], name[:6] + "_sig"):
                self._name, head = name, head[len(mark) :]
                break
        if self._name in ("", "utf-16", "utf-32"):
            told = _told_by_nuls(head)
            if self._name and head and not told:
                raise ReadError(
                    f"found no byte order mark; expected one in {self._name}; name the encoding {self._name}-le or -be"
                )
            self._name = told
        return self(head)

    def __call__(self, data: bytes, *, final: bool = False) -> bytes:
        """Convert a further block; with `final`, also the rest of a cut character."""
        if not self._name:
            if data.isascii():
                return data
            self._name = _detected(data)
            self.guessed = self._name != "utf-8"
        if self._name == "utf-8":
            return data
        if self._decoder is None:
            self._decoder = codecs.getincrementaldecoder(self._name)("replace")
        return self._decoder.decode(data, final).encode("utf-8", "replace")


def repaired(data: bytes) -> bytes:
    r"""Replace what is not UTF-8 by U+FFFD.

    Examples
    --------
    >>> repaired(b"caf\xe9").decode()
    'caf\ufffd'
    """
    ends = pa.py_buffer(np.array([0, len(data)], np.int64))
    try:
        pa.LargeStringArray.from_buffers(1, ends, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return data.decode("utf-8", "replace").encode()
    return data


def declared(head: bytes) -> str | None:
    """Return the encoding that XML declares, if it can be declared so.

    Examples
    --------
    >>> declared(b"<?xml version='1.0' encoding='ISO-8859-1'?>")
    'iso8859-1'
    """
    found = re.match(rb"\s*<\?xml[^>]{1,80}?encoding=[\"']([\w.-]{1,40})[\"']", head)
    try:
        name = _known(found[1].decode()) if found else None
    except ReadError:
        return None
    # Bytes that could be read as ASCII so far are in no encoding of several bytes a character.
    return None if name is None or name.startswith(("utf", "ascii")) else name


# Codecs for domain names and Python source; some decode in quadratic time.
_NOT_OF_FILES = ("idna", "punycode", "unicode-escape", "raw-unicode-escape")


def _known(encoding: str) -> str:
    """Return the name that Python uses for a text encoding."""
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)  # LookupError for codecs that are no text encodings, such as rot13
        if name in _NOT_OF_FILES:
            raise LookupError
    except (LookupError, UnicodeError):
        raise ReadError(
            f"found encoding {encoding!r}; expected a name that Python knows, such as 'utf-8', "
            "'utf-16', 'latin-1' or 'cp1252'; correct the name or leave it out"
        ) from None
    return name


def _told_by_nuls(head: bytes) -> str:
    """Return which UTF-16 without a mark it is, if it is one: ASCII letters have a NUL on one side."""
    even, odd = head[0:2000:2], head[1:2000:2]
    if len(odd) < 4 or b"\x00" not in head:
        return ""
    if odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.4 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return ""


def _detected(data: bytes) -> str:
    """Return the name of the encoding of text that has bytes beyond ASCII."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(data)
    broken = text.count("\ufffd") - data.count("\ufffd".encode())
    sound = sum(map(text.count, set(text) - set(map(chr, range(128))))) - text.count("\ufffd")
    if sound >= broken:
        return "utf-8"
    sample = b"\n".join(line for line in data.split(b"\n") if not line.isascii())[:_SAMPLE]
    high = len(sample.translate(None, bytes(range(128))))
    letters = high + len(sample) - len(sample.translate(None, string.ascii_letters.encode()))
    return (
        _of_other_script(sample)
        if high > max(3, _OTHER_SCRIPT * letters) and 0 not in sample
        else latin_encoding(sample)
    )


def _of_other_script(sample: bytes) -> str:
    """Return the encoding that charset-normalizer finds for text whose letters are mostly not Latin."""
    from charset_normalizer import from_bytes  # 30 ms that most files need not pay

    best = from_bytes(sample, cp_isolation=list(_OF_OTHER_SCRIPTS)).best()
    if best is not None:
        name, text = codecs.lookup(best.encoding).name, str(best)
        # Kana of EUC-JP would be Korean letters, Thai would be narrow kana.
        hangul, letters, narrow = (len(re.findall(form, text)) for form in ("[가-힣]", "[ㄱ-ㆎ]", "[｡-ﾟ]"))
        several_bytes = len(text) < 0.9 * len(sample)
        trusted = (name != "cp949" or 4 * hangul > len(text)) and 4 * narrow < len(text) and 10 * letters < len(text)
        if trusted and (several_bytes or best.coherence > 0.2):
            return name
    raise ReadError(
        "found text in an encoding that cannot be detected; expected UTF-8, or one that is certain; "
        "name it with --encoding, such as cp1255"
    )
