"""
Models side by side
===================

Two classifiers, one with what is known of English words beforehand and one without, on the same test headlines.
"""

import classify
from classify import HeadlineClassifier, plots

headlines = classify.load_sample().slice(0, 1500)
train, test = (headlines.take(rows) for rows in classify.split_headlines(headlines))
models = {
    name: HeadlineClassifier(background=background).fit(train.headline, train.section)
    for name, background in {"with background": "auto", "without": None}.items()
}
numbers = {"comparison": classify.compare_classifiers(models, test)}

# %%
# The scores of each.

plots.plot_models(numbers)

# %%
# Headline by headline: where the bar leaves out zero, the difference is unlikely to be chance.

plots.plot_paired_differences(numbers)

# %%
# F1 of each model in each section.

plots.plot_section_comparison(numbers)

# %%
# By how much the first leads in each section.

plots.plot_section_differences(numbers)
