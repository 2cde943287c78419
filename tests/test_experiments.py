"""The experiments: they run on any corpus, give the same bytes twice, and draw from results.json alone."""

from __future__ import annotations

import ast
import json
import re
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from classify.corpora import load_sample
from classify.evaluation.learning_curve import nested
from classify.headlines import Headlines

FOLDER = Path(__file__).resolve().parent.parent / "experiments"
REPORTS = FOLDER.parent / "reports"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
ON_SECTIONS = ("train_sections", "learning_curve", "compare_models", "calibration", "leakage", "ablate_features")
CORPORA = {
    **dict.fromkeys(["newsapi_2022_en", "huffpost_41", "huffpost_2018_22", "allsides_abp", "uci_news_partial"], True),
    **dict.fromkeys(["ag_news_test", "indicnews_en_dedup", "indicnews_hi", "thucnews_zh"], True),
    **dict.fromkeys(["googlenews_tset", "gnews_top_en_2025_26", "newsflow_bbc_2024_26"], False),
}


@pytest.fixture(scope="module", autouse=True)
def scripts_can_be_imported():
    """Make the scripts importable from each other, as when they are run."""
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A small labelled corpus with stories and dates."""
    frame = load_sample().to_pandas().drop(columns="line").iloc[:360]
    path = tmp_path_factory.mktemp("corpus") / "small.csv"
    frame.to_csv(path, index=False)
    return path


def run(script, corpus, out, *more):
    """Run the measuring part of an experiment; return its folder."""
    module, common = import_module(script), import_module("_common")
    parser = common.arguments("", several=script == "leakage")
    parser.add_argument("--rivals", action="store_true")
    parser.add_argument("--scale", nargs="+")
    args = parser.parse_args(["--corpus", str(corpus), "--out", str(out), *more])
    module.run(args, out / script)
    return out / script


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_head_says_what_the_script_is_for(script):
    tree = ast.parse((FOLDER / f"{script}.py").read_text(encoding="utf-8"))
    head = ast.get_docstring(tree)
    assert all(f"\n{word}" in head for word in ("Question:", "Command:", "Figure:"))
    assert f"python experiments/{script}.py" in head
    assert "minute" in head


@pytest.mark.parametrize("script", [script for script in SCRIPTS if (REPORTS / script / "results.json").exists()])
def test_the_results_have_the_figure_of_the_head(script):
    module = import_module(script)
    expected = import_module("_common").head(module.__doc__, "Figure").rpartition(":")[2]
    low, high = map(float, re.findall(r"-?\d+(?:\.\d+)?", expected))
    results = (REPORTS / script / "results.json").read_text(encoding="utf-8")
    assert low <= module.figure(json.loads(results)) <= high


class TestParts:
    def test_learning_curve_nests_whole_groups(self):
        groups = np.repeat(np.arange(400), np.random.default_rng(0).integers(1, 6, 400))
        parts = nested(groups, n_sizes=6)
        sizes = [len(part) for part in parts]
        assert sizes == sorted(sizes)
        assert sizes[-1] == pytest.approx(len(groups) / 2, abs=6)
        for small, large in zip(parts, [*parts[1:], np.arange(len(groups))], strict=True):
            assert set(small) <= set(large)
        for part in parts:
            rest = np.setdiff1d(np.arange(len(groups)), part)
            assert not set(groups[part]) & set(groups[rest])

    @pytest.mark.parametrize("n_last", [999, 1000, 1003])
    def test_the_last_month_is_tested_on_whole(self, n_last):
        calibration = import_module("calibration")
        dates = ["2022-05-31T23:00"] * 2000 + ["2022-06-01"] * n_last + [None] * 7
        rows = [f"w{i} v{i} u{i}" for i in range(len(dates))]
        headlines = Headlines(pa.array(rows), section=pa.array(["a", "b"] * 2000)[: len(rows)],
                              date=pa.array(dates), line=pa.array(range(len(rows))))  # fmt: skip
        share = calibration.last_month(headlines)
        if n_last < 1000:
            assert share is None
        else:
            parts = calibration.divide(headlines, "time", share)
            assert (len(parts.train), len(parts.test)) == (2000, n_last)

    def test_noise_of_hdbscan_stands_alone(self):
        alone = import_module("cluster_stories").alone(np.array([-1, 0, 0, -1, 1]))
        assert alone.tolist() == [2, 0, 0, 3, 1]

    def test_large_corpora_leave_rivals_out(self):
        methods = import_module("cluster_stories").methods
        assert set(methods(1000, 50, 0)) == {"KMeans", "MiniBatchKMeans", "BisectingKMeans", "Agglomerative", "HDBSCAN"}
        assert methods(60_000, 20_000, 0) == {}


class TestErrors:
    def test_no_file(self, tmp_path, capsys):
        code = import_module("train_sections").main(["--corpus", str(tmp_path / "no.csv"), "--out", str(tmp_path)])
        assert code == 2
        assert capsys.readouterr().err.startswith("train_sections: error: ")

    @pytest.mark.parametrize("script", ON_SECTIONS)
    def test_no_sections(self, script, tmp_path, capsys):
        path = tmp_path / "plain.txt"
        path.write_text("Rovers win\nTax vote\n")
        assert import_module(script).main(["--corpus", str(path), "--out", str(tmp_path)]) == 2
        message = capsys.readouterr().err
        assert "no headline has a section" in message
        assert "cluster_stories.py" in message


class TestRuns:
    @pytest.mark.slow
    @pytest.mark.parametrize("script", [*ON_SECTIONS, "cluster_stories"])
    def test_twice_the_same_bytes(self, script, corpus, tmp_path):
        one, two = run(script, corpus, tmp_path / "one"), run(script, corpus, tmp_path / "two")
        assert (one / "results.json").read_bytes() == (two / "results.json").read_bytes()

    @pytest.mark.slow
    @pytest.mark.parametrize("script", ["train_sections", "compare_models"])
    def test_draws_from_results_alone(self, script, corpus, tmp_path):
        folder = run(script, corpus, tmp_path)
        before = (folder / "results.json").read_bytes()
        page = import_module("_common").draw_report(folder)
        assert (folder / "results.json").read_bytes() == before
        assert page == folder / "report.html"
        assert (folder / "report.md").is_file()

    @pytest.mark.slow
    def test_rivals_stand_beside_ours(self, corpus, tmp_path):
        numbers = json.loads((run("cluster_stories", corpus, tmp_path, "--rivals") / "results.json").read_text())
        names = [row["name"] for row in numbers["baselines"]]
        assert names[:2] == ["every headline its own story", "one story"]
        assert names[2].startswith("these stories, number given")
        assert names[3].startswith("these stories, fed day by day")
        assert len(names) == 4 + 10
        assert all(0 <= row["bcubed"]["f1"] <= 1 for row in numbers["baselines"])

    @pytest.mark.slow
    def test_all_one_after_the_other(self, corpus, tmp_path, capsys):
        assert import_module("run_all").main(["--corpus", str(corpus), "--out", str(tmp_path)]) == 0
        assert capsys.readouterr().out.endswith(f"Open {tmp_path / 'index.html'}\n")
        index = (tmp_path / "index.html").read_text(encoding="utf-8")
        for script in (*ON_SECTIONS, "cluster_stories"):
            assert f"{script}-small/report.html" in index

    @pytest.mark.slow
    @pytest.mark.corpora
    @pytest.mark.parametrize(("name", "labelled"), CORPORA.items())
    def test_on_real_corpora(self, name, labelled, corpora, tmp_path):
        path = tmp_path / f"{name}.csv.gz"
        frame = corpora(name)
        frame.iloc[:: max(len(frame) // 700, 1)].to_csv(path, index=False)
        for script in ("cluster_stories", *(["train_sections"] if labelled else [])):
            numbers = json.loads((run(script, path, tmp_path) / "results.json").read_text(encoding="utf-8"))
            assert numbers["data"]["name"] == name
            json.dumps(numbers, allow_nan=False)


@pytest.mark.slow
@pytest.mark.corpora
def test_june_2022(corpora, tmp_path):
    """Trained on January to May 2022, at least 0.855 of June's headlines are right, and calibrated to 0.02."""
    from classify import train
    from classify.readers import read_headlines
    from classify.splits import prepare_labelled

    frame = corpora("newsapi_2022_en")
    june = frame.date.str.startswith("2022-06")
    parts = []
    for rows, file in ((~june, "train.csv"), (june, "test.csv")):
        pd.DataFrame(frame[rows]).to_csv(tmp_path / file, index=False)
        parts.append(Headlines.concat(read_headlines(tmp_path / file)))
    numbers = train(parts[0], test=parts[1]).evaluation
    assert numbers["data"]["n_test"] == len(prepare_labelled(parts[1]))
    assert numbers["accuracy"]["value"] >= 0.855
    assert numbers["expected_calibration_error"] <= 0.02
