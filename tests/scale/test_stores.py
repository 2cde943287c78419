"""Archives on other file systems, through fsspec: in memory, with failures put in, and with renaming."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import ClassVar

import pytest
from archive_cases import content, model, write_archive

from classify.cli import main
from classify.readers import read_headlines
from classify.scale import expand, label_archive, label_pieces, plan_archive, plan_pieces, storage

fsspec = pytest.importorskip("fsspec")
memory_module = pytest.importorskip("fsspec.implementations.memory")


class Store(memory_module.MemoryFileSystem):
    """A store in memory whose requests can fail: `faults` has what is raised by the name of a request."""

    protocol = ("store", "s3")
    store: ClassVar[dict] = {}
    pseudo_dirs: ClassVar[list] = [""]
    cachable = False
    faults: ClassVar[dict] = {}
    requests: ClassVar[list] = []
    lock = threading.Lock()

    @classmethod
    def _strip_protocol(cls, path):
        path = path.removeprefix("store://").removeprefix("s3://").strip("/")
        return f"/{path}" if path else ""

    def unstrip_protocol(self, name):
        return f"store:/{self._strip_protocol(name)}"

    def fail(self, request, path):
        """Raise the next fault of a request, if there is one."""
        with self.lock:
            self.requests.append((request, path))
            faults = self.faults.get(request, [])
            fault = faults.pop(0) if faults and "_done/run.json" not in path else None
        if fault is not None:
            raise fault

    def _open(self, path, mode="rb", **options):
        if "r" in mode:
            self.fail("read", path)
        return super()._open(path, mode, **options)

    def put_file(self, local, path, **_):
        self.fail("put", path)
        data = Path(local).read_bytes()
        if self.faults.get("cut"):
            data = data[: self.faults["cut"].pop()]
        self.pipe_file(path, data)

    def mv(self, old, new, **_):
        self.fail("move", new)
        super().mv(old, new)


class Renaming(Store):
    """A store on which an upload that is cut off leaves a part of the file."""

    protocol = ("renaming",)
    store: ClassVar[dict] = {}
    pseudo_dirs: ClassVar[list] = [""]

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.removeprefix("renaming://"))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Copy an archive into a store and go to a folder that has it, too."""
    monkeypatch.chdir(tmp_path)
    write_archive(tmp_path / "archive")
    for kind in (Store, Renaming):
        fsspec.register_implementation(kind.protocol[0], kind, clobber=True)
        kind.store.clear()
        kind.pseudo_dirs[:] = [""]
    Store.faults.clear()
    Store.requests.clear()
    store = Store()
    for path in sorted((tmp_path / "archive").iterdir()):
        store.pipe_file(f"/archive/{path.name}", path.read_bytes())
    label_archive(["archive/*"], "alone/", model())
    return tmp_path


def label(to="store://labelled/", **options):
    """Label the archive of the store."""
    return label_archive(["store://archive/*"], to, model(), **options)


def fetched(kind=Store, folder="/labelled/"):
    """Return what is in the folder of answers of a store."""
    return {path.removeprefix(folder): file.getvalue() for path, file in kind.store.items() if path.startswith(folder)}


def parts(files):
    """Leave out markers."""
    return {name: data for name, data in files.items() if not name.startswith("_done")}


@pytest.mark.parametrize("kind", [Store, Renaming])
def test_a_store_gets_the_bytes_of_a_folder(kind, place):
    to = f"{kind.protocol[0]}://labelled/"
    assert label(to).rows == 500
    assert parts(fetched(kind)) == content("alone", markers=False)
    assert label(to).done_before == 5
    moved = [path for request, path in Store.requests if request == "move"]
    assert bool(moved) == (kind is Renaming)  # an object of an object store is uploaded once


def test_failures_are_tried_again(place):
    plan, told = plan_archive(["store://archive/*"], "store://labelled/", model()), []
    Store.faults |= {"put": [OSError("503 slow down"), PermissionError("denied")], "read": [TimeoutError("slow")]}
    outcomes = list(label_pieces(plan, failed=lambda outcome: told.append(outcome.error)))
    assert told == ["slow", "503 slow down", "denied"]
    assert all(outcome.marker for outcome in outcomes)
    assert parts(fetched()) == content("alone", markers=False)


@pytest.mark.parametrize("kind", [Store, Renaming])
def test_an_upload_that_is_cut_off_leaves_nothing_and_is_done_again(kind, place):
    to, told = f"{kind.protocol[0]}://labelled/", []
    plan = plan_archive(["store://archive/*"], to, model())
    Store.faults["cut"] = [100]
    assert all(outcome.marker for outcome in label_pieces(plan, failed=lambda outcome: told.append(outcome.error)))
    assert "found 100 bytes after the upload; expected" in told[0]
    assert parts(fetched(kind)) == content("alone", markers=False)


def test_a_piece_that_fails_twice_leaves_no_part(place):
    plan = plan_archive(["store://archive/*"], "renaming://labelled/", model())
    Store.faults["move"] = [OSError("no")] * 10
    assert {outcome.error for outcome in label_pieces(plan)} == {"no"}
    assert [name for name in fetched(Renaming) if not name.startswith(".")] == ["_done/run.json"]


def test_row_groups_are_read_by_ranges_of_bytes(place, monkeypatch):
    assert [piece.count for piece in plan_pieces(["store://archive/a.parquet"], rows=100)] == [1, 1, 1, 1]
    found = [len(batch) for batch in read_headlines("store://archive/a.parquet", row_groups=range(1, 3))]
    assert sum(found) == 152


def test_one_machine_reads_from_a_store(place):
    assert main(["predict", "-i", "store://archive/*", "-f", "csv", "-o", "store.csv"]) == 0
    assert main(["predict", "-i", "archive/*", "-f", "csv", "-o", "file.csv"]) == 0
    assert Path("store.csv").read_bytes() == Path("file.csv").read_bytes()


def test_a_changed_object_is_labelled_again(place):
    label()
    Store().pipe_file("/archive/c.jsonl", b'{"title": "Rain"}\n')
    plan = plan_archive(["store://archive/*"], "store://labelled/", model())
    assert plan.changed == ("store://archive/c.jsonl",)


def test_patterns_of_a_store_are_expanded_to_its_names(place):
    assert expand(["store://archive/[ab].*"]) == ["store://archive/a.parquet", "store://archive/b.csv"]
    with pytest.raises(ValueError, match=r"store://none/\*: found no file that matches"):
        expand(["store://none/*"])


def test_a_store_lists_and_removes(place):
    folder = storage.Folder("store://new/")
    assert folder.listing() == {}
    with folder.writing("x/a.txt") as file:
        file.write(b"text")
    assert (folder.listing(), folder.read("x/a.txt")) == ({"x/a.txt": 4}, b"text")
    folder.remove("x/a.txt")
    folder.remove("x/a.txt")
    assert folder.listing() == {}
