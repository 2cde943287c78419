"""Build the page of a classifier of several sections a headline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classify.core.display import score_text
from classify.report.words import SPLITS

Numbers = Mapping[str, Any]

FIGURES = {
    "per_section": "Precision: of the headlines answered with the section, the share that belongs there. Recall: of "
    "those that belong there, the share that was found. F1 is their harmonic mean; numbers in brackets count test "
    "headlines.",
    "precision_recall": "Follow a line to the right: as more of a section's headlines are found, precision falls. The "
    "number beside each name is the average precision, the area under its line.",
    "top_terms": "Words and pairs of words that raise the score of each section most, strongest at the left.",
    "reliability": "Each dot: pairs of headline and section by the probability given; on the dashed line, of pairs "
    "given 80 % the headline belonged to the section in 80 %. Pairs below 5 % are left out. The bars below count them.",
    "risk_coverage": "The share of wrong sections among those answered, if only the share with the highest "
    "probabilities is answered. Diamonds mark what the error budgets of --max-error gave on the test headlines.",
}


def several_page(numbers: Numbers) -> dict[str, Any]:
    """Return the numbers with the question, the answer, the main figure, captions and tables of their page.

    Parameters
    ----------
    numbers
        What ``evaluate_multi_label`` returned.
    """
    data, micro = numbers["data"], score_text(numbers["micro_f1"])
    split = str(data["split"])
    again = numbers["model"].get("n_refit")
    answer = (
        f"On {data['n_test']:,} headlines of {data['name']} ({SPLITS.get(split, split)}), which have "
        f"{data['sections_per_headline']:.2f} sections on average, micro-F1 is {micro}, macro-F1 over the sections "
        f"{score_text(numbers['macro_f1'])}, and the sections of a headline are all right, and no other is answered, "
        f"in {score_text(numbers['exact_match'])}. The expected calibration error is "
        f"{numbers['expected_calibration_error']:.3f} on pairs of headline and section of a probability of 0.05 or "
        f"more. Learned from {data['n_train']:,} headlines"
        f"{'' if data['trained_on'] else ', perhaps some of these: the file of the model does not say'}. "
        f"Intervals: {numbers['interval']}."
    )
    if again:
        answer += f" The model in the file learned again from all {again:,} headlines, those of the test included."
    kind = split if split == "given test file" else f"{split} split"
    return {
        **numbers,
        "question": "How well does the model tell which sections each headline belongs to?",
        "answer": answer,
        "headline": f"micro-F1 {micro}, {kind}, {data['n_test']:,} test headlines",
        "figures": FIGURES,
        "tables": [
            {"title": "By section", "rows": numbers["per_section"]},
            {
                "title": "Error budgets (--max-error)",
                "rows": numbers["budgets"],
                "note": "Coverage: headlines that get a section. Error: wrong sections among those answered. Recall: "
                "true sections that are answered.",
            },
            {"title": "Mistakes it was surest of", "rows": numbers["mistakes"]},
        ],
    }
