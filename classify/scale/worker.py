"""A process that labels the pieces that come on its standard input, one line of JSON each, until the input ends."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict

from classify.scale.pieces import Piece
from classify.scale.task import Task, attempt, load

__all__ = ["main"]


def main() -> None:
    """Read the task and the model, then label piece after piece; the driver's death ends the input, and the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver, which gets it, too, ends this process
    lines, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints does not answer
    head = json.loads(lines.readline())
    task = Task(**head["task"] | {"keep": tuple(head["task"]["keep"])})
    model = load(lines.read(head["size"]), task)
    for line in lines:
        outcome = asdict(attempt(Piece(**json.loads(line)), task, model))
        del outcome["piece"]
        answers.write(json.dumps(outcome).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
