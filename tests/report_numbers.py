"""Make evaluation dicts of any size, as `evaluate` and `evaluate_stories` write them."""

from __future__ import annotations

from typing import Any

import numpy as np

WORDS = [
    "keeper",
    "late",
    "save",
    "sends",
    "rovers",
    "final",
    "minister",
    "budget",
    "vote",
    "delayed",
    "rain",
    "chip",
    "maker",
    "unveils",
    "phone",
    "actress",
    "wins",
    "prize",
    "festival",
    "storm",
    "coast",
    "council",
    "strike",
    "talks",
    "film",
    "sequel",
    "striker",
    "transfer",
    "court",
]
SECTIONS = (
    "politics",
    "sport",
    "entertainment",
    "tech",
    "business",
    "world news",
    "science & health",
    "travel",
    "food and drink",
    "education",
    "environment",
    "style",
)
HOSTILE = '<script>window.hacked = true</script><img src=x onerror="window.hacked = true"> wins </table>'


def section_names(k: int) -> list[str]:
    """Return k distinct names, a few of them long."""
    more = [f"the {WORDS[i % len(WORDS)]} and {WORDS[3 * i % len(WORDS)]} desk of region {i}" for i in range(k)]
    return [*SECTIONS, *more][:k]


def interval(value: float, half: float = 0.02) -> dict[str, float]:
    """Return a score with an interval about it."""
    return {"value": value, "low": max(0.0, value - half), "high": min(1.0, value + half)}


def section_numbers(k: int = 4, n: int = 600, names: list[str] | None = None, **changes: object) -> dict[str, Any]:
    """Simulate a classifier of k sections on n test headlines and count as `evaluate` does."""
    rng = np.random.default_rng(k)
    names = section_names(k) if names is None else names
    weights = rng.dirichlet(np.full(k, 3.0))
    true = rng.choice(k, n, p=weights)
    # Neighbours in the list are alike, so that sorting by similarity has something to find.
    scores = rng.normal(size=(n, k)) + 4.0 * np.exp(-0.8 * np.abs(np.arange(k) - true[:, None]))
    probability = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    predicted, top = probability.argmax(axis=1), probability.max(axis=1)
    right = predicted == true
    matrix = np.zeros((k, k), dtype=int)
    np.add.at(matrix, (true, predicted), 1)
    numbers: dict[str, Any] = {
        "kind": "sections",
        "title": f"{k} sections of simulated news",
        "created_with": {
            "classify": "0.1.0",
            "python": "3.13.1",
            "numpy": "2.4.0",
            "scikit_learn": "1.9.0",
        },
        "data": {
            "name": "simulated",
            "n_train": 4 * n,
            "n_test": n,
            "split": "grouped",
            "test_size": 0.2,
            "seed": 0,
            "sections": names,
            "n_duplicates_crossing": 0,
        },
        "model": {
            "description": "TF-IDF of words and characters",
            "params": {"C": 4.0},
            "size_bytes": 1_234_567,
        },
        "labels": names,
        "accuracy": interval(float(right.mean())),
        "macro_f1": interval(float(right.mean()) - 0.03),
        "log_loss": 0.61,
        "expected_calibration_error": 0.021,
        "interval": f"95 % bootstrap over {n - 40} groups of near-duplicates, 1000 resamples",
        "baselines": [
            {"name": "most frequent section", "accuracy": float(weights.max()), "macro_f1": 0.09},
            {
                "name": "naive Bayes on words",
                "accuracy": float(right.mean()) - 0.06,
                "macro_f1": 0.6,
            },
        ],
        "random_split": {
            "accuracy": interval(float(right.mean()) + 0.04),
            "macro_f1": interval(float(right.mean()) + 0.02),
            "n_test": n,
            "n_duplicates_crossing": 31,
        },
        "per_section": _per_section(names, matrix),
        "confusion_matrix": matrix.tolist(),
        "precision_recall": [_curve(name, i) for i, name in enumerate(names)],
        "reliability": _reliability(top, right),
        "confidence_histogram": _histogram(top),
        "risk_coverage": _risk_coverage(top, right),
        "learning_curve": [
            {"n_train": m, "accuracy": a, "low": a - 0.02, "high": a + 0.02, "macro_f1": a - 0.05}
            for m, a in (
                (100, 0.5),
                (200, 0.58),
                (400, 0.66),
                (800, 0.71),
                (1600, 0.76),
                (2400, 0.78),
            )
        ],
        "top_terms": {name: _terms(rng, 10) for name in names},
        "by_month": [
            {
                "month": f"2022-{m:02}",
                "accuracy": 0.8 - m / 99,
                "low": 0.74 - m / 99,
                "high": 0.85 - m / 99,
                "count": 50 * m,
            }
            for m in range(1, 7)
        ],
        "by_publisher": [
            {
                "publisher": f"The {WORDS[i].title()} Courier",
                "accuracy": 0.9 - i / 40,
                "low": 0.8 - i / 40,
                "high": 0.95 - i / 40,
                "count": 300 - 17 * i,
            }
            for i in range(15)
        ],
        "by_length": [
            {
                "words_low": a,
                "words_high": b,
                "error": e,
                "low": e - 0.04,
                "high": e + 0.05,
                "count": c,
            }
            for a, b, e, c in (
                (1, 4, 0.4, 30),
                (5, 6, 0.3, 90),
                (7, 8, 0.24, 180),
                (9, 10, 0.2, 190),
                (11, 30, 0.18, 110),
            )
        ],
        "search": {
            "trials": [
                {
                    "params": {"C": float(2**i), "sublinear_tf": bool(i % 2)},
                    "score": 0.7 + 0.02 * (i % 5),
                    "seconds": 3.0 + i,
                }
                for i in range(12)
            ],
            "best": 4,
        },
        "comparison": None,
        "predictions": _predictions(rng, names, true, predicted, top),
    }
    return {**numbers, **changes}


def _per_section(names: list[str], matrix: np.ndarray) -> list[dict[str, Any]]:
    hits, truth, said = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    rows = []
    for i, name in enumerate(names):
        precision, recall = hits[i] / max(said[i], 1), hits[i] / max(truth[i], 1)
        f1 = 2 * hits[i] / max(truth[i] + said[i], 1)
        rows.append(
            {
                "section": name,
                "precision": float(precision),
                "recall": float(recall),
                "f1": float(f1),
                "f1_low": max(0.0, float(f1) - 0.08),
                "f1_high": min(1.0, float(f1) + 0.06),
                "support": int(truth[i]),
            }
        )
    return rows


def _curve(name: str, i: int) -> dict[str, Any]:
    recall = np.linspace(0, 1, 50)
    precision = 1 - recall ** (6 / (1 + i % 7)) * 0.7
    return {
        "section": name,
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "average_precision": float(precision.mean()),
    }


def _reliability(top: np.ndarray, right: np.ndarray) -> list[dict[str, Any]]:
    bins = np.array_split(np.argsort(top, kind="stable"), 15)
    return [
        {
            "confidence": float(top[b].mean()),
            "accuracy": float(right[b].mean()),
            "count": len(b),
            "low": max(0.0, float(right[b].mean()) - 0.07),
            "high": min(1.0, float(right[b].mean()) + 0.07),
        }
        for b in bins
    ]


def _histogram(top: np.ndarray) -> dict[str, Any]:
    counts, edges = np.histogram(top, np.linspace(0, 1, 21))
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def _risk_coverage(top: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    order = np.argsort(-top, kind="stable")
    risk = np.cumsum(~right[order]) / np.arange(1, len(top) + 1)
    coverage = np.arange(1, len(top) + 1) / len(top)
    budgets = []
    for budget in (0.01, 0.02, 0.05, 0.1):
        held = np.flatnonzero(risk <= budget)
        last = int(held[-1]) if len(held) else None
        budgets.append(
            {
                "max_error": budget,
                "threshold": None if last is None else float(top[order[last]]),
                "coverage": 0.0 if last is None else float(coverage[last]),
                "error": 0.0 if last is None else float(risk[last]),
                "error_low": 0.0,
                "error_high": budget * 1.4,
            }
        )
    keep = np.linspace(0, len(top) - 1, min(200, len(top))).astype(int)
    return {"coverage": coverage[keep].tolist(), "risk": risk[keep].tolist(), "budgets": budgets}


def _terms(rng: np.random.Generator, k: int) -> list[dict[str, Any]]:
    words = rng.choice(WORDS, k, replace=False)
    return [{"term": str(w), "weight": float(4 / (i + 1))} for i, w in enumerate(words)]


def _predictions(
    rng: np.random.Generator,
    names: list[str],
    true: np.ndarray,
    predicted: np.ndarray,
    top: np.ndarray,
) -> list[dict[str, Any]]:
    rows = []
    for i in np.argsort(true == predicted, kind="stable"):
        words = [str(w) for w in rng.choice(WORDS, 7)]
        rows.append(
            {
                "headline": f"{' '.join(words).capitalize()} ({i})",
                "section": names[true[i]],
                "predicted": names[predicted[i]],
                "probability": float(top[i]),
                "abstained": bool(top[i] < 0.45),
                "terms": [
                    {"term": words[1], "weight": 0.8},
                    {"term": f"{words[3]} {words[4]}", "weight": 0.4},
                    {"term": words[5], "weight": -0.3},
                ],
            }
        )
    rows[0] |= {"headline": HOSTILE, "probability": 0.999, "abstained": False}
    return rows


def comparison(names: list[str]) -> dict[str, Any]:
    """Return the comparison part for three models."""
    models = ["linear SVM, words and characters", "logistic regression, words", "majority"]
    return {
        "models": [
            {
                "name": m,
                "accuracy": interval(0.8 - 0.02 * i),
                "macro_f1": interval(0.77 - 0.04 * i),
                "log_loss": None if i == 2 else 0.6,
                "seconds_fit": 1.5 + i,
                "expected_calibration_error": 0.02,
            }
            for i, m in enumerate(models)
        ],
        "paired": [
            {
                "a": models[0],
                "b": models[1],
                "difference": 0.02,
                "low": 0.005,
                "high": 0.035,
                "p_value": 0.01,
            },
            {
                "a": models[0],
                "b": models[2],
                "difference": 0.04,
                "low": 0.02,
                "high": 0.06,
                "p_value": 0.001,
            },
            {
                "a": models[1],
                "b": models[2],
                "difference": 0.02,
                "low": -0.01,
                "high": 0.05,
                "p_value": 0.2,
            },
        ],
        "per_section": {
            name: {m: 0.5 + 0.4 * ((7 * i + 3 * j) % 11) / 11 for j, m in enumerate(models)}
            for i, name in enumerate(names)
        },
        "wins": [
            {
                "a": models[0],
                "b": models[1],
                "section": name,
                "support": 20 + i,
                "difference": 0.1 - 0.02 * (i % 11),
                "low": 0.05 - 0.02 * (i % 11),
                "high": 0.15 - 0.02 * (i % 11),
                "only_a": 7,
                "only_b": 5,
            }
            for i, name in enumerate(names)
        ],
        "n_disagreements": 70,
        "n_headlines": 300,
        "unknown_sections": {models[2]: [{"section": names[-1], "n_headlines": 3}]},
        "disagreements": [
            {
                "headline": HOSTILE,
                "section": names[0],
                "answers": {models[0]: names[0], models[1]: names[1], models[2]: names[1]},
            }
        ],
    }


def story_numbers(n: int = 60, **changes: object) -> dict[str, Any]:
    """Simulate n stories and count as `evaluate_stories` does."""
    rng = np.random.default_rng(n)
    sizes = sorted((1 + rng.poisson(3, n) * rng.integers(1, 4, n)).tolist(), reverse=True)
    stories = [
        {
            "story": i,
            "title": " ".join(rng.choice(WORDS, 8)).capitalize(),
            "terms": rng.choice(WORDS, 5).tolist(),
            "size": size,
            "first": f"2022-03-{1 + i % 9:02}",
            "last": f"2022-03-{1 + i % 9 + size % 5:02}",
            "section": SECTIONS[i % 4],
            "sections": [SECTIONS[i % 4]],
            "publishers": ["The Courier"],
            "n_publishers": 1,
            "parts": [],
            "headlines": [
                {
                    "headline": " ".join(rng.choice(WORDS, 8)),
                    "date": f"2022-03-{1 + i % 9 + j % (1 + size % 5):02}",
                    "publisher": "The Courier",
                    "url": f"https://courier.test/{i}/{j}",
                }
                for j in range(size)
            ],
        }
        for i, size in enumerate(sizes[:100])
    ]
    if stories:
        stories[0]["title"] = HOSTILE
    days = [
        {
            "date": f"2022-03-{d:02}",
            "counts": {str(i): int(c) for i, c in enumerate(rng.poisson(1, n)) if c},
        }
        for d in range(1, 12)
    ]
    numbers: dict[str, Any] = {
        "kind": "stories",
        "title": f"{n} stories of simulated news",
        "created_with": {"classify": "0.1.0", "python": "3.13.1"},
        "data": {
            "name": "simulated",
            "n_headlines": sum(sizes),
            "n_true_stories": n,
            "first_date": "2022-03-01",
            "last_date": "2022-03-13",
        },
        "model": {
            "description": "k-means on 200 LSA dimensions of TF-IDF",
            "params": {"stories": "auto"},
        },
        "n_stories": n,
        "n_singletons": sum(size == 1 for size in sizes),
        "scores": {
            "bcubed": {
                "precision": 0.71,
                "recall": 0.66,
                "f1": 0.684,
                "f1_low": 0.67,
                "f1_high": 0.7,
            },
            "adjusted_rand": 0.55,
            "v_measure": 0.83,
        },
        "baselines": [
            {
                "name": "every headline its own story",
                "bcubed": {"precision": 1.0, "recall": 0.2, "f1": 0.333},
                "adjusted_rand": 0.0,
                "v_measure": 0.8,
            },
            {
                "name": "one story",
                "bcubed": {"precision": 0.03, "recall": 1.0, "f1": 0.06},
                "adjusted_rand": 0.0,
                "v_measure": 0.0,
            },
        ],
        "choice": {
            "k": [10, 20, 40, 60, 80, 120],
            "score": [0.1, 0.2, 0.27, 0.31, 0.29, 0.22],
            "chosen": 60,
            "score_name": "simplified silhouette",
        },
        "sizes": sizes,
        "stories": stories,
        "map": [
            {
                "x": float(x),
                "y": float(y),
                "story": i,
                "size": size,
                "title": f"{WORDS[i % len(WORDS)]} {WORDS[3 * i % len(WORDS)]}",
                "section": SECTIONS[i % 4],
            }
            for i, (size, (x, y)) in enumerate(zip(sizes, rng.normal(size=(n, 2)), strict=True))
        ],
        "timeline": days,
        "worst_mixed": [{"story": 3, "title": HOSTILE, "size": 5, "true_stories": 4}],
        "worst_split": None,
        "stability": None,
    }
    return {**numbers, **changes}
