"""Whatever comes, the command answers with one sentence and loses nothing: a table of hostile inputs.

Most cases call the command in this process; `test_hostile_process.py` has those where the process itself matters.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hostile_cases import FILES, ask, fill, refused

# name: (the words of the command, what its sentence says)
CASES = {
    "no such file": ("predict -i none.csv", "none.csv: no such file"),
    "an empty file": ("cluster empty", "found nothing"),
    "a folder without sections": ("predict -i folder", "without text files"),
    "an empty name": ("predict -i ''", "empty name"),
    "a folder as corpus": ("train folder", "without text files"),
    "a binary file": ("predict -i binary", "binary data"),
    "a file of NUL bytes": ("predict -i nuls", "binary data"),
    "a name in a circle": ("predict -i circle", "circle"),
    "a name that is too long": ("predict -i " + "x" * 300, "too long"),
    "a file within a file": ("predict -i table.csv/x", "table.csv/x"),
    **{f"a cut off {kind} file": (f"predict -i cut.{kind}", "cut off") for kind in ("gz", "bz2", "xz", "zst")},
    "the first bytes of gzip": ("predict -i magic.gz", "gzip"),
    "the first bytes of zstd": ("predict -i magic.zst", "zstd"),
    "garbage after the first bytes of gzip": ("predict -i garbage.gz", "gzip"),
    "compressed twice": ("predict -i twice.gz", "compressed twice"),
    "a spreadsheet": ("predict -i sheet.xlsx", "spreadsheet"),
    "an empty archive": ("corpus convert archive.zip -o new.csv", "empty zip archive"),
    "a PDF": ("predict -i a.pdf", "PDF"),
    "a picture": ("predict -i a.png", "picture"),
    "a photograph": ("predict -i a.jpg", "picture"),
    "a database": ("predict -i a.sqlite", "SQLite"),
    "an Arrow file": ("predict -i a.arrow", "Arrow"),
    "a program": ("predict -i a.out", "program"),
    "an old document": ("predict -i a.doc", "Office"),
    "a table without a header": ("predict -i noheader.csv", "by number"),
    "a table of something else": ("predict -i other.csv", "expected one named headline"),
    "a column that is not there": ("predict -i table.csv --text-column nope", "nope"),
    "a column beyond the last": ("predict -i noheader.csv --text-column 9", "'9'"),
    "a column of plain text": ("predict -i text.txt --text-column title", "plain text"),
    "a label column that is not there": ("train table.csv --label-column nope", "nope"),
    "objects of something else": ("predict -i keys.jsonl", "'name'"),
    "an array of something else": ("predict -i keys.json", "'name'"),
    "a JSON column that is not there": ("predict -i keys.jsonl --text-column nope", "nope"),
    "an array that breaks off": ("predict -i cut.json", "breaks off"),
    "an array with a fault": ("predict -i broken.json", "malformed after item 1"),
    "an object with a fault": ("predict -i broken_object.json", "malformed JSON"),
    "JSON nested 100,000 deep": ("predict -i deep.json", "malformed"),
    "Parquet cut off": ("predict -i cut.parquet", "damaged Parquet"),
    "the first bytes of Parquet": ("predict -i magic.parquet", "damaged Parquet"),
    "Parquet that claims 2 GB": ("predict -i claims.parquet", "damaged Parquet"),
    "Parquet changed inside": ("predict -i changed.parquet", "Parquet"),
    "a model as headlines": ("predict -i some.model", "found a model file"),
    "UTF-16 without its mark": ("predict --encoding utf-16 -i text.txt", "text.txt: found no byte order mark"),
    "a list of corrections that is plain text": ("train two.csv --corrections text.txt", "found no column 'section'"),
    "corrections through a pipe": ("train two.csv --corrections -", "--corrections was given standard input"),
    "a report of nothing": ("train two.csv --test-size 0 --report out", "--report was given with --test-size 0"),
    "a model onto standard output": ("train two.csv -m -", "found standard output as an output; expected a file"),
    "stories onto standard output": ("cluster two.csv -m -", "found standard output as an output; expected a file"),
    "a corpus onto standard output": ("corpus convert two.csv -o -", "found standard output as an output"),
    "an output without a name": ("predict -o '' x", "found an empty name as an output"),
    "a report without a name": ("evaluate two.csv --report ''", "found an empty name for the report"),
    "a number that is none": ("cluster two.csv --stories 2.5", "--stories: found '2.5'; expected a number"),
    "a time that is none": ("cluster two.csv --window 3x", "--window: 3x; expected a time above 0"),
    "Parquet that swells": ("predict -i swollen.parquet", "MB of 'headline' in"),
    "Parquet of lists": ("predict -i lists.parquet", "headlines of the type list"),
    "Parquet of something else": ("predict -i keys.parquet", "'name'"),
    "an XML bomb": ("predict -i bomb.xml", "declares entities"),
    "an XML bomb in UTF-16": ("predict -i bomb16.xml", "declares entities"),
    "an external entity": ("predict -i outside.xml", "declares entities"),
    "XML nested 5,000 deep": ("predict -i deep.xml", "deep"),
    "XML of something else": ("predict -i root.xml", "without entries"),
    "a feed that breaks off": ("predict -i cut.xml", "without entries"),
    "a web page": ("predict -i page.html", "web page"),
    "a feed that swells": ("predict -i swollen.xml.gz", "more than 16 MB"),
    "a document that swells": ("predict -i swollen.json.gz", "more than 64 MB"),
    "an encoding that is none": ("predict -i table.csv --encoding klingon", "klingon"),
    "an encoding of no text": ("predict -i table.csv --encoding rot13", "rot13"),
    "an encoding of domain names": ("predict -i table.csv --encoding idna", "found encoding 'idna'"),
    "an encoding of nothing": ("predict -i table.csv --encoding undefined", "found encoding 'undefined'"),
    "an address without a host": ("predict -i http://", "http://"),
    "an address of nonsense": ("predict -i http://[::1", "http://[::1"),
    "nobody at the address": ("predict -i http://127.0.0.1:1/feed", "no answer"),
    "an endless feed": ("predict -i {web}/endless", "more than 32 MB"),
    "a feed that is not found": ("predict -i {web}/code/404", "HTTP 404"),
    "a server in trouble": ("predict -i {web}/code/503", "HTTP 503"),
    "a redirect in a circle": ("predict -i {web}/loop", "/loop"),
    "a redirect to a file": ("predict -i {web}/leave", "file:///etc/passwd"),
    "an answer cut short": ("predict -i {web}/cut", "no answer"),
    "a web page instead of a feed": ("predict -i {web}/page", "web page"),
    "no labels": ("train text.txt", "no column of sections"),
    "labels that are empty": ("train no_sections.csv", "no_sections.csv: the column of sections is empty in all"),
    "headlines that are empty": ("train no_headlines.csv", "the column of headlines is empty in all"),
    "headlines and labels apart": ("audit apart.csv", "apart.csv: no row has both"),
    "a column that cluster does not find": ("cluster table.csv --text-column nope", "'nope'; say with --text-column w"),
    "a label column that audit does not find": ("audit table.csv --label-column nope", "say with --label-column which"),
    "answers as Parquet": ("predict -o out.parquet Rain", "out.parquet: ends in .parquet, which cannot be written"),
    "answers as a spreadsheet": ("predict -o out.XLSX Rain", "expected .jsonl, .csv or .tsv; name it so"),
    "stories as a pickle": ("cluster two.csv -o out.pkl", "ends in .pkl, which cannot"),
    "stories as TSV": ("cluster two.csv -o out.tsv", "cannot be written here; expected .jsonl or .csv; name"),
    "suspicious labels as JSON": ("audit two.csv -o out.json", "cannot be written here; expected .csv; name it so"),
    "a corpus compressed": ("corpus convert two.csv -o out.csv.gz", "ends in .gz, which cannot be written"),
    "an empty corpus": ("train empty", "found nothing"),
    "blank lines as corpus": ("train blank.txt", "blank.txt"),
    "one label": ("train one_section.csv", "section"),
    "one headline a label": ("train one_each.csv", "one headline each"),
    "all duplicates": ("train repeats.csv", "group(s) of headlines"),
    "10,000 labels": ("train many_sections.csv", "different section(s)"),
    "a test file without labels": ("train two.csv --test text.txt", "no column of sections"),
    "a split by time without dates": ("train two.csv --split time", "date"),
    "everything to test on": ("train two.csv --test-size 1", "share"),
    "a size too small": ("train --test-size 0 --max-size 10B two.csv", "no model is as small"),
    "a size that is none": ("train two.csv --max-size big", "--max-size"),
    "a size beyond all": ("train two.csv --max-size 1e400MB", "--max-size"),
    "a size below zero": ("train two.csv --max-size=-5MB", "--max-size"),
    "a seed below zero": ("train two.csv --seed -1", "--seed"),
    "a none label that is not there": ("train two.csv --none-label nope", "nope"),
    "corrections that are none": ("train two.csv --corrections table.csv", "give the list that 'classify audit' wrote"),
    "a search without time": ("train two.csv --search 0", "--search"),
    "evaluate without labels": ("evaluate text.txt", "no column of sections"),
    "10,000 labels to test on": ("evaluate many_sections.csv", "expected at most 500; choose the column"),
    "audit of 10,000 labels": ("audit many_sections.csv", "different section(s)"),
    "audit of one label": ("audit one_section.csv", "section"),
    "no such model": ("predict -m none.safetensors x", "none.safetensors: no such file"),
    "a folder as model": ("predict -m folder x", "folder"),
    "a device without end as model": ("predict -m /dev/zero x", "/dev/zero: this is not a complete"),
    "a device without end as stories": ("cluster --continue /dev/zero table.csv", "not a complete file of stories"),
    "a device of noise as model": ("predict -m /dev/urandom x", "/dev/urandom: this is not a complete model"),
    "a device without end": ("predict -i /dev/zero", "binary data"),
    "a device of noise": ("predict -i /dev/urandom", "/dev/urandom: found"),
    "nothing at all": ("cluster /dev/null", "found nothing"),
    "an empty model": ("predict -m empty x", "not a complete model file"),
    "a table as model": ("inspect -m table.csv", "not a complete model file"),
    "a name in a circle as model": ("predict -m circle x", "circle"),
    "top in csv": ("predict -f csv --top 2 x", "--top"),
    "top zero": ("predict --top 0 x", "--top"),
    "an impossible budget": ("predict --max-error 0.0001 x", "0.0001"),
    "a budget that is no share": ("predict --max-error 5 x", "--max-error"),
    "a budget that is no number": ("predict --max-error nan x", "--max-error"),
    "a budget and a probability": ("predict --max-error 0.1 --min-probability 0.1 x", "not allowed with"),
    "an unknown format": ("predict -f xml x", "'xml'"),
    "an unknown command": ("frobnicate", "frobnicate"),
    "no command": ("", "COMMAND"),
    "an unknown option": ("predict --frobnicate x", "--frobnicate"),
    "no threads": ("predict --jobs 0 x", "--jobs"),
    "zero stories": ("cluster table.csv --stories 0", "--stories"),
    "more stories than headlines": ("cluster table.csv --stories 99", "n_stories=99"),
    "a window without dates": ("cluster table.csv --window 3d", "--window"),
    "a window that is none": ("cluster table.csv --window soon", "--window"),
    "a window below zero": ("cluster table.csv --window -3d", "--window"),
    "output onto the input": ("predict -i table.csv -o table.csv", "also an input"),
    "output onto a link to the input": ("predict -i table.csv -o link.csv", "also an input"),
    "output onto the model": ("predict -m model x -o model", "also an input"),
    "stories onto the input": ("cluster table.csv -o table.csv", "also an input"),
    "a model onto the corpus": ("train two.csv -m two.csv", "also an input"),
    "a model onto the test file": ("train two.csv --test table.csv -m table.csv", "also an input"),
    "corrections onto the corpus": ("audit two.csv -o two.csv", "also an input"),
    "a conversion onto its source": ("corpus convert table.csv -o table.csv", "also an input"),
    "output into a folder": ("predict x -o folder", "found a folder of answers and headlines of the command line"),
    "output within a file": ("predict x -o table.csv/out", "table.csv"),
    "a model into a folder": ("train fit.csv -m folder", "folder: is a directory"),
    "a report within a file": ("evaluate two.csv --report table.csv/report", "table.csv"),
    "a full disk": ("predict x -o /dev/full", "/dev/full: no space left"),
    "a model onto a full disk": ("train fit.csv -m /dev/full", "/dev/full: no space left"),
    "stories onto a full disk": ("cluster table.csv -o /dev/full", "/dev/full: no space left"),
    "a conversion onto a full disk": ("corpus convert table.csv -o /dev/full", "/dev/full: no space left"),
    "no public corpus of that name": ("corpus fetch nope", "nope"),
    "a conversion of nothing": ("corpus convert empty -o new.csv", "found nothing"),
}


class Web(BaseHTTPRequestHandler):
    """A server that means no good."""

    def do_GET(self):
        _, what, *rest = self.path.split("/")
        getattr(self, f"do_{what}")(*rest)

    def answer(self, code=200, body=b"", **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_code(self, code):
        self.answer(int(code))

    def do_loop(self):
        self.answer(302, Location="/loop")

    def do_leave(self):
        self.answer(302, Location="file:///etc/passwd")

    def do_cut(self):
        self.answer(body=b"half", Content_Length="1000")

    def do_page(self):
        self.answer(body=FILES["page.html"])

    def do_endless(self):
        self.answer(body=b'<rss version="2.0"><channel>')
        try:
            while True:
                self.wfile.write(b"<item><title>x</title></item>" * 1000)
        except OSError:
            pass

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def web():
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder with a model and a table."""
    monkeypatch.chdir(tmp_path)
    return fill(tmp_path)


def contents(folder):
    """List all that is in a folder."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def prepared(case, folder, web):
    """Write the files that a case names into its folder; return the words of its command."""
    argv = shlex.split(CASES[case][0].format(web=web))
    for word in argv:
        if word in FILES:
            (folder / word).write_bytes(FILES[word])
    return argv


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_gets_one_sentence_and_exit_code_2(case, folder, web, capsys):
    argv = prepared(case, folder, web)
    before = contents(folder)
    refused(*ask(capsys, argv), CASES[case][1])
    assert contents(folder) == before


@pytest.mark.slow
@pytest.mark.parametrize("case", list(CASES)[::8])
def test_a_process_of_its_own_says_the_same(case, folder, web, capsys):
    argv = prepared(case, folder, web)
    before = contents(folder)
    command = [sys.executable, "-m", "classify", *argv]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr.decode()) == ask(capsys, argv)
    assert contents(folder) == before
