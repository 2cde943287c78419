"""Run the experiments one after the other and rebuild the index of reports.

Question: what do the reports say today?
Command:  python experiments/run_all.py   (a minute; with --corpus FILE, that corpus instead of the embedded one)
Figure:   the path of reports/index.html, and exit code 0.

A corpus without sections is clustered only.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import _common as common

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
    print(f"Open {args.out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
