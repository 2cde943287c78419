"""The S3 interface itself, served on 127.0.0.1 by moto, where it and s3fs are installed."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest
from archive_cases import content, run, write_archive

pytest.importorskip("moto")
s3fs = pytest.importorskip("s3fs")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Serve a bucket with an archive; go to a folder that has it, too."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert any("Running on" in line for line in server.stderr)
        named = {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "DEFAULT_REGION": "us-east-1"}
        for name, value in {**named, "ENDPOINT_URL": f"http://127.0.0.1:{port}"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        write_archive(tmp_path / "archive")
        store = s3fs.S3FileSystem()
        store.mkdir("news")
        for path in sorted((tmp_path / "archive").iterdir()):
            store.put_file(str(path), f"news/archive/{path.name}")
        yield tmp_path, store, server
        server.kill()


def test_a_bucket_gets_the_bytes_of_a_folder(place):
    folder, store, server = place
    run(folder, "predict", "-i", "archive/*", "-o", "labelled/")
    given = ("predict", "-i", "s3://news/archive/*", "-o", "s3://news/labelled/")
    assert "500 headlines in 5 piece(s)" in run(folder, *given, "--workers", "2")
    found = {name.removeprefix("news/labelled/"): store.cat_file(name) for name in store.find("news/labelled")}
    expected = content(folder / "labelled")
    assert found.keys() == expected.keys()
    assert all(found[name] == expected[name] for name in found if not name.startswith("_done"))
    store.pipe_file("news/archive/b.csv", b"title\nRain\n")
    told = run(folder, *given)
    assert "4 of 5 piece(s) are done already" in told
    assert "s3://news/archive/b.csv: changed since" in told
    server.kill()
    server.wait()
    (line,) = run(folder, *given, code=2, AWS_MAX_ATTEMPTS="1").splitlines()
    assert line.startswith("classify: error: s3://news/")
