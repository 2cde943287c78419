"""Run the `classify` command as ``python -m classify``."""

import sys

from classify.cli import main

sys.exit(main())
