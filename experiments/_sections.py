"""The labelled corpora that the default model learns from: which label of which is which section.

Used by train_default_model.py and transfer.py. The headlines are no part of this project; a folder holds the files
named in SOURCES and RECENT (gzip CSV, columns id, headline, section, url).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from classify import clean, near_duplicate_groups
from classify.text import clean_corpus

HERE = Path(__file__).resolve().parent
NONE = "none"

_HUFFPOST = {
    "POLITICS": "politics",
    "SPORTS": "sport",
    "ENTERTAINMENT": "entertainment",
    "COMEDY": "entertainment",
    "TECH": "tech",
} | dict.fromkeys(
    [
        *("CRIME", "WELLNESS", "FOOD & DRINK", "TRAVEL", "HOME & LIVING", "PARENTING", "RELIGION", "STYLE & BEAUTY"),
        *("WEDDINGS", "ENVIRONMENT", "EDUCATION", "MONEY", "BUSINESS", "SCIENCE", "HEALTHY LIVING", "DIVORCE"),
        *("TASTE", "COLLEGE", "STYLE", "PARENTS", "GREEN", "FIFTY", "GOOD NEWS"),
    ],
    NONE,
)
# Subjects of this corpus of US political news that are no politics by our rule, or not surely.
_NOT_POLITICS = {
    *("coronavirus", "culture", "technology", "religion_and_faith", "general_news", "violence_in_america"),
    *("education", "business", "sports", "science", "media_bias"),
}

# Which label of which corpus is which section; labels that are not named are not used.
SOURCES: dict[str, dict[str, str]] = {
    "huffpost_2018_22": _HUFFPOST,
    "huffpost_41": _HUFFPOST,
    "newsapi_2022_en": {"sports": "sport", "entertainment": "entertainment", "technology": "tech"}
    | dict.fromkeys(("health", "science", "business"), NONE),
    "allsides_abp": {},  # every label but those of _NOT_POLITICS is politics
    "uci_news_partial": {"e": "entertainment", "t": "tech", "b": NONE, "m": NONE},
    "ag_news_test": {"Sports": "sport", "Business": NONE},  # the others as they were labelled by reading
    "indicnews_en_dedup": {
        "Sports": "sport",
        "Entertainment": "entertainment",
        "Technology": "tech",
        "Elections": "politics",
    }
    | dict.fromkeys(("Health", "Business", "Education", "Lifestyle", "Auto", "Science"), NONE),
}
RECENT = ("gnews_top_en_2025_26", "newsflow_bbc_2024_26")

# With balanced class weights and no more headlines of a source and section than this, a source left out of training was
# labelled best on average (transfer.py), where the sections are as unlike in number as they are here.
LIMIT = 6_000

# The source of headlines written for training alone: never tested on, for they are news of nobody.
WRITTEN = "written"


def read(folder: Path, name: str) -> pd.DataFrame:
    """Read one corpus, its headlines cleaned with its own publisher suffixes."""
    frame = pd.read_csv(folder / f"{name}.csv.gz", dtype=str, keep_default_na=False)
    column = pa.array(frame.headline.tolist())
    frame["text"] = clean_corpus(column)[0].to_pylist()
    frame["source"] = name
    return frame.drop_duplicates(["text", "section"])


def labelled(folder: Path) -> pd.DataFrame:
    """Read the labelled corpora and the headlines written for this project, with our sections."""
    frames = []
    for name, mapping in SOURCES.items():
        frame = read(folder, name)
        if name == "allsides_abp":
            mapping = dict.fromkeys(set(frame.section) - _NOT_POLITICS, "politics")
        section = frame.section.map(mapping)
        if name == "ag_news_test":
            section = section.fillna(frame.id.map(by_hand(name)))
        frames.append(frame.assign(section=section).dropna(subset="section"))
    own = pd.read_csv(HERE.parent / "data" / "headlines.csv", dtype=str)
    own["text"] = clean(pa.array(own.headline.tolist()), tuple(own.publisher.unique())).to_pylist()
    frames.append(own.assign(source="embedded"))
    written = pd.read_csv(HERE.parent / "data" / "british.csv", dtype=str).rename(columns={"headline": "text"})
    frames.append(written.assign(source=WRITTEN))
    return pd.concat(frames, ignore_index=True)[["source", "text", "section"]]


def by_hand(name: str) -> pd.Series:
    """Read the sections that were given to headlines of one corpus by reading them, by id."""
    return pd.read_csv(HERE / "labels" / f"{name}.csv", dtype=str).set_index("id").section


def recent(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the recent headlines: those labelled by hand, and the others."""
    known, others = [], []
    for name in RECENT:
        frame = read(folder, name).drop_duplicates("text")
        frame["section"] = frame.id.map(by_hand(name))
        known.append(frame[frame.section.notna()])
        others.append(frame[frame.section.isna()])
    columns = ["source", "text", "section", "url"]
    return pd.concat(known, ignore_index=True)[columns], pd.concat(others, ignore_index=True)[columns]


def capped(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep at most LIMIT headlines of a source and section, drawn at random."""
    return rows.sample(frac=1, random_state=0).groupby(["source", "section"]).head(LIMIT).sort_index()


def without_twins(rows: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """Drop the rows that have a near-duplicate among the test rows."""
    groups = near_duplicate_groups(pa.array([*rows.text, *test.text]))
    return rows[~np.isin(groups[: len(rows)], groups[len(rows) :])]
