"""Western, Central European and Turkish text of one byte a character is told apart where that is certain."""

from __future__ import annotations

import pytest
from written import read

CENTRAL = {
    "Polish": "Sejm przyjął ustawę o podatkach\n"
    "Rząd zapowiada nową tarczę dla przedsiębiorców\nŻółta kartka dla Łodzi\n",
    "Czech": "Prezident přijal demisi ministra\n"
    "Řidiči ušetří za dálniční známku\nFotbalisté zvítězili v přátelském utkání\n",
    "Hungarian": "A kormány új költségvetést fogadott el\n"
    "Győzött a válogatott a németek ellen\nFelújítják a pályaudvart\n",
    "Romanian": "Preşedintele a promulgat legea\n"
    "Meciul s-a încheiat în faţa a mii de spectatori\nŞcolile se închid mâine în şase judeţe\n",
    "Croatian": "Rukometaši pobijedili Španjolsku\n"
    "Četiri osobe ozlijeđene kod Šibenika\nPočinje škola, stiže vrućina i žega\n",
}
TURKISH = "Hükümet yeni bütçeyi açıkladı\nİstanbul'da kar yağışı bekleniyor\nŞampiyonlar Ligi'nde çeyrek final\n"
WESTERN = {
    "German": "Bundestag beschließt neuen Haushalt\n"
    "Schnee und Kälte in Süddeutschland\nGrüne wählen neue Führung für drei Länder\n",
    "French": "Météo : la neige arrive dès samedi\n"
    "L’équipe de France s’impose à Séville\nGrève des contrôleurs : ça bloque\n",
    "Spanish": "La nieve llegará el sábado a Cataluña\n"
    "¿Qué pasó con la selección?\nÚltima hora: dimisión del ministro\n",
    "Italian": "La città è in lutto\nPerché la Juve può vincere già lunedì\nPiù tasse, così la libertà è più lontana\n",
    "Icelandic": "Ríkisstjórnin samþykkti fjárlög\nSnjókoma á Norðurlandi\nÍsland vann Þýskaland í handbolta\n",
    "Danish": "Sne på vej til hele landet\n"
    "Håndboldherrerne slår Sverige\nStørste prisfald i årtier, siger økonomer på Færøerne\n",
    "English with names": "Beyoncé and García win – “a first”\n"
    "Strøm beats Müller in Málaga for £3m\nCafé owner’s São Paulo trip\n" * 9,
    "several languages": "La ville de Québec élit un maire\n"
    "Kälte in Süddeutschland\nSeleção vence\nLa città è in lutto\nSne på vej\n" * 3,
}


@pytest.mark.parametrize("encoding", ["cp1250", "iso8859-2"])
@pytest.mark.parametrize("language", CENTRAL)
def test_central_european_text_is_read(language: str, encoding: str) -> None:
    text = CENTRAL[language]
    rows, reader = read(text.encode(encoding))
    assert rows.headline.to_pylist() == text.splitlines(), reader.description


def test_turkish_text_is_read() -> None:
    rows, reader = read(f"title,section\n{TURKISH.replace(chr(10), ',haber' + chr(10))}".encode("cp1254"))
    assert rows.headline.to_pylist() == TURKISH.splitlines()
    assert "Windows-1254" in reader.description


@pytest.mark.parametrize("language", WESTERN)
def test_western_text_stays_western(language: str) -> None:
    rows, reader = read(WESTERN[language].encode("cp1252"))
    assert rows.headline.to_pylist() == WESTERN[language].splitlines()
    assert "Windows-1252" in reader.description


@pytest.mark.parametrize("text", ["Dvořák is played in Łódź tonight\n", "Türkiye'de seçim\n"])
def test_a_few_letters_decide_nothing(text: str) -> None:
    """They are read as Windows-1252; the encoding can be named."""
    encoding = "cp1250" if "ř" in text else "cp1254"
    assert "Windows-1252" in read(text.encode(encoding))[1].description
    assert read(text.encode(encoding), encoding=encoding)[0].headline.to_pylist() == [text.strip()]
