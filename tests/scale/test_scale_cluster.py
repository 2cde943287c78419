"""A Dask scheduler and workers as processes of their own, killed, lost and of other versions."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from archive_cases import ROOT, command, content, model, run, table, write_archive
from pyarrow.parquet import write_table

from classify import __version__, save_model
from classify.cli import main
from classify.scale import cluster, label_archive, label_pieces, plan_archive

pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="kills"),
    pytest.mark.filterwarnings("ignore"),  # those of Dask's own threads and sockets at the end
]
HERE = "127.0.0.1"


def start(*argv, **environment):
    """Start a process of Dask."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment}
    env["DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT"] = "5s"
    module, *rest = map(str, argv)
    code = f"from distributed.cli.{module} import main; main()"
    return subprocess.Popen([sys.executable, "-c", code, *rest], env=env, stderr=subprocess.PIPE, text=True)


def wait_for(process, words):
    """Wait until a process prints a line with some words; return it, and go on reading in the background."""
    for line in process.stderr:
        if words in line:
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return line
    raise AssertionError(f"ended before {words!r}")


@contextlib.contextmanager
def scheduler():
    """Start a scheduler; yield its process and its address."""
    with start("dask_scheduler", "--host", HERE, "--port", 0, "--no-dashboard") as process:
        address = wait_for(process, "Scheduler at:").split()[-1]
        try:
            yield process, address
        finally:
            process.kill()


@contextlib.contextmanager
def workers(address, number=1, **environment):
    """Start workers with one thread each; yield their processes."""
    argv = ("dask_worker", address, "--nthreads", 1, "--no-nanny", "--no-dashboard", "--host", HERE)
    started = [start(*argv, **environment) for _ in range(number)]
    try:
        for process in started:
            wait_for(process, "Registered to:")
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def address():
    """Start a scheduler for the tests that leave it alive; return its address."""
    with scheduler() as (_, found):
        yield found


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Go to a folder with an archive and a model."""
    monkeypatch.chdir(tmp_path)
    write_archive(tmp_path / "archive")
    save_model(model(), "m.safetensors")
    return tmp_path


def given(address, to="labelled/"):
    """Return the command that labels the archive on a cluster."""
    return ["predict", "-m", "m.safetensors", "-i", "archive/*", "-o", to, "--scheduler", address]


def test_three_workers_give_the_bytes_of_one_process(address, place, capsys):
    label_archive(["archive/*"], "alone/", model())
    with workers(address, 3):
        assert main(given(address)) == 0
        assert "500 headlines in 5 piece(s)" in capsys.readouterr().err
        assert main(given(address)) == 0
    assert "5 of 5 piece(s) are done already" in capsys.readouterr().err
    assert content("labelled") == content("alone")


def test_a_worker_of_another_version_is_refused_by_name(address, place, capsys):
    (place / "other" / "classify").mkdir(parents=True)
    (place / "other" / "classify" / "__init__.py").write_text("__version__ = '0.0.9'\n")
    with workers(address, PYTHONPATH=str(place / "other")):
        assert main(given(address)) == 2
    told = capsys.readouterr().err
    assert "worker tcp://127.0.0.1:" in told
    assert f"found classify 0.0.9; expected classify {__version__}" in told
    assert "Traceback" not in told


def test_a_worker_with_another_model_is_refused_by_name(address, place):
    plan = plan_archive(["archive/*"], "labelled/", model())
    with workers(address), cluster.connect(address) as client, pytest.raises(ValueError, match="found the model"):
        list(cluster.on_cluster(plan.todo, plan.task, plan.content + b"x", client))
    with workers(address), cluster.connect(address) as client:
        (future,) = client.map(cluster.label, plan.todo[:1], task=plan.task, name="not sent", pure=False)
        outcome = future.result()
    assert outcome.refused
    assert outcome.error.startswith("worker tcp://127.0.0.1:")
    assert "its model did not arrive" in outcome.error


class Counter:
    """A relay to the scheduler that counts the bytes that come from there."""

    def __init__(self, address):
        self.target = address.removeprefix("tcp://").split(":")
        self.listener = socket.create_server((HERE, 0))
        self.address = f"tcp://{HERE}:{self.listener.getsockname()[1]}"
        self.received = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """Connect whoever comes."""
        with contextlib.suppress(OSError):
            while True:
                near, far = self.listener.accept()[0], socket.create_connection(self.target)
                threading.Thread(target=self.copy, args=(near, far, 0), daemon=True).start()
                threading.Thread(target=self.copy, args=(far, near, 1), daemon=True).start()

    def copy(self, source, target, counted):
        """Copy bytes until one side ends."""
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                self.received += len(data) * counted
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


def test_the_model_is_sent_once_to_each_worker_and_not_with_every_piece(address, place):
    """Workers that join after the start get the model when they register, over the relay."""
    for at in range(60):
        write_table(table(at, 20), place / "archive" / f"{at:02d}.parquet")
    plan, counters = plan_archive(["archive/*"], "labelled/", model()), [Counter(address), Counter(address)]
    outcomes = []
    with cluster.connect(address) as client:
        labelling = threading.Thread(target=lambda: outcomes.extend(label_pieces(plan, client)))
        labelling.start()
        while not client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.worker_plugins)):
            assert labelling.is_alive()
        with workers(counters[0].address), workers(counters[1].address):
            labelling.join(60)
    assert len(outcomes) == 65
    for counter in counters:
        assert len(plan.content) < counter.received < 1.2 * len(plan.content) + 65 * 4000


def test_a_worker_that_is_killed_in_a_piece_is_replaced_by_the_others(address, place):
    write_table(table(0, 60_000), place / "archive" / "big.parquet")
    label_archive(["archive/*"], "alone/", model())
    with (
        workers(address, 2) as processes,
        subprocess.Popen(command(*given(address)), stderr=subprocess.PIPE, text=True) as driver,
    ):
        while not (begun := list((place / "labelled").glob(".big.parquet-00000.parquet.*.part"))):
            assert driver.poll() is None
        os.kill(writer(processes, begun[0]), signal.SIGKILL)
        assert "Traceback" not in driver.stderr.read()
    assert driver.returncode == 0
    for left in (place / "labelled").glob(".*.part"):
        left.unlink()
    assert content("labelled") == content("alone")


def writer(processes, path):
    """Return the process that has a file open."""
    for process in processes:
        for opened in Path(f"/proc/{process.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if opened.readlink() == path.resolve():
                    return process.pid
    raise AssertionError(f"{path} is not open")


def test_a_lost_scheduler_ends_the_run_and_the_next_one_goes_on(place):
    for at in range(30):
        write_table(table(at, 2000), place / "archive" / f"{at:02d}.parquet")
    with (
        scheduler() as (process, address),
        workers(address, 1),
        subprocess.Popen(command(*given(address)), stderr=subprocess.PIPE, text=True) as driver,
    ):
        while len(list(place.glob("labelled/_done/*.parquet.json"))) < 3:
            assert driver.poll() is None
        process.kill()
        told = driver.stderr.read()
    assert driver.returncode == 2
    assert f"error: {address}: lost the scheduler" in told
    assert "start again, and only what is missing will be done" in told
    done = len(list(place.glob("labelled/_done/*.parquet.json")))
    assert f"{done} of 35 piece(s) are done already" in run(place, *given(address)[:-2])


def test_no_scheduler_is_one_sentence(place, capsys, monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT", 0.2)
    assert main(given("tcp://127.0.0.1:9")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "tcp://127.0.0.1:9: found no scheduler" in line


def test_no_worker_ends_the_run(address, place, capsys, monkeypatch):
    monkeypatch.setattr(cluster, "_PATIENCE", 0.2)
    assert main(given(address)) == 2
    assert "no worker for 0.2 seconds" in capsys.readouterr().err
    assert json.loads((place / "labelled/_done/run.json").read_text())["version"] == __version__
