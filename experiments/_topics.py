"""The headlines that the model of IPTC Media Topics learns from, and which sections of which corpus are one topic.

Used by train_topics.py. The headlines are not part of this project; a folder holds the files named in SECTIONS and
RECENT (gzip CSV, columns id, headline, section, date, url).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from _sections import NONE, RECENT, read

LABELS = Path(__file__).resolve().parent / "labels" / "topics"

# The top of IPTC Media Topics, by its official codes.
CODES = {
    "arts, culture, entertainment and media": "medtop:01000000",
    "conflict, war and peace": "medtop:16000000",
    "crime, law and justice": "medtop:02000000",
    "disaster, accident and emergency incident": "medtop:03000000",
    "economy, business and finance": "medtop:04000000",
    "education": "medtop:05000000",
    "environment": "medtop:06000000",
    "health": "medtop:07000000",
    "human interest": "medtop:08000000",
    "labour": "medtop:09000000",
    "lifestyle and leisure": "medtop:10000000",
    "politics and government": "medtop:11000000",
    "religion": "medtop:12000000",
    "science and technology": "medtop:13000000",
    "society": "medtop:14000000",
    "sport": "medtop:15000000",
    "weather": "medtop:17000000",
}
_ARTS, _ECONOMY = "arts, culture, entertainment and media", "economy, business and finance"
_HUFFPOST = {
    "CRIME": "crime, law and justice",
    "ENTERTAINMENT": _ARTS,
    "SPORTS": "sport",
    "CULTURE & ARTS": _ARTS,
    "FOOD & DRINK": "lifestyle and leisure",
    "RELIGION": "religion",
}
# The sections that are one topic: of their headlines that were read, three quarters or more have it. Sections of
# technology (0.45 to 0.73, for games are arts and deals lifestyle) or POLITICS of huffpost_41 (0.57) are not.
SECTIONS: dict[str, dict[str, str]] = {
    "huffpost_2018_22": _HUFFPOST | {"POLITICS": "politics and government"},
    "huffpost_41": _HUFFPOST | {"ARTS": _ARTS, "ARTS & CULTURE": _ARTS, "TASTE": "lifestyle and leisure"},
    "newsapi_2022_en": {
        "business": _ECONOMY,
        "entertainment": _ARTS,
        "health": "health",
        "science": "science and technology",
        "sports": "sport",
    },
    "indicnews_en_dedup": {
        "Business": _ECONOMY,
        "Education": "education",
        "Elections": "politics and government",
        "Entertainment": _ARTS,
        "Health": "health",
        "Sports": "sport",
    },
}


def topics(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Read the headlines labelled by reading, those of the others whose section is one topic, and all of the others.

    Columns source, text, topic, second, drawn, date and url.
    """
    parts = [_corpus(folder, name) for name in (*SECTIONS, *RECENT)]
    rows = pd.concat(parts, ignore_index=True)[["source", "text", "topic", "second", "drawn", "date", "url"]]
    by_reading = rows.drawn.notna()
    found = rows[by_reading], rows[~by_reading & rows.topic.notna()], rows[~by_reading]
    return tuple(part.reset_index(drop=True) for part in found)  # type: ignore[return-value]


def _corpus(folder: Path, name: str) -> pd.DataFrame:
    """Read one corpus, each text once: its topic as read, else as its section says."""
    rows = read(folder, name)
    labels = pd.read_csv(LABELS / f"{name}.csv", dtype=str, keep_default_na=False).set_index("id")
    for column in labels:
        rows[column] = rows.id.map(labels[column])
    rows = rows.sort_values("drawn", na_position="last", kind="stable").drop_duplicates("text").sort_index()
    return rows.assign(topic=rows.topic.fillna(rows.section.map(SECTIONS.get(name, {}))))


__all__ = ["CODES", "NONE", "RECENT", "SECTIONS", "topics"]
