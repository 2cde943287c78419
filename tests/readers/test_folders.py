"""Folders of text files: each subfolder a section, the first line of each file a headline."""

from pathlib import Path

import pytest

from classify.headlines import Headlines, ReadError
from classify.readers import read_headlines


def folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def test_a_folder_of_text_files(tmp_path):
    root = folder(
        tmp_path,
        {
            "sport/002.txt": b"Rovers win\n\nA long text.",
            "sport/001.txt": b"\n  \nGoal in extra time\r\nText",
            "sport/deep/er.txt": "Zürich gewinnt".encode("cp1252"),
            "arts/a": "Der Bote – heute".encode("utf-16"),
            "arts/empty.txt": b"",
            "arts/.hidden": b"no",
            "arts/picture.png": b"\x89PNG\0\0\0",
            "readme.txt": b"Not a headline",
            ".git/x": b"no",
        },
    )
    for source in (root, str(root)):
        with read_headlines(source, batch_size=2) as reader:
            batches = list(reader)
            rows = Headlines.concat(batches)
            assert max(map(len, batches)) == 2
            assert rows.id.to_pylist() == [
                "arts/a",
                "arts/empty.txt",
                "sport/001.txt",
                "sport/002.txt",
                "sport/deep/er.txt",
            ]
            assert rows.section.to_pylist() == ["arts", "arts", "sport", "sport", "sport"]
            assert rows.headline.to_pylist() == [
                "Der Bote – heute",
                "",
                "Goal in extra time",
                "Rovers win",
                "Zürich gewinnt",
            ]
            assert reader.skipped_lines == [3]


def test_a_folder_without_sections(tmp_path):
    with pytest.raises(ReadError, match="without text files in subfolders"):
        read_headlines(folder(tmp_path, {"a.txt": b"x", ".b/c.txt": b"y"}))
