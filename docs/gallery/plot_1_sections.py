"""
Sections: what is right, what is confused, and why
==================================================

Train on a part of the embedded corpus, test on the rest of that part.
"""

import classify
from classify import plots

headlines = classify.load_sample().slice(0, 1500)
numbers = classify.train(headlines).evaluation

# %%
# Each row is a true section, each column an answer.

plots.plot_confusion_matrix(numbers)

# %%
# Precision, recall and F1 of each section.

plots.plot_per_section(numbers)

# %%
# Precision falls as more of a section's headlines are found.

plots.plot_precision_recall(numbers)

# %%
# The terms with the largest weights.

plots.plot_top_terms(numbers)

# %%
# Beside two simple methods.

plots.plot_baselines(numbers)
