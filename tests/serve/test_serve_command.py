"""`classify serve` as a process: its examples, its end, what it says when it cannot begin."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from serving import Client

import classify
from classify.cli import main
from classify.cli.serve import EXAMPLES
from classify.serve import listen

STARTED, ASKED = EXAMPLES.splitlines()[:2], EXAMPLES.splitlines()[2]


@contextmanager
def process(words, folder):
    """Run the command; yield it and the address that it prints."""
    line = [sys.executable, "-m", "classify", *words]
    with subprocess.Popen(line, cwd=folder, stderr=subprocess.PIPE, text=True) as running:
        try:
            said = running.stderr.readline()
            yield running, re.search(r"http://127\.0\.0\.1:(\d+)/", said).group()
        finally:
            running.kill()


@pytest.mark.slow
@pytest.mark.parametrize("line", STARTED, ids=range(len(STARTED)))
def test_the_examples_run(line, tmp_path):
    shutil.copy(Path(classify.__file__).parent / "models" / "sections.safetensors", tmp_path / "mine.safetensors")
    words = re.sub(r" --port \d+", "", line).strip().removeprefix("classify ")
    with process([*shlex.split(words), "--port", "0"], tmp_path) as (running, address):
        asked = shlex.split(ASKED.replace("127.0.0.1:8000/", address))
        answered = subprocess.run([*asked, "--silent"], capture_output=True, check=True, timeout=60).stdout
        (answer,) = json.loads(answered)
        assert list(answer)[-2:] == ["sections", "terms"]
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 130
        assert running.stderr.read() == ""


@pytest.mark.slow
def test_a_request_that_has_begun_is_answered_when_the_service_ends(tmp_path):
    with process(["serve", "--port", "0"], tmp_path) as (running, address):
        port = int(re.search(r":(\d+)/", address)[1])
        body = json.dumps({"headlines": ["Rovers win"] * 1000, "explain": 3}).encode()
        with Client(port) as client:
            client.ask("GET", "/health")
            client.connection.request("POST", "/predict", body)
            running.send_signal(signal.SIGTERM)
            assert len(json.loads(client.connection.getresponse().read())) == 1000
        assert running.wait(60) == -signal.SIGTERM


def error(capsys, *words):
    """Return the one line that the command prints when it cannot run."""
    assert main(["serve", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


def test_the_missing_extra_is_named(capsys, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr("classify.cli.serve.find_spec", lambda name: None if name == "uvicorn" else found(name))
    assert "pip install 'classify-headlines[serve]'" in error(capsys)


def test_what_is_wrong_is_one_sentence(capsys, tmp_path):
    assert "no such file" in error(capsys, "--port", "0", "-m", str(tmp_path / "none.safetensors"))
    (tmp_path / "empty").touch()
    assert "not a complete model file" in error(capsys, "--port", "0", "-m", str(tmp_path / "empty"))
    with listen("127.0.0.1", 0) as taken:
        assert "in use" in error(capsys, "--port", str(taken.getsockname()[1]))


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_wrong_port_is_one_sentence(port, capsys):
    with pytest.raises(SystemExit):
        main(["serve", f"--port={port}"])
    assert capsys.readouterr().err.count("\n") == 1
