"""Run the experiments one after the other and rebuild the index of reports.

Question: what are the results of today's code?
Command:  python experiments/run_all.py   (a minute; with --corpus FILE, that corpus instead of the embedded one)
Figure:   the path of reports/index.html, and exit code 0.

A corpus without sections is clustered only.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import _common as common

from classify.report import write_index

ON_SECTIONS = ("train_sections", "compare_models", "learning_curve", "calibration", "leakage", "ablate_features")
ON_ANY = ("cluster_stories",)


def main(argv: Sequence[str] | None = None) -> int:
    """Run every experiment with the same arguments."""
    given = list(sys.argv[1:] if argv is None else argv)
    args = common.arguments(__doc__ or "").parse_args(given)
    try:
        headlines = common.load(args)
    except (ValueError, OSError) as error:
        print(f"run_all: error: {error}", file=sys.stderr)
        return 2
    labelled = headlines.section is not None and headlines.section.null_count < len(headlines)
    for name in (*ON_SECTIONS, *ON_ANY) if labelled else ON_ANY:
        code = import_module(name).main(given)
        if code:
            return int(code)
    for results in args.out.glob("*/results.json"):  # of experiments that are not run here
        if not (results.parent / "report.html").exists():
            common.draw_report(results.parent)
    print(f"Open {write_index(args.out)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
