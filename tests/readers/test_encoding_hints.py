"""Encodings of other scripts are detected where that is certain, and else must be named."""

from __future__ import annotations

import io

import pytest

from classify.headlines import Headlines, ReadError
from classify.readers import read_headlines

TEXTS = {
    "ru": "Совет одобрил продление трамвая\nСборная выиграла матч в последнюю минуту\nЦены на нефть падают\n",
    "el": "Η βουλή ενέκρινε τον προϋπολογισμό\nΝίκη για τον Ολυμπιακό στο τέλος του αγώνα\n",
    "ar": "البرلمان يوافق على الميزانية\nالفريق يفوز بالمباراة في الدقيقة الأخيرة\n",
    "zh": "议会批准了新的预算案\n国足在加时赛中获胜\n今天下雨\n",
    "ja": "国会が予算案を可決した\n巨人が延長戦で勝利\n今日は雨\n",
    "ko": "국회가 예산안을 통과시켰다\n대표팀이 연장전에서 승리\n",
    "he": "הכנסת אישרה את התקציב\nמכבי ניצחה במשחק\n",
    "th": "รัฐสภาอนุมัติงบประมาณ\nทีมชาติชนะ\n",
    "de": "Zürich lässt grüßen\nBürgermeister kündigt Rücktritt an\n",
}


@pytest.mark.parametrize("head", ["", "title\n"], ids=["lines", "table"])
@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        *(("ru", name) for name in ("cp1251", "koi8_r", "iso8859_5", "cp866")),
        *(
            ("el", "cp1253"),
            ("ar", "cp1256"),
            ("zh", "gb18030"),
            ("ja", "shift_jis"),
            ("ko", "euc_kr"),
            ("de", "cp1252"),
        ),
    ],
)
def test_encodings_of_other_scripts_are_detected(language: str, encoding: str, head: str) -> None:
    """A Windows-1251 file is read as Cyrillic, with a header in ASCII or without."""
    reader = read_headlines(io.BytesIO((head + TEXTS[language]).encode(encoding)))
    assert Headlines.concat(reader).headline.to_pylist() == TEXTS[language].splitlines()


def test_the_encoding_of_other_scripts_shows_late() -> None:
    """A hundred thousand lines of ASCII before the first Cyrillic letter do not count."""
    reader = read_headlines(io.BytesIO(b"plain line\n" * 100_000 + TEXTS["ru"].encode("cp1251")))
    assert Headlines.concat(reader).headline.to_pylist()[-3:] == TEXTS["ru"].splitlines()
    assert reader.description.endswith("(Windows-1251)")


@pytest.mark.parametrize(("language", "encoding"), [("he", "cp1255"), ("th", "cp874"), ("ja", "euc_jp")])
def test_an_uncertain_encoding_must_be_named(language: str, encoding: str) -> None:
    """Hebrew is not read as Cyrillic without a word; with its name it is read."""
    data = TEXTS[language].encode(encoding)
    with pytest.raises(ReadError, match=r"stream: found text in an encoding.*; name it with --encoding"):
        read_headlines(io.BytesIO(data))
    reader = read_headlines(io.BytesIO(data), encoding=encoding)
    assert Headlines.concat(reader).headline.to_pylist() == TEXTS[language].splitlines()


@pytest.mark.parametrize(
    "array", ['[{"title": "a"} {"title": "b"}]', '[{"title": "a"},,{"title": "b"}]', '[{"title": "a"},]']
)
def test_an_array_with_wrong_commas_is_not_json(array: str) -> None:
    """Objects are parted by one comma each."""
    with pytest.raises(ReadError, match="malformed after item 1"):
        list(read_headlines(io.BytesIO(array.encode())))


def test_a_header_that_is_not_understood_names_the_encoding() -> None:
    """The names may be unreadable because it is wrong."""
    data = "Номер;Заголовок;Раздел\n1;Совет одобрил;политика\n".encode("cp1251")
    with pytest.raises(ReadError, match=r"found the columns 'Номер', .*Windows-1251, --encoding names another"):
        read_headlines(io.BytesIO(data), input_format="csv")
