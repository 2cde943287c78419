"""Draw the headlines that were read and labelled with IPTC Media Topics, more of rare topics by search.

    python experiments/_draw_topics.py --corpora DIR -o drawn   (half a minute)

It writes drawn/NN.tsv with 350 headlines each (number, headline) in random order, and drawn/key.csv (number, id,
corpus, drawn). The labels are in labels/topics/; the rule is in data/README.md. DIR holds the files named in SIZES.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20261128
CHUNK = 350
SIZES = {
    "gnews_top_en_2025_26": 3600,
    "newsflow_bbc_2024_26": 3000,
    "newsapi_2022_en": 1600,
    "indicnews_en_dedup": 1000,
    "huffpost_2018_22": 700,
    "huffpost_41": 500,
}
# So many of ten headlines are drawn at random; the others by words that make a rare topic likely, as many for each.
# They are beginnings of words, in a regular expression. The reader decides the topic.
RANDOM = 7
SEARCH = {
    "disaster": "earthquake|quake|flood|wildfire|crash|explosion|"
    "landslide|cyclone|hurricane|blaze|collapse|derail|tsunami",
    "education": "school|universit|student|teacher|exam|college|tuition|pupil|campus|syllabus|ofsted",
    "environment": "climate|emission|wildlife|pollution|species|"
    "conservation|sewage|biodiversity|carbon|deforest|plastic",
    "human interest": "viral|reunite|heartwarming|tribute|lottery|oldest|"
    "birthday|adorable|rescued|anniversary|royal|stranger",
    "labour": "strike|union|layoff|job cuts|workers|wage|redundan|walkout|pension|minimum pay|unemploy|hiring",
    "lifestyle": "recipe|wordle|horoscope|travel|fashion|deals|best |how to|restaurant|holiday|home decor|wedding|skin",
    "religion": "pope|church|muslim|hindu|temple|bishop|christian|jewish|mosque|vatican|prayer|imam|catholic",
    "society": "immigra|migrant|transgender|lgbt|racis|homeless|gender|population|refugee|women|famil|poverty|abortion",
    "weather": "weather|storm|heatwave|forecast|snow|rain|temperature|monsoon|met office|heat wave|frost|thunder",
    "health": "vaccin|cancer|hospital|covid|nhs|disease|virus|doctor|patient|drug |obes|mental health|measles",
    "science and technology": "nasa|space|scientist|iphone|ai |study finds|telescope|fossil|physic|robot|chip|android",
}


def draw(path: Path, size: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return `size` different headlines of a corpus, and how each was drawn."""
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)[["id", "headline"]]
    without_publisher = rows.headline.str.lower().str.replace(r"\s[-|]\s[^-|]*$", "", regex=True)
    plain = without_publisher.str.replace(r"\W+", " ", regex=True)
    rows = rows[~plain.duplicated() & (rows.headline.str.split().str.len() >= 3)]
    rows = rows.iloc[rng.permutation(len(rows))].assign(corpus=path.name.split(".")[0], drawn="random")
    n_random = size * RANDOM // 10
    parts, rest = [rows.iloc[:n_random]], rows.iloc[n_random:]
    for topic, words in SEARCH.items():
        found = rest[rest.headline.str.contains(rf"\b(?:{words})", case=False)].head((size - n_random) // len(SEARCH))
        parts.append(found.assign(drawn=topic))
        rest = rest.drop(found.index)
    return pd.concat(parts)


def main() -> None:
    """Draw from each corpus, shuffle, and write the chunks and the key."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True, metavar="DIR", help="folder of the corpora")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder to write")
    args = parser.parse_args()
    rng = np.random.default_rng(SEED)
    drawn = pd.concat([draw(args.corpora / f"{name}.csv.gz", size, rng) for name, size in SIZES.items()])
    drawn = drawn.iloc[rng.permutation(len(drawn))].reset_index(drop=True)
    args.output.mkdir(parents=True, exist_ok=True)
    drawn.drop(columns="headline").to_csv(args.output / "key.csv", index_label="number")
    for start in range(0, len(drawn), CHUNK):
        lines = [f"{start + i}\t{text}" for i, text in enumerate(drawn.headline[start : start + CHUNK])]
        (args.output / f"{start // CHUNK:02d}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
