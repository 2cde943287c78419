"""The web: troubles that pass, servers that mean harm, bytes and seconds bounded."""

import contextlib
import gzip
import resource
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from classify.headlines import Headlines, ReadError
from classify.readers import http, read_headlines
from classify.readers.http import fetch_url

RSS = "<?xml version='1.0'?><rss version='2.0'><channel><title>The Daily Planet</title>{}</channel></rss>"
ITEM = "<item><title>Fish &amp; chips</title></item>"


class Web(BaseHTTPRequestHandler):
    """A small web with every kind of trouble."""

    asked: list[str] = []  # noqa: RUF012
    over = threading.Event()

    def do_GET(self):
        Web.asked.append(self.path)
        _, what, *rest = self.path.split("/")
        getattr(self, f"do_{what}")(*map(unquote, rest))

    def answer(self, body=b"", code=200, **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_feed(self):
        self.answer(RSS.format(ITEM * 2).encode())

    def do_csv(self):
        self.answer(gzip.compress(b"id,title\n1,Rain\n"), **{"Content-Encoding": "gzip"})

    def do_hop(self, count):
        target = "/feed" if count == "1" else f"/hop/{int(count) - 1}"
        self.answer(code=302, Location=target)

    def do_loop(self):
        self.answer(code=302, Location="/loop")

    def do_leave(self):
        self.answer(code=302, Location="ftp://127.0.0.1/passwd")

    def do_code(self, code):
        self.answer(code=int(code))

    def do_once(self, mark):
        first = Web.asked.count(self.path) == 1
        self.answer(code=503) if first else self.do_feed()

    def do_later(self, seconds):
        first = Web.asked.count(self.path) == 1
        self.answer(code=503, **{"Retry-After": seconds}) if first else self.do_feed()

    def do_coded(self, coding):
        self.answer(b"\x0b\x02\x80", **{"Content-Encoding": coding})

    def do_slow(self):
        Web.over.wait(3)

    def do_drip(self):
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" ")
                Web.over.wait(0.05)
        except OSError:
            pass

    def do_endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(bytes(1 << 16))
        except OSError:
            pass

    def do_cut(self):
        self.answer(b"half", **{"Content-Length": "1000"})

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        Web.over.set()
        server.shutdown()
        thread.join()


def test_a_feed_from_the_web(web):
    with read_headlines(f"{web}/feed") as reader:
        assert len(Headlines.concat(reader)) == 2
    with read_headlines(f"{web}/csv") as reader:
        assert Headlines.concat(reader).headline.to_pylist() == ["Rain"]


def test_a_few_redirects_are_followed(web):
    assert fetch_url(f"{web}/hop/4").getvalue().startswith(b"<?xml")


def test_trouble_that_passes_is_tried_once_more(web):
    assert fetch_url(f"{web}/once/a").getvalue().startswith(b"<?xml")
    Web.asked.clear()
    with pytest.raises(ReadError, match="503"):
        fetch_url(f"{web}/code/503")
    assert Web.asked == ["/code/503"] * 2
    with pytest.raises(ReadError, match="404"):
        fetch_url(f"{web}/code/404")
    assert Web.asked.count("/code/404") == 1


def test_a_server_may_ask_for_patience(web):
    assert fetch_url(f"{web}/later/0").getvalue().startswith(b"<?xml")
    for patience in ("3600", "Fri, 31 Dec 1999 23:59:59 GMT", "9" * 400):  # not within the deadline
        Web.asked.clear()
        with pytest.raises(ReadError, match="503"):
            fetch_url(f"{web}/later/{patience.replace(' ', '%20')}", deadline=5.0)
        assert len(Web.asked) == 1


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, br"])
def test_a_content_encoding_that_was_not_asked_for(web, coding):
    with pytest.raises(ReadError, match=f"found the content encoding '{coding}', which was not asked for; expected"):
        fetch_url(f"{web}/coded/{coding.replace(' ', '%20')}")


# A thread that is given up at the deadline still has its socket, which is closed when it is collected.
GIVEN_UP = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.mark.slow
@GIVEN_UP
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/hop/30", "HTTP 302|redirect"),
        ("/loop", "HTTP 302|redirect"),
        ("/leave", "redirect to 'ftp:"),
        ("/slow", "no whole answer within 1 s|no answer"),
        ("/drip", "no whole answer within 1 s"),
        ("/endless", "more than 32 MB"),
        ("/cut", "no answer"),
    ],
)
def test_an_unkind_server_is_given_up(web, path, words):
    with pytest.raises(ReadError, match=words) as error:
        fetch_url(web + path, timeout=0.5, deadline=1.0)
    assert "\n" not in str(error.value)
    assert web in str(error.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://", "http://[::1", "https://127.0.0.1:1/x y", "http://a b/"]
)
def test_an_address_that_leads_nowhere(url):
    with pytest.raises(ReadError, match="found") as error:
        read_headlines(url)
    assert "\n" not in str(error.value)


END = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ATTACKS = {
    "status line": (b"HTTP/1.1 200 ", b"O"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "one header": (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "redirect": (b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", b" "),
    "chunks": (END, b"1\r\n \r\n"),
    "line of a chunk": (END + b"1;", b"x"),
    "trailers": (END + b"1\r\n \r\n0\r\n", b"X: y\r\n"),
    "error": (b"HTTP/1.1 404 Not Found\r\n\r\n", b" "),
}


def serve(listener: socket.socket, first: bytes, again: bytes, pause: float) -> None:
    """Send to whoever comes a beginning, and then the same without end."""
    with contextlib.suppress(OSError):
        while True:
            with contextlib.suppress(OSError), listener.accept()[0] as client:
                client.sendall(first)
                while True:
                    client.sendall(again if pause else again * 10_000)
                    time.sleep(pause)


@pytest.mark.slow
@GIVEN_UP
@pytest.mark.parametrize("pause", [0, 0.05], ids=["flood", "drip"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_all_that_a_server_sends_counts(attack, pause, monkeypatch):
    monkeypatch.setattr(http, "LARGEST", 1 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener, *ATTACKS[attack], pause), daemon=True).start()
        begin = time.monotonic()
        with pytest.raises(ReadError, match=r"found (more than 1 MB|no whole answer within 1\.5 s|HTTP 404|no answer)"):
            fetch_url(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=1, deadline=1.5)
        assert time.monotonic() - begin < 15
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
