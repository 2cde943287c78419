"""List the figures of a report: what each needs, how to read it, and its text alternative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from classify import plots
from classify.core.display import score_text
from classify.plots.comparison import closest_pair
from classify.plots.sections import strongest_words
from classify.plots.tables import find_chart, plot_table
from classify.report.words import Numbers, percent, points, worst_confusion

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes
    ----------
    name
        Name of its files, and of its data frame if it has one.
    part
        Heading under which it is shown.
    needs
        Path of the numbers that it cannot be drawn without, such as "comparison.paired".
    draw
        The function that draws it.
    caption
        How to read it.
    describe
        Numbers -> its text alternative.
    """

    name: str
    part: str
    needs: str
    draw: Callable[[Numbers], Axes]
    caption: str
    describe: Callable[[Numbers], str]

    def wanted(self, numbers: Numbers) -> bool:
        """Return whether the numbers have what the figure needs."""
        part: Any = numbers
        for key in self.needs.split("."):
            part = part.get(key) if isinstance(part, Mapping) else None
        return bool(part)


def _ends(rows: list[Mapping[str, Any]], label: str, value: str) -> str:
    """Return the highest and the lowest of some rows."""
    known = [row for row in rows if row.get(value) is not None]
    if not known:
        return "No values."
    top, low = max(known, key=lambda r: r[value]), min(known, key=lambda r: r[value])
    return f"Highest: {top[label]} with {top[value]:.3f}; lowest: {low[label]} with {low[value]:.3f}."


def _describe_baselines(n: Numbers) -> str:
    naive = "; ".join(f"{row['name']} {score_text(row['accuracy'])}" for row in n.get("baselines") or [])
    return f"Bars of accuracy and macro-F1. Accuracy: this model {score_text(n['accuracy'])}; {naive}."


def _describe_budgets(n: Numbers) -> str:
    held = "; ".join(
        f"budget {percent(b['max_error'])}: answers {percent(b.get('coverage') or 0)}, "
        f"error {percent(b.get('error'), 1)}"
        for b in n["risk_coverage"].get("budgets") or []
    )
    return f"Error among answered headlines rises as more are answered. {held}."


def _describe_reliability(n: Numbers) -> str:
    error = n.get("expected_calibration_error")
    bins = len(n["reliability"])
    start = f"{bins} bins of equal size; share that was right against stated probability."
    return start if error is None else f"{start} Expected calibration error {error:.3f}."


def _describe_terms(n: Numbers) -> str:
    firsts = [
        f"{section}: {', '.join(str(t['term']) for t in strongest_words(terms)[:3])}"
        for section, terms in n["top_terms"].items()
    ]
    return "The strongest terms. " + "; ".join(firsts[:12]) + ("; and so on." if len(firsts) > 12 else ".")


def _describe_search(n: Numbers) -> str:
    part = n["search"]
    best = part["trials"][part["best"]]
    params = ", ".join(f"{key}={value}" for key, value in best["params"].items())
    return f"{len(part['trials'])} trials; the chosen one scores {best['score']:.3f} with {params}."


def _describe_models(n: Numbers) -> str:
    models = n["comparison"]["models"]
    return "Accuracy: " + "; ".join(f"{m['name']} {score_text(m['accuracy'])}" for m in models)


def _describe_map(n: Numbers) -> str:
    largest = sorted(n["map"], key=lambda row: -row["size"])[:5]
    return "Largest: " + "; ".join(f"{row['title']} ({row['size']})" for row in largest)


def _describe_pairs(n: Numbers) -> str:
    pairs = n["comparison"]["paired"][:6]
    return "; ".join(f"{p['a']} minus {p['b']}: {points(p['difference'])} points" for p in pairs) + "."


def _describe_wins(n: Numbers) -> str:
    wins = n["comparison"]["wins"]
    a, b = closest_pair(n["comparison"])
    rows = [row for row in wins if (row["a"], row["b"]) == (a, b)]
    better = ", ".join(row["section"] for row in rows if row["low"] > 0) or "none"
    worse = ", ".join(row["section"] for row in rows if row["high"] < 0) or "none"
    return f"Of {len(rows)} sections, by more than chance {a} is better in: {better}; {b} in: {worse}."


def _describe_table(n: Numbers) -> str:
    chart = find_chart(n)
    assert chart is not None
    rows: list[Mapping[str, Any]] = [{"name": name, **row} for name, row in zip(chart.names, chart.rows, strict=True)]
    return f"{chart.title}, {chart.score}. {_ends(rows, 'name', 'value')}"


SECTION_FIGURES = (
    Figure(
        "baselines",
        "Scores",
        "accuracy",
        plots.plot_baselines,
        "Longer bars are better. The naive baselines show what can be had without a model of this kind. "
        "Thin lines are 95 % intervals. Macro-F1 is the mean of the sections' F1, frequent or rare.",
        _describe_baselines,
    ),
    Figure(
        "confusion_matrix",
        "Which sections are confused",
        "confusion_matrix",
        plots.plot_confusion_matrix,
        "Each row is a true section, each column an answer; the cell says how many per cent of "
        "the row's headlines got that answer. Blue on the diagonal is right, orange is wrong. "
        "Sections that are confused are neighbours.",
        worst_confusion,
    ),
    Figure(
        "per_section",
        "Section by section",
        "per_section",
        plots.plot_per_section,
        "Precision: of the headlines put into the section, the share that belongs there. Recall: "
        "of those that belong there, the share that was found. F1 is their harmonic mean; a long bar "
        "means few headlines to test on. Numbers in brackets count test headlines. Where all scores are "
        "above 0.5, the axis starts at the tenth below the lowest, not at 0.",
        lambda n: "F1 by section. " + _ends(n["per_section"], "section", "f1"),
    ),
    Figure(
        "precision_recall",
        "Section by section",
        "precision_recall",
        plots.plot_precision_recall,
        "Follow a line to the right: as more of a section's headlines are found, precision falls. "
        "A line that stays high to the right edge is a section that is easy to recognise. The number "
        "beside each name is the average precision, the area under its line.",
        lambda n: "Average precision. " + _ends(n["precision_recall"], "section", "average_precision"),
    ),
    Figure(
        "top_terms",
        "Section by section",
        "top_terms",
        plots.plot_top_terms,
        "Words and pairs of words that raise the score of each section most, strongest at the "
        "left, punctuation left out; a deeper shade is a larger weight. A publisher's name or a byline here means that "
        "the model learned the source.",
        _describe_terms,
    ),
    Figure(
        "reliability",
        "Can the probabilities be trusted",
        "reliability",
        plots.plot_reliability,
        "Dots on the dashed line: of headlines given 80 %, 80 % were right. Dots below it: the "
        "probabilities are too high; above: too low. The bars below count the headlines by "
        "probability.",
        _describe_reliability,
    ),
    Figure(
        "risk_coverage",
        "Can the probabilities be trusted",
        "risk_coverage.coverage",
        plots.plot_risk_coverage,
        "The error among the headlines answered, if only the share of headlines with the highest "
        "probabilities is answered. Diamonds mark what the error budgets of --max-error gave on the "
        "test headlines.",
        _describe_budgets,
    ),
    Figure(
        "by_month",
        "Time, source and length",
        "by_month",
        plots.plot_by_month,
        "A falling line means that the news has moved away from the training headlines. Bars "
        "are 95 % intervals; below, the number of headlines of each month.",
        lambda n: "Accuracy by month. " + _ends(n["by_month"], "month", "accuracy"),
    ),
    Figure(
        "by_publisher",
        "Time, source and length",
        "by_publisher",
        plots.plot_by_publisher,
        "The most frequent publishers, best first; in brackets their test headlines. Bars are 95 "
        "% intervals: where they overlap widely, the order may be chance.",
        lambda n: "Accuracy by publisher. " + _ends(n["by_publisher"], "publisher", "accuracy"),
    ),
    Figure(
        "by_length",
        "Time, source and length",
        "by_length",
        plots.plot_by_length,
        "Lower is better; short headlines have fewer words to decide by. Bars are 95 % intervals, numbers "
        "in brackets count headlines.",
        lambda n: "Error by number of words. " + _ends(n["by_length"], "words_low", "error"),
    ),
    Figure(
        "learning_curve",
        "How it was trained",
        "learning_curve",
        plots.plot_learning_curve,
        "Scores on the same test headlines by the number of training headlines. Where the line still "
        "rises at the right end, more labelled headlines would help.",
        lambda n: "Accuracy by training size. " + _ends(n["learning_curve"], "n_train", "accuracy"),
    ),
    Figure(
        "growth",
        "How it was trained",
        "growth",
        plots.plot_growth,
        "Both axes are logarithmic: a line with the slope 1 is time in proportion to the headlines.",
        lambda n: f"Seconds to train and to predict on {max(row['n'] for row in n['growth']):,} headlines and fewer.",
    ),
    Figure(
        "few_labels",
        "How it was trained",
        "few_labels",
        plots.plot_few_labels,
        "Mean accuracy on the same test headlines. Shaded: 95 % intervals of draws and test headlines.",
        lambda n: (
            "Accuracy by labelled headlines a section. " + _ends(n["few_labels"], "labels_per_section", "accuracy")
        ),
    ),
    Figure(
        "search",
        "How it was trained",
        "search.trials",
        plots.plot_search,
        "Each dot is one setting, tried on the training headlines only, never on the test ones. "
        "The star is the one that was chosen; the line is the best so far.",
        _describe_search,
    ),
    Figure(
        "models",
        "Models compared",
        "comparison.models",
        plots.plot_models,
        "Accuracy and macro-F1 of each model on the same test headlines, best first; the score of one "
        "far from the rest is written at the edge. Bars are 95 % intervals; to compare two models, read "
        "the paired differences instead.",
        _describe_models,
    ),
    Figure(
        "paired_differences",
        "Models compared",
        "comparison.paired",
        plots.plot_paired_differences,
        "First model minus second, headline by headline. Where a bar leaves out zero, the "
        "difference is unlikely to be chance. In the table, p is that of the exact sign-flip test over groups of "
        "near-duplicates (McNemar's test, where there are none), not corrected for the number of pairs; only a and "
        "only b count the headlines that just one of the two got right.",
        _describe_pairs,
    ),
    Figure(
        "section_differences",
        "Models compared",
        "comparison.wins",
        plots.plot_section_differences,
        "Right of zero the first model is better, left of it the second; numbers in brackets count test headlines. "
        "One interval in twenty leaves out zero by chance alone. Of several pairs of models, the closest is drawn; the "
        "table behind it has all.",
        _describe_wins,
    ),
    Figure(
        "section_comparison",
        "Models compared",
        "comparison.per_section",
        plots.plot_section_comparison,
        "F1 of each model in each section; the best of a row is bold, and those ten points or more "
        "below it are white. The sections on which the models differ most are at the top, the best "
        "model overall is at the left.",
        lambda n: f"F1 of each model in {len(n['comparison']['per_section'])} sections.",
    ),
)

STORY_FIGURES = (
    Figure(
        "choice",
        "How many stories",
        "choice.k",
        plots.plot_choice,
        "Each dot is a number of stories that was tried; the star is the one chosen. A flat top "
        "means that the number matters little.",
        lambda n: f"{len(n['choice']['k'])} numbers of stories tried; {n['choice']['chosen']} chosen.",
    ),
    Figure(
        "sizes",
        "How many stories",
        "sizes",
        plots.plot_sizes,
        "How many stories have how many headlines. News has many small stories and few large "
        "ones; one huge story is often several stories in one.",
        lambda n: f"{len(n['sizes']):,} stories; the largest has {max(n['sizes']):,} headlines.",
    ),
    Figure(
        "map",
        "Map and days",
        "map",
        plots.plot_map,
        "Stories with similar words are near each other; the axes have no meaning of their own. Area "
        "is the number of headlines; colour and shape are the most frequent section, where known. "
        "Ten of the largest are named, with the numbers they have in the list of stories.",
        _describe_map,
    ),
    Figure(
        "timeline",
        "Map and days",
        "timeline",
        plots.plot_timeline,
        "One line a story, from its first day to its last; larger dots are days with more "
        "headlines. Long thin lines may be two stories in one.",
        lambda n: f"Headlines of the largest stories on {len(n['timeline'])} days.",
    ),
)


# The figure of an experiment that has tables alone.
TABLE_FIGURE = Figure(
    "table",
    "Figures",
    "tables",
    plot_table,
    "The scores of the first table below; thick lines, where there are any, are 95 % intervals.",
    _describe_table,
)

# Data frames that go by another name than the figure they are shown behind.
TABLES = {"baselines": "scores", "risk_coverage": "budgets"}


def figures_for(numbers: Numbers) -> list[Figure]:
    """Return the figures that can be drawn from the numbers, in order of appearance.

    Numbers that have ``figures``, captions by name, get these figures alone, in that order.
    """
    if numbers.get("figures"):
        known = {figure.name: figure for figure in (*SECTION_FIGURES, *STORY_FIGURES)}
        chosen = [replace(known[name], caption=text, part="Figures") for name, text in numbers["figures"].items()]
    else:
        if numbers["kind"] == "experiment" and find_chart(numbers):
            return [TABLE_FIGURE]
        chosen = list({"sections": SECTION_FIGURES, "stories": STORY_FIGURES}.get(numbers["kind"], ()))
    return [figure for figure in chosen if figure.wanted(numbers)]
