"""Add the embedded corpus, which lies beside the package, to the packages that pyproject.toml describes."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["classify*"]), "classify.data"], package_dir={"classify.data": "data"})
