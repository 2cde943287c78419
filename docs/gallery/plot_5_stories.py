"""
Stories
=======

Group headlines into stories, and look at their sizes, their neighbours and their days.
"""

import classify
from classify import StoryClusterer, plots

headlines = classify.load_sample().slice(0, 600)
clusterer = StoryClusterer().fit(headlines)
numbers = classify.evaluate_stories(clusterer, headlines)

# %%
# How many stories have how many headlines.

plots.plot_sizes(numbers)

# %%
# Stories with similar words are near each other.

plots.plot_map(numbers)

# %%
# One line a story, from its first day to its last.

plots.plot_timeline(numbers)

# %%
# The score of several numbers of stories. ``choice`` is measured where the true stories are known.

scores = []
for k in (150, 250, 350):
    labels = StoryClusterer(k).fit(headlines).labels_
    scores.append(classify.metrics.bcubed_scores(headlines.story.to_pylist(), labels)[2])
choice = {"k": [150, 250, 350], "score": scores, "chosen": numbers["n_stories"], "score_name": "B-cubed F1"}
plots.plot_choice({"choice": choice})
