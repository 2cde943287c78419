"""Write what the numbers of a report mean as sentences."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from classify.core.display import elide, score_text

Numbers = Mapping[str, Any]

_REPLACED = 8  # words that are listed with what replaces them in figures

SPLITS = {
    "grouped": "grouped split: near-duplicates (wire copy) are on one side only",
    "random": "random split: near-duplicates may be on both sides",
    "time": "split by time: trained on earlier headlines, tested on later ones",
    "given test file": "a test file of its own",
}

_BASELINES = {
    "most frequent section": "always answering the section most frequent in training",
    "naive Bayes on words": "naive Bayes on words",
}


def percent(share: float | None, digits: int = 0) -> str:
    """Write a share as per cent.

    Examples
    --------
    >>> percent(0.8571, 1).replace(chr(0xA0), " ")
    '85.7 %'
    """
    return "–" if share is None else f"{100 * share:.{digits}f}\u00a0%"


def font_words(scripts: Collection[str], replaced: Mapping[str, str]) -> str:
    """Name the scripts that no font has, and what replaces their words in figures; empty where there are none.

    Examples
    --------
    >>> font_words({"Thai"}, {"ข่าว": "‹Thai 1›"}).split(";")[0]
    'this machine has no font for Thai, so its words have numbers in the PNG and PDF figures (‹Thai 1› is ข่าว)'
    >>> font_words([], {})
    ''
    """
    names = " and ".join(sorted(scripts))
    family = "Noto Sans CJK" if {"Chinese", "Japanese", "Korean"} & set(scripts) else "Noto Sans"
    listed = [f"{number} is {elide(word, 40)}" for word, number in list(replaced.items())[:_REPLACED]]
    more = f" and {len(replaced) - _REPLACED} more" if len(replaced) > _REPLACED else ""
    sentence = (
        f"this machine has no font for {names}, so its words have numbers in the PNG and PDF figures "
        f"({', '.join(listed)}{more}); the page and the SVG figures keep them as text; install a font such as {family} "
        "and write the report again"
    )
    return sentence if scripts else ""


def points(share: float) -> str:
    """Write a difference of shares in points, with a sign.

    Examples
    --------
    >>> points(0.0251), points(-0.0004)
    ('+2.5', '0.0')
    """
    text = f"{100 * share:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def bcubed_text(scores: Mapping[str, Any]) -> str:
    """Write the B-cubed F1 with its interval, where it has one.

    Examples
    --------
    >>> bcubed_text({"f1": 0.6471, "f1_low": 0.635, "f1_high": 0.661})
    '0.647 (0.635–0.661)'
    """
    return score_text({"value": scores["f1"], "low": scores.get("f1_low"), "high": scores.get("f1_high")})


def summary(numbers: Numbers) -> list[str]:
    """Return two sentences on what the scores mean.

    Parameters
    ----------
    numbers
        What ``evaluate`` or ``evaluate_stories`` returned.

    Examples
    --------
    >>> score = {"value": 0.8, "low": 0.7, "high": 0.9}
    >>> summary({"kind": "sections", "accuracy": score, "data": {"n_test": 50}})[0]
    'Of 100 headlines it had not seen, this model puts about 80 into the right section.'
    """
    return _story_summary(numbers) if numbers["kind"] == "stories" else _section_summary(numbers)


def _section_summary(numbers: Numbers) -> list[str]:
    """Return how many of 100 are right, beside the baselines, and what declining to answer gains."""
    right = 100 * numbers["accuracy"]["value"]
    data = numbers["data"]
    new = " it had not seen" if data.get("trained_on", data.get("name", "")) is not None else ""
    first = f"Of 100 headlines{new}, this model puts about {right:.0f} into the right section"
    known = [row for row in numbers.get("baselines") or [] if row.get("accuracy") is not None]
    beside = ", ".join(f"{_BASELINES.get(row['name'], row['name'])} {100 * row['accuracy']:.0f}" for row in known[:2])
    sentences = [f"{first}; by comparison, {beside}." if beside else f"{first}."]
    parts = [_budget_words(numbers), _extremes(numbers)]
    second = "; ".join(part for part in parts if part)
    return [*sentences, second[0].upper() + second[1:] + "."] if second else sentences


def _budget_words(numbers: Numbers) -> str:
    """Return how many headlines it answers within an error budget of 5 %, or the nearest."""
    budgets = [b for b in (numbers.get("risk_coverage") or {}).get("budgets") or [] if b.get("coverage")]
    if not budgets:
        return ""
    budget = min(budgets, key=lambda b: abs(b["max_error"] - 0.05))
    answered = "all" if budget["coverage"] > 0.995 else percent(budget["coverage"])
    whom = "them and of those that belong to none of the sections" if numbers.get("none_of_these") else "them"
    return (
        f"allowed to decline, with an error budget of {percent(budget['max_error'])}, it answers "
        f"{answered} of {whom} and gets {percent(budget.get('error'), 1)} of those wrong"
    )


def _extremes(numbers: Numbers) -> str:
    """Name the section it does best and the one it does worst."""
    rows = [row for row in numbers.get("per_section") or [] if row.get("support") and row.get("f1") is not None]
    if len(rows) < 2:
        return ""
    best, worst = max(rows, key=lambda r: r["f1"]), min(rows, key=lambda r: r["f1"])
    if best["f1"] == worst["f1"]:
        return f"F1 is {best['f1']:.2f} in each section"
    return (
        f"it is best at “{best['section']}” (F1 {best['f1']:.2f}) "
        f"and weakest at “{worst['section']}” (F1 {worst['f1']:.2f})"
    )


def _story_summary(numbers: Numbers) -> list[str]:
    """Return how many stories were found and how pure and complete they are."""
    data, found, singletons = numbers["data"], numbers["n_stories"], numbers.get("n_singletons") or 0
    first = f"{data['n_headlines']:,} headlines were grouped into {found:,} stories, "
    first += f"{singletons:,} of them of a single headline."
    scores = (numbers.get("scores") or {}).get("bcubed")
    if not scores:
        return [first, "The corpus has no column of true stories, so there is no score; read the stories below."]
    second = (
        f"Of the headlines that share a story with a given one, {percent(scores['precision'])} "
        f"truly belong with it, and {percent(scores['recall'])} of those that belong with it are "
        f"found there (B-cubed F1 {bcubed_text(scores)}"
    )
    beside = [
        f"{row['bcubed']['f1']:.3f} for “{row['name']}”" for row in numbers.get("baselines") or [] if row.get("bcubed")
    ][:2]
    return [first, second + ("; " + ", ".join(beside) if beside else "") + ")."]


def random_split_words(numbers: Numbers) -> str:
    """Return the accuracy on the random split, and by how much it is higher than on the grouped one."""
    random = numbers.get("random_split")
    if not random:
        return ""
    gain = 100 * (random["accuracy"]["value"] - numbers["accuracy"]["value"])
    crossing = random.get("n_duplicates_crossing") or 0
    surely = (random["accuracy"].get("low") or 0) > numbers["accuracy"]["value"]
    verb = "flatters the model by" if surely else "is higher by" if gain > 0 else "is lower by"
    verdict = f"it {verb} {abs(gain):.1f} points" if abs(gain) >= 0.05 else "it makes no difference"
    return (
        f"On a random split the accuracy is {score_text(random['accuracy'])}, on "
        f"{random['n_test']:,} test headlines, {crossing:,} of which have a near-duplicate among "
        f"the training headlines: {verdict}."
    )


def carried_words(carried: Mapping[str, Any]) -> str:
    """Return how many of the mistakes and of the right answers a page carries.

    Examples
    --------
    >>> carried_words({"wrong": [5, 5], "right": [20, 95]})
    'This page carries all 5 mistakes and 20 of the 95 right answers, drawn at random; the scores count all 100.'
    >>> carried_words({"wrong": [5, 5], "right": [95, 95]})
    'This page carries all 100 test headlines: 5 mistakes and 95 right answers.'
    """
    (wrong, all_wrong), (right, all_right) = carried["wrong"], carried["right"]
    total = f"{all_wrong + all_right:,}"
    if wrong + right == all_wrong + all_right:
        return f"This page carries all {total} test headlines: {wrong:,} mistakes and {right:,} right answers."
    mistakes, others = f"all {wrong:,} mistakes", f"all {right:,} right answers"
    if wrong < all_wrong:
        mistakes = f"the {wrong:,} mistakes that the model was surest of, of {all_wrong:,},"
    if right < all_right:
        others = f"{right:,} of the {all_right:,} right answers, drawn at random"
    return f"This page carries {mistakes} and {others}; the scores count all {total}."


def headline_figure(numbers: Numbers) -> str:
    """Write the main score of a report, with its interval, size and split.

    Examples
    --------
    >>> score = {"value": 0.8, "low": 0.7, "high": 0.9}
    >>> data = {"split": "grouped", "n_test": 50}
    >>> headline_figure({"kind": "sections", "accuracy": score, "data": data})
    'accuracy 0.800 (0.700–0.900), grouped split, 50 test headlines'
    """
    if numbers.get("headline"):
        return str(numbers["headline"])
    data = numbers["data"]
    if numbers["kind"] == "stories":
        scores = (numbers.get("scores") or {}).get("bcubed")
        stories = f"{numbers['n_stories']:,} stories of {data['n_headlines']:,} headlines"
        return f"B-cubed F1 {bcubed_text(scores)}, {stories}" if scores else stories
    split = data.get("split") or "unknown"
    split = split if split == "given test file" else f"{split} split"
    return f"accuracy {score_text(numbers['accuracy'])}, {split}, {data['n_test']:,} test headlines"


def worst_confusion(numbers: Numbers) -> str:
    """Return the number of right answers and the most frequent confusion."""
    counts = np.asarray(numbers["confusion_matrix"], dtype=int)
    off = counts.copy()
    np.fill_diagonal(off, 0)
    labels = numbers["labels"]
    right, total = int(np.trace(counts)), int(counts.sum())
    start = f"Confusion matrix of {len(labels)} sections; {right:,} of {total:,} headlines are right."
    if not off.any():
        return start
    i, j = np.unravel_index(int(off.argmax()), off.shape)
    share = off[i, j] / max(counts[i].sum(), 1)
    return (
        f"{start} The most frequent confusion: {off[i, j]:,} headlines of “{labels[i]}” "
        f"({percent(share)}) were taken for “{labels[j]}”."
    )
