"""Words of every script: worked by hand, against a plain reading of Unicode's properties, and by their properties."""

from __future__ import annotations

import sys
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classify.features.hashing import hash_windows, mix_hash
from classify.features.tokens import pad, spell, tokenize

INVISIBLE = "\u00ad\u200c\u200d\u2060\ufeff"
IDEOGRAPHS = ("CJK UNIFIED", "CJK COMPATIBILITY", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA")

CHARACTERS = st.characters(exclude_categories=["Cs"])
SCRIPTS = st.sampled_from(
    "aZ0 -'’_@#ßİıſςΣΌАя١٣अ२भा्ि्শবা้กิเ中国日あアーｶﾞＡ１ﬁ½²Ⅳé\u0301\u0308\u05b0א\u064eع가ᄀ\u1161"
    "😀❤\ufe0f\u200d\u200c\u00ad\n\r\t\x00\u2028\u3000"
)
TEXTS = st.one_of(st.text(CHARACTERS, max_size=20), st.text(SCRIPTS, max_size=30))
BATCHES = st.lists(TEXTS, max_size=8)
FEW = settings(max_examples=30)


def words(headlines, punctuation=False):
    """The words of each headline, by the code under test."""
    tokens = tokenize(pa.array(headlines, pa.string()), punctuation)
    spelled = tokens.strings()
    return [spelled[a:b] for a, b in zip(tokens.indptr[:-1], tokens.indptr[1:], strict=True)]


def alone(character):
    """Whether a character is a Chinese or Japanese one."""
    return unicodedata.category(character)[0] in "LN" and unicodedata.name(character, "").startswith(IDEOGRAPHS)


def naive_words(headline, punctuation=False):
    """The definition, character by character."""
    for character in INVISIBLE:
        headline = headline.replace(character, "")
    # A line feed stands between headlines; within one it is a space.
    headline = headline.replace("\n", " ")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", headline).casefold())
    found, before = [], ""
    for i, character in enumerate(folded):
        kind = unicodedata.category(character)[0]
        beside = folded[max(i - 1, 0) : i] + folded[i + 1 : i + 2]
        if kind == "M":
            # A mark belongs to what it stands on, if that is a word; it changes nothing else.
            if before:
                found[-1] += character
        elif character == " " and punctuation and any(map(alone, beside)):
            found.append("␣")
            # A mark on a space stands on nothing.
            before = ""
        elif kind not in "LN" and not (punctuation and kind in "PS"):
            before = ""
        elif kind in "PS" or alone(character):
            found.append(character)
            before = "alone"
        elif before == "letter":
            found[-1] += character
        else:
            found.append(character)
            before = "letter"
    return found


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("Keeper's late save sends Rovers into the final", "keeper s late save sends rovers into the final"),
        ("Fed’s 0.25% rate-cut: what’s next?", "fed s 0 25 rate cut what s next"),
        ("snake_case, C++ & #hash @user $5m", "snake case c hash user 5m"),
        ("COVID-19 in 2020–21", "covid 19 in 2020 21"),
        ("Straße STRASSE straẞe", "strasse strasse strasse"),
        ("Οδός ΟΔΌΣ", "οδόσ οδόσ"),
        ("Café CAFE\u0301", "café café"),
        ("ＦＵＬＬ－ｗｉｄｔｈ１２３", "full width123"),
        ("ﬁnal oﬀer", "final offer"),
        # Folding takes these apart; they are put together again.
        ("ǰazz ΐx", "\u01f0azz \u0390x"),
        ("Henry Ⅷ m² №5", "henry viii m2 no5"),
        ("co\u00adoperation \ufeffword\u2060joiner", "cooperation wordjoiner"),
        ("विश्व कप २०२५ में हिन्दी", "विश्व कप २०२५ में हिन्दी"),
        ("বাংলাদেশের নির্বাচন", "বাংলাদেশের নির্বাচন"),
        ("நாடாளுமன்றத் தேர்தல்", "நாடாளுமன்றத் தேர்தல்"),
        ("มีการประท้วงที่กรุงเทพ", "มีการประท\u0e49วงที\u0e48กรุงเทพ"),
        ("北京2025年", "北 京 2025 年"),
        ("東京オリンピック", "東 京 オ リ ン ピ ッ ク"),
        ("ｶﾞｽ料金", "ガ ス 料 金"),
        ("ひらがなと、漢字々", "ひ ら が な と 漢 字 々"),
        ("iPhone发布", "iphone 发 布"),
        ("대통령 선거", "대통령 선거"),
        ("الانتخابات في مِصْر ٢٠٢٥", "الانتخابات في مِصْر ٢٠٢٥"),
        ("מִלְחָמָה בעזה", "מִלְחָמָה בעזה"),
        ("می\u200cخواهم", "میخواهم"),
        ("क्\u200dष", "क्ष"),
        ("Выборы в МОСКВЕ", "выборы в москве"),
        ("Goal! ⚽🏆 wins 👩\u200d👩\u200d👧 family 👍🏽", "goal wins family"),
        ("a\nb\rc\td\x00e\u2028f\u3000g\u00a0h", "a b c d e f g h"),
        ("Hậu Giang", "hậu giang"),
        ("", ""),
        (" \n ", ""),
        ("?!… — “”", ""),
    ],
)
def test_worked_by_hand(headline, expected):
    assert words([headline]) == [expected.split()]


@pytest.mark.slow
def test_every_character_of_the_basic_plane_folds_as_its_headline_does():
    characters = [chr(code) for code in range(0x80, 0x10000) if unicodedata.category(chr(code)) != "Cs"]
    headlines = [f"a{c}{c}e {c}" for c in characters]
    assert words(headlines) == [naive_words(headline) for headline in headlines]


@pytest.mark.parametrize("n", [9_999, 10_000, 10_001, 35_000])
def test_a_long_column_is_split_as_each_of_its_parts(n):
    some = ["Keeper's late save", "", "हिन्दी में", "Café … Οδός", "東京 2025"]
    column = pa.array([some[i % 5] for i in range(n)])
    one, two = tokenize(column), tokenize(column, n_jobs=2)
    for name in ("codes", "starts", "ends", "hashes", "indptr"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    expected = [naive_words(headline) for headline in some]
    lengths = [len(words) for words in expected]
    assert np.array_equal(np.diff(two.indptr), np.resize(lengths, n))
    assert two.strings(np.arange(two.indptr[-3], two.indptr[-1])) == [
        word for i in (n - 2, n - 1) for word in expected[i % 5]
    ]


def test_turkish_dotted_i_keeps_its_dot():
    # Unicode's case folding without a locale: İ becomes i with a combining dot, I becomes i, ı stays.
    assert words(["İstanbul ISPARTA ısı"]) == [["i\u0307stanbul", "isparta", "ısı"]]
    assert words(["İSTANBUL"]) == words(["İstanbul"])


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("I ❤️ you", ["i", "you"]),
        ("We don´t know", ["we", "don", "t", "know"]),
        ("a \u0301 b", ["a", "b"]),
        ("\u0301a", ["a"]),
    ],
)
def test_a_mark_without_a_letter_is_no_word(headline, expected):
    # Variation selectors of emoji are marks, and NFKC makes of "´" a space and a mark.
    assert words([headline]) == [expected]


def test_a_mark_behind_an_ideograph_belongs_to_it():
    assert words(["葛\U000e0100城", "か\u309aき\u0301a\u0301b"]) == [
        ["葛\U000e0100", "城"],
        ["か\u309a", "き\u0301", "áb"],
    ]


@settings(max_examples=100)
@given(batch=BATCHES)
@example(batch=["", "\n", "a\nb", "ǅ ᾳ ŉ", "ſt \u0345Α\u0345", "ǰ ΐ", "ｶﾞ", "\ud7b0\u1161"])
@pytest.mark.parametrize("punctuation", [False, True])
def test_naive_oracle(punctuation, batch):
    assert words(batch, punctuation) == [naive_words(headline, punctuation) for headline in batch]


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("Keeper's save: 5-0!", "keeper ' s save : 5 - 0 !"),
        ("Fed’s 0.25% rate‑cut…", "fed ’ s 0 . 25 % rate ‐ cut . . ."),
        ("“We won” $5m", "“ we won ” $ 5 m".replace("5 m", "5m")),
        ("Goal! ⚽🏆❤\ufe0f", "goal ! ⚽ 🏆 ❤\ufe0f"),
        # Between words that spaces part, a space says nothing; beside an ideograph it parts clauses.
        ("北京 开幕，上海", "北 京 ␣ 开 幕 , 上 海"),
        ("東京 2025 Expo fair", "東 京 ␣ 2025 expo fair"),
        ("a b  c", "a b c"),
        (" \n ", ""),
    ],
)
def test_punctuation_worked_by_hand(headline, expected):
    assert words([headline], punctuation=True) == [expected.split()]


@FEW
@given(BATCHES)
def test_punctuation_comes_beside_the_words_and_change_none(batch):
    for with_marks, without in zip(words(batch, punctuation=True), words(batch), strict=True):
        assert [w for w in with_marks if unicodedata.category(w[0])[0] not in "PS"] == without


@FEW
@given(BATCHES)
def test_the_arrays_fit_together(batch):
    tokens = tokenize(pa.array(batch, pa.string()))
    n = len(tokens.starts)
    assert tokens.indptr.shape == (len(batch) + 1,)
    assert tokens.indptr[0] == 0
    assert tokens.indptr[-1] == n == len(tokens.ends) == len(tokens.hashes)
    assert (np.diff(tokens.indptr) >= 0).all()
    assert (tokens.ends > tokens.starts).all()
    assert (tokens.starts[1:] >= tokens.ends[:-1]).all()
    by_hand = ["".join(map(chr, tokens.codes[a:b])) for a, b in zip(tokens.starts, tokens.ends, strict=True)]
    assert tokens.strings() == by_hand
    backwards = np.arange(n)[::-1]
    assert tokens.strings(backwards) == by_hand[::-1]
    assert tokens.strings(backwards[:0]) == []


@FEW
@given(BATCHES)
def test_words_have_equal_hashes_exactly_when_they_are_equal(batch):
    tokens = tokenize(pa.array(batch, pa.string()))
    of_word = {}
    for word, number in zip(tokens.strings(), tokens.hashes.tolist(), strict=True):
        assert of_word.setdefault(word, number) == number
    assert len(set(of_word.values())) == len(of_word)


@FEW
@given(BATCHES)
def test_a_headline_alone_has_the_words_it_has_in_a_batch(batch):
    tokens = tokenize(pa.array(batch, pa.string()))
    for i, headline in enumerate(batch):
        alone = tokenize(pa.array([headline]))
        here = slice(tokens.indptr[i], tokens.indptr[i + 1])
        assert alone.hashes.tolist() == tokens.hashes[here].tolist()
        assert alone.strings() == tokens.strings(np.arange(here.start, here.stop))


@FEW
@given(BATCHES, st.randoms(use_true_random=False))
def test_permuting_headlines_permutes_their_words(batch, random):
    order = list(range(len(batch)))
    random.shuffle(order)
    found = words(batch)
    assert words([batch[i] for i in order]) == [found[i] for i in order]


@FEW
@given(BATCHES)
def test_composed_and_decomposed_text_have_the_same_words(batch):
    composed = [unicodedata.normalize("NFC", headline) for headline in batch]
    assert words([unicodedata.normalize("NFD", headline) for headline in batch]) == words(composed)


@FEW
@given(BATCHES)
def test_words_are_folded_for_good(batch):
    found = words(batch)
    assert words([" ".join(row) for row in found]) == found


@FEW
@given(st.lists(st.text(st.characters(max_codepoint=126), max_size=30)))
def test_upper_casing_english_changes_nothing(batch):
    assert words([headline.upper() for headline in batch]) == words(batch)


@FEW
@given(BATCHES)
def test_every_kind_of_arrow_column_gives_the_same_words(batch):
    expected = tokenize(pa.array(batch, pa.string()))
    large = pa.array(batch, pa.large_string())
    sliced = pa.array(["before é", "x", *batch, "behind"], pa.string())[2 : 2 + len(batch)]
    for column in (large, sliced):
        tokens = tokenize(column)
        assert tokens.hashes.tolist() == expected.hashes.tolist()
        assert tokens.indptr.tolist() == expected.indptr.tolist()


def test_nulls_count_as_empty():
    assert words([None, "a", None, "é", None]) == [[], ["a"], [], ["é"], []]


def test_no_headlines():
    tokens = tokenize(pa.array([], pa.string()))
    assert tokens.indptr.tolist() == [0]
    assert tokens.strings() == []


def test_a_headline_of_a_megabyte():
    tokens = tokenize(pa.array(["first", "é" * 1_000_000, "a " * 500_000, "last"]))
    assert np.diff(tokens.indptr).tolist() == [1, 1, 500_000, 1]
    assert len(np.unique(tokens.hashes)) == 4


def test_thousands_of_headlines_at_once():
    # Every row is different, plain and not plain in turn, so a row that slips by one is seen.
    batch = [f"row{i} {'é' if i % 3 else 'e'} 第{i}" if i % 5 else "" for i in range(10_000)]
    assert words(batch) == [naive_words(headline) for headline in batch]


class TestHashWindows:
    @FEW
    @given(st.text(st.sampled_from("ab\n\x00\uffff\U0010ffff"), max_size=12), st.data())
    def test_naive_oracle(self, text, data):
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        base = 0x9E3779B97F4A7C15
        value = sum((int(code) + 1) * base**i for i, code in enumerate(codes[start:end])) % 2**64
        expected = mix_hash(np.array([value], np.uint64))
        assert hash_windows(codes, np.array([start]), np.array([end])).tolist() == expected.tolist()

    @FEW
    @given(st.text(CHARACTERS, min_size=1, max_size=30))
    def test_windows_are_equal_exactly_when_their_text_is(self, text):
        codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        pairs = [(a, b) for a in range(len(text)) for b in range(a + 1, min(a + 6, len(text)) + 1)]
        starts, ends = (np.array(side) for side in zip(*pairs, strict=True))
        hashes = hash_windows(codes, starts, ends).tolist()
        numbers = {}
        for (a, b), number in zip(pairs, hashes, strict=True):
            assert numbers.setdefault(text[a:b], number) == number
        assert len(set(numbers.values())) == len(numbers)

    @pytest.mark.parametrize("length", [64, 128, 256, 512])
    def test_words_made_to_collide_are_told_apart(self, length):
        # Thue and Morse's sequence breaks any polynomial hash modulo 2^64, but only at 1,024 letters.
        word = "".join("ab"[i.bit_count() & 1] for i in range(length))
        tokens = tokenize(pa.array([word, word.translate(str.maketrans("ab", "ba"))]))
        assert tokens.hashes[0] != tokens.hashes[1]

    def test_mixing_loses_nothing(self):
        # The finalizer of SplitMix64 is a bijection, and its first outputs are published with the generator.
        values = np.arange(100_000, dtype=np.uint64)
        assert len(np.unique(mix_hash(values))) == len(values)
        step = np.uint64(0x9E3779B97F4A7C15)
        first = mix_hash(np.array([1, 2, 3], np.uint64) * step)
        assert first.tolist() == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


@FEW
@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=6), max_size=6))
def test_spelling_and_padding_windows(parts):
    text = "|".join(parts)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    lengths = np.array([len(part) for part in parts], np.int64)
    starts = np.cumsum(lengths + 1) - lengths - 1
    assert spell(codes, starts, starts + lengths) == parts
    flat, stops = pad(codes, starts, starts + lengths, "_")
    assert "".join(map(chr, flat)) == "".join(f"_{part}_" for part in parts)
    assert stops.tolist() == np.cumsum(lengths + 2).tolist()


def test_hashes_stay_what_they_are():
    # Model files hold these numbers: a change here makes every saved model useless.
    assert tokenize(pa.array(["Zug 東"])).hashes.tolist() == [0xD2A0A09740D555A6, 0x66D93EF3308DBA73]


@pytest.mark.slow
def test_every_character_of_unicode():
    characters = [chr(code) for code in range(sys.maxunicode + 1)]
    assigned = [character for character in characters if unicodedata.category(character) not in ("Cn", "Co", "Cs")]
    # In three places, so that a mark has a letter, an ideograph and nothing to stand on.
    frames = [frame for character in assigned for frame in (character, f"e{character}b", f"中{character}b")]
    assert len(frames) > 400_000
    expected = [naive_words(frame) for frame in frames]
    found = words(frames)
    wrong = [ascii(frame) for frame, a, b in zip(frames, found, expected, strict=True) if a != b]
    assert wrong == []


@pytest.mark.slow
@pytest.mark.corpora
@pytest.mark.parametrize("name", ["huffpost_41", "indicnews_hi", "thucnews_zh", "newsflow_bbc_2024_26"])
def test_naive_oracle_on_real_headlines(corpora, name):
    headlines = corpora(name).headline.tolist()
    assert words(headlines) == [naive_words(headline) for headline in headlines]


@pytest.mark.slow
@pytest.mark.corpora
def test_no_two_real_words_share_a_hash(corpora):
    names = ["newsapi_2022_en", "allsides_abp", "indicnews_hi", "thucnews_zh", "gnews_top_en_2025_26"]
    tokens = tokenize(pa.array([headline for name in names for headline in corpora(name).headline]))
    hashes, first = np.unique(tokens.hashes, return_index=True)
    assert len(set(tokens.strings())) == len(set(tokens.strings(first))) == len(hashes) > 80_000
