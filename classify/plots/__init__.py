"""Draw the figures of a report: numbers in, matplotlib Axes out.

Each function takes the dict that ``evaluate`` or ``evaluate_stories`` returns, or any dict with the
keys it names, and an Axes to draw on; without one it starts a figure of its own, which belongs to
no window: ``plot_x(numbers).figure``.

Text is set in DejaVu Sans, which comes with matplotlib and has the Latin, Greek, Cyrillic and
Arabic scripts. For Chinese, Japanese, Devanagari and others, an installed font steps in (Noto Sans CJK,
Noto Sans Devanagari and their like: `classify.plots.fonts.FALLBACK_FAMILIES`). Without one, such words have
numbers in PNG and PDF, such as ‹Chinese 1› (the report lists them), while the SVG and the page keep them as text, which
the reader's browser sets in its own fonts.
"""

from __future__ import annotations

from classify.plots.comparison import (
    plot_baselines,
    plot_models,
    plot_paired_differences,
    plot_section_comparison,
    plot_section_differences,
)
from classify.plots.probabilities import plot_reliability, plot_risk_coverage
from classify.plots.sections import (
    plot_confusion_matrix,
    plot_per_section,
    plot_precision_recall,
    plot_top_terms,
)
from classify.plots.stories import plot_choice, plot_map, plot_sizes, plot_timeline
from classify.plots.trends import (
    plot_by_length,
    plot_by_month,
    plot_by_publisher,
    plot_few_labels,
    plot_growth,
    plot_learning_curve,
    plot_search,
)

__all__ = [
    "plot_baselines",
    "plot_by_length",
    "plot_by_month",
    "plot_by_publisher",
    "plot_choice",
    "plot_confusion_matrix",
    "plot_few_labels",
    "plot_growth",
    "plot_learning_curve",
    "plot_map",
    "plot_models",
    "plot_paired_differences",
    "plot_per_section",
    "plot_precision_recall",
    "plot_reliability",
    "plot_risk_coverage",
    "plot_search",
    "plot_section_comparison",
    "plot_section_differences",
    "plot_sizes",
    "plot_timeline",
    "plot_top_terms",
]
