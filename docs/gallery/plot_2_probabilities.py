"""
Probabilities and error budgets
===============================

Of the headlines that got 80 %, are 80 % right? And what does it cost to answer only where the model is sure?
"""

import classify
from classify import plots

numbers = classify.train(classify.load_sample().slice(0, 1500)).evaluation

# %%
# On the dashed line, stated probability and share of right answers are equal.

plots.plot_reliability(numbers)

# %%
# The share of wrong answers where only the most probable ones are given.

plots.plot_risk_coverage(numbers)
