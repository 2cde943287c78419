"""
By month, publisher and length, and with more headlines
=======================================================

Where the answers are wrong, and whether more labels would help. The columns ``date`` and ``publisher`` are needed.
"""

import classify
from classify import plots

numbers = classify.train(classify.load_sample().slice(0, 1500), n_sizes=2).evaluation

# %%
# Accuracy in each month of the test headlines.

plots.plot_by_month(numbers)

# %%
# Known publishers and new ones.

plots.plot_by_publisher(numbers)

# %%
# Short headlines are harder.

plots.plot_by_length(numbers)

# %%
# Accuracy with a quarter, half and all of the training headlines.

plots.plot_learning_curve(numbers)
