"""Small corpora and classifiers that several files of tests share."""

from __future__ import annotations

import random
from functools import cache

from classify.classifier import HeadlineClassifier

VOCABULARIES = {
    "politics": "minister vote senate tax bill election poll parliament treaty cabinet budget law",
    "sport": "striker keeper rovers goal cup league penalty coach derby medal sprint wicket",
    "tech": "app chip software robot startup cloud browser laptop update hacker satellite code",
    "श्रेणी": "चुनाव सरकार मंत्री क्रिकेट फिल्म बाज़ार पुलिस अदालत किसान रेल बारिश स्कूल",
}
SHARED = ["the", "new", "after", "says", "over", "in", "first", "day", "why", "how", "live", "world", "year", "top"]
HOSTILE = ["", " ", "?!…", "🎉", "zzz qqq", "東京", "\ud800", "x" * 300, "a\nb\tc\x00d", None, "&amp; 5 &lt; 6", "İß"]


def corpus(n, labels=("politics", "sport", "tech"), seed=0, noise=0.0):
    """Headlines of three to eight words, half of them the section's own, some of them under a wrong label."""
    draw = random.Random(seed)
    headlines, sections = [], []
    for i in range(n):
        label = labels[i % len(labels)]
        words = draw.choices(VOCABULARIES[label].split(), k=draw.randint(2, 4)) + draw.choices(SHARED, k=3)
        draw.shuffle(words)
        headlines.append(" ".join(words).capitalize())
        sections.append(draw.choice(labels) if draw.random() < noise else label)
    return headlines, sections


def assert_same_answers(one, other, headlines):
    """Two classifiers have the same arrays and give the same answers, to the last bit."""
    assert one.classes_.tolist() == other.classes_.tolist()
    for name in ("coef_", "intercept_", "thresholds_"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
    for a, b in zip(one.state_.calibration, other.state_.calibration, strict=True):
        assert a.tobytes() == b.tobytes()
    assert one.predict_proba(headlines).tobytes() == other.predict_proba(headlines).tobytes()


@cache
def four_sections():
    """A classifier of four sections in two scripts, trained on 400 headlines, one in twenty mislabelled."""
    return HeadlineClassifier(background=None).fit(*corpus(400, tuple(VOCABULARIES), noise=0.05))


@cache
def two_sections():
    """A classifier of two sections."""
    return HeadlineClassifier(C=0.5, background=None).fit(*corpus(120, ("sport", "politics")))


@cache
def sections_and_none():
    """A classifier of two sections and of headlines that belong to neither."""
    return HeadlineClassifier(none_label="tech", background=None).fit(*corpus(300))


def all_kinds():
    """Each of the three, with a name."""
    return {"four sections": four_sections(), "two sections": two_sections(), "with none": sections_and_none()}
