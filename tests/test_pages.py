"""The examples of the documentation run and print what the pages show; the reference is complete."""

from __future__ import annotations

import pages
import pytest

WITH_EXAMPLES = [path for path in pages.pages() if list(pages.examples(path.read_text(encoding="utf-8")))]


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_of_a_page_run_and_print_what_it_shows(page, tmp_path):
    pages.prepare(tmp_path)
    for code, status, stated, seen in pages.run_page(page, tmp_path)[1]:
        assert status == 0, f"{code}{seen}"
        assert pages.matches(stated, seen), f"{code}{seen}"
