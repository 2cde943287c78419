"""Label an archive with one process, with two workers and, if asked, with a Dask cluster of this machine.

Question: how much faster are two workers than one process, and what do they cost in processor time?
Command:  python experiments/scale.py --corpus CORPUS ... --sizes 1000000 10000000   (ten minutes, two idle cores)
Figure:   processor seconds of two workers over those of one process: 0.9 to 1.2.

Headlines are varied: the first half of one of the corpora's headlines and the second half of another. They lie in
Parquet files of 250,000 rows. Everything that runs is counted: starting Python, planning, reading, labelling, writing,
Dask's scheduler. Contenders run in turn, several times, and the medians are compared.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import _common as common
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from classify import read_headlines

ROWS = 250_000  # of a file
CORES = 64  # of the cluster that the cost of a billion headlines is projected to
CONTENDERS = {
    "one process": ("--jobs", "1"),
    "two workers": ("--workers", "2"),
    "Dask, two workers": (),
}
TIMES, PROCESSOR = "times as fast as one process", "processor seconds over those of one process"
Row = dict[str, float]


def halves(paths: Sequence[str]) -> tuple[pa.Array, pa.Array]:
    """Read the headlines of corpora, each once, and split each in the middle, between words."""
    columns = [batch.headline for path in paths for batch in read_headlines(path)]
    column = pa.chunked_array(columns).unique()
    words = pc.split_pattern(column, " ")
    middle = pc.divide(pc.list_value_length(words), 2).to_pylist()
    both = [(row[:at], row[at:]) for row, at in zip(words.to_pylist(), middle, strict=True) if at]
    first, second = ([" ".join(part) for part in parts] for parts in zip(*both, strict=True))
    return pa.array(first), pa.array(second)


def write_archive(parts: tuple[pa.Array, pa.Array], folder: Path, size: int, seed: int) -> None:
    """Write headlines that are made of random halves, with ids, in files of `ROWS`."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for number, start in enumerate(range(0, size, ROWS)):
        count = min(ROWS, size - start)
        one, other = (part.take(pa.array(rng.integers(len(part), size=count))) for part in parts)
        ids = pa.array(np.arange(start, start + count)).cast(pa.string())
        table = pa.table({"id": ids, "headline": pc.binary_join_element_wise(one, other, " ")})
        pq.write_table(table, folder / f"{number:04d}.parquet", row_group_size=ROWS // 2)


def measure(name: str, archive: Path, output: Path) -> Row:
    """Label an archive; return the seconds and the processor seconds of all its processes."""
    command = [sys.executable, "-m", "classify", "predict", "-i", f"{archive}/*.parquet", "-o", f"{output}/"]
    with cluster() if name.startswith("Dask") else alone() as (options, others):
        begin = time.perf_counter()
        used = [_wait(subprocess.Popen([*command, *CONTENDERS[name], *options], stderr=subprocess.DEVNULL))]
        seconds = time.perf_counter() - begin
    used += others
    processor = sum(each.ru_utime + each.ru_stime for each in used)
    return {"seconds": seconds, "processor": processor}


def _wait(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> resource.struct_rusage:
    """Wait for a process; return what it and the processes it has waited for have used."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode > 0:
        raise ValueError(f"a process ended with exit code {process.returncode}; expected 0; run its command by hand")
    return used


@contextmanager
def alone() -> Iterator[tuple[list[str], list[resource.struct_rusage]]]:
    """Start nothing."""
    yield [], []


@contextmanager
def cluster() -> Iterator[tuple[list[str], list[resource.struct_rusage]]]:
    """Start a scheduler and two workers; give the options of the command, and at the end what they have used."""
    used: list[resource.struct_rusage] = []
    scheduler = _dask("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    address = _line(scheduler, "Scheduler at:").split()[-1]
    workers = [_dask("dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard") for _ in range(2)]
    for worker in workers:
        _line(worker, "Registered to:")
    try:
        yield ["--scheduler", address], used
    finally:
        for process in (*workers, scheduler):
            process.kill()
            used.append(_wait(process))


def _dask(module: str, *options: str) -> subprocess.Popen[str]:
    """Start a process of Dask."""
    code = f"from distributed.cli.{module} import main; main()"
    return subprocess.Popen([sys.executable, "-c", code, *options], stderr=subprocess.PIPE, text=True)


def _line(process: subprocess.Popen[str], words: str) -> str:
    """Wait for a line with some words that a process prints."""
    assert process.stderr is not None
    return next(line for line in process.stderr if words in line)


def run(args: argparse.Namespace, folder: Path) -> None:
    """Measure every size and write results.json; times change from run to run."""
    os.environ["OMP_NUM_THREADS"] = "1"
    parts, load = halves(args.corpus), os.getloadavg()[0]
    found: dict[int, dict[str, Row]] = {}
    with tempfile.TemporaryDirectory() as name:
        for size in args.sizes:
            archive = Path(name, f"archive-{size}")
            write_archive(parts, archive, size, args.seed)
            runs: dict[str, list[Row]] = {name: [] for name in CONTENDERS if args.dask or not name.startswith("Dask")}
            for repeat in range(args.repeats):
                for contender, rows in runs.items():
                    rows.append(measure(contender, archive, Path(name, f"{contender}-{size}-{repeat}")))
                    print(f"{size:,} {contender}: {rows[-1]}", file=sys.stderr, flush=True)
            found[size] = {
                contender: {key: statistics.median(row[key] for row in rows) for key in rows[0]}
                for contender, rows in runs.items()
            }
    busy = f"{load:.1f} processes were running on {os.cpu_count()} cores when it began"
    common.write_results(page(found, args.repeats, busy, len(parts[0])), folder, args)


def page(found: dict[int, dict[str, Row]], repeats: int, busy: str, n_headlines: int) -> common.Json:
    """Write the answer, the tables and the projection."""
    size, largest = max(found.items())
    one, two = largest["one process"], largest["two workers"]
    rows = [
        {"headlines": n, "contender": name, **row, "headlines_per_processor_second": n / row["processor"]}
        for n, contenders in found.items()
        for name, row in contenders.items()
    ]
    ratios = {
        f"{name}: {what}": value
        for name in list(largest)[1:]
        for what, value in (
            (TIMES, one["seconds"] / largest[name]["seconds"]),
            (PROCESSOR, largest[name]["processor"] / one["processor"]),
        )
    }
    hours = 1e9 / size * two["processor"] / CORES / 3600
    faster, dearer = (ratios[f"two workers: {what}"] for what in (TIMES, PROCESSOR))
    runs = f"medians of {repeats} runs" if repeats > 1 else "one run"
    answer = (
        f"{size:,} headlines, {runs}: two workers are {faster:.2f} times as fast as one process and use {dearer:.2f} "
        f"times its processor time ({busy}). A billion headlines would take {hours * CORES:.1f} processor hours, "
        f"{hours * 60:.0f} minutes on {CORES} such cores if all are kept busy."
    )
    return common.experiment(
        __doc__,
        "Archives: one process and two workers",
        answer,
        f"two workers: {faster:.2f} times as fast, {dearer:.2f} times the processor time",
        ratios=ratios,
        hours_of_a_billion=hours,
        n_headlines_varied=n_headlines,
        busy=busy,
        growth=[{"kind": row["contender"], "n": row["headlines"], "predict": row["seconds"]} for row in rows],
        figures={"growth": f"Seconds from files to files. {busy[0].upper()}{busy[1:]}."},
        tables=[
            {"title": "Ratios at the largest size", "rows": [{"what": k, "ratio": v} for k, v in ratios.items()]},
            {"title": "Seconds and processor seconds", "rows": rows},
        ],
    )


def figure(numbers: common.Json) -> float:
    """Return how many times the processor time of one process two workers need."""
    return float(numbers["ratios"][f"two workers: {PROCESSOR}"])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    parser = common.arguments(__doc__ or "", several=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000_000], metavar="N", help="headlines to label")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="runs of each contender")
    parser.add_argument("--dask", action="store_true", help="label with a Dask cluster of this machine, too")
    args = parser.parse_args(argv)
    if not args.corpus:
        parser.error("found no --corpus; expected headlines to vary; name one file or more")
    return common.carry_out(__file__, args, run)


if __name__ == "__main__":
    sys.exit(main())
