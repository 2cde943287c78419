"""Settings of the documentation, which `make docs` builds."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import classify

warnings.filterwarnings("ignore", category=DeprecationWarning, module="sphinx_gallery")
sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "classify"
author = "The authors of classify"
copyright = author
version = release = classify.__version__

extensions = [
    "command_reference",
    "file_reference",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "gallery", "**/*.py"]
templates_path = ["_templates"]
smartquotes = False

html_theme = "furo"
html_title = f"classify {release}"
html_static_path = ["pictures"]
html_copy_source = False
html_show_copyright = False

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings name shapes and units
numpydoc_show_class_members = False  # the template of a class lists them
numpydoc_validation_checks = set()

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "figures",
    "filename_pattern": r"plot_",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "image_scrapers": ("matplotlib",),
    "reset_modules": (),
}
