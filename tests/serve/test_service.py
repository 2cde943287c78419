"""The service over HTTP: answers, wrong requests, many clients, a model that changes, limits."""

from __future__ import annotations

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

import jsonschema
import pytest
from serving import Client, running

from classify import HeadlineClassifier, MultiLabelClassifier, load_sample, save_model
from classify.cli import main
from classify.serve import RequestError, ServedModel, server
from classify.serve.description import description
from classify.serve.question import LARGEST_BODY

HEADLINES = load_sample().headline.to_pylist()
ODD = ["", "  ", "\ud800", "\u202egniteh", 'a "quoted"\r\nline\u2028', "𝒳" * 300, "Über 東京 दिल्ली", "\x00"]


def lines(tmp_path, capsysbinary, headlines, *options):
    """Return what `classify predict -f jsonl` writes for headlines without ids."""
    path = tmp_path / "asked.jsonl"
    path.write_text("".join(json.dumps({"headline": each}) + "\n" for each in headlines), encoding="utf-8")
    assert main(["predict", "-i", str(path), "-f", "jsonl", *options]) == 0
    return [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    "settings", [{}, {"top": 2}, {"explain": 3}, {"max_error": 0.05}, {"top": 9, "explain": 99, "max_error": 0.02}]
)
def test_answers_are_those_of_the_command(settings, client, tmp_path, capsysbinary):
    options = [word for name, value in settings.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    asked = [*HEADLINES[:40], *ODD]
    status, answers = client.predict(headlines=asked, **settings)
    assert status == 200
    assert answers == lines(tmp_path, capsysbinary, asked, *options)


def test_the_order_of_keys_is_that_of_the_command(client):
    _, (answer,) = client.predict(headlines=["Rovers win"], top=1, explain=1)
    assert list(answer) == ["headline", "section", "probability", "sections", "terms"]


def test_a_missing_headline_has_an_empty_answer(client):
    assert client.predict(headlines=[None])[1] == [{"headline": "", "section": None, "probability": None}]
    assert client.predict(headlines=[]) == (200, [])


def test_a_model_with_codes_answers_with_them():
    with running(ServedModel("iptc")) as port, Client(port) as client:
        _, (answer,) = client.predict(headlines=["Nurses vote to strike over pay"])
        assert answer["code"] == "medtop:09000000"
        assert client.ask("GET", "/health")[1]["model"] == "iptc"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("POST", "/predict", b"[]", 400, "the request is a list"),
        ("POST", "/predict", b'{"headlines": ["a"], "max_error": 0.00001}', 400, "expected a share from 0.005"),
        ("POST", "/predict", b" " * (LARGEST_BODY + 1), 413, "larger than 1000000 bytes"),
        ("GET", "/predict", None, 405, "was asked by GET; expected POST"),
        ("POST", "/health", b"", 405, "expected GET"),
        ("GET", "/favicon.ico", None, 404, 'there is no "/favicon.ico"; expected /predict'),
        ("GET", "/%0a<b>", None, 404, 'there is no "/\\n<b>"'),
    ],
)
def test_wrong_requests_are_one_sentence_as_json(method, path, body, status, sentence, client):
    found, answer = client.ask(method, path, body)
    assert (found, list(answer)) == (status, ["error"])
    assert sentence in answer["error"]
    assert "\n" not in answer["error"]


def test_a_model_of_several_sections_a_headline_answers_with_lists(tmp_path):
    sections = [["sport"], ["politics"], ["sport", "politics"]] * 8
    words = ["Rovers win the cup", "MPs vote on tax", "MPs vote on the cup of Rovers"] * 8
    rows = [f"{text} {i}" for i, text in enumerate(words)]
    save_model(MultiLabelClassifier(n_folds=2).fit(rows, sections), tmp_path / "several.safetensors")
    with running(ServedModel(str(tmp_path / "several.safetensors"))) as port, Client(port) as client:
        status, answers = client.predict(headlines=["MPs vote on the cup of Rovers", None], explain=2, top=2)
    assert status == 200
    check("Answer", answers[0])
    assert sorted(answers[0]["section"]) == ["politics", "sport"]
    assert [len(terms) for terms in answers[0]["terms"]] == [2, 2]
    assert answers[1]["section"] == []


def check(name, value):
    """Validate a value by one of the schemas of the description."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": description()["components"]["schemas"]}}
    jsonschema.Draft202012Validator(schema).validate(value)


def test_the_description_describes_what_is_answered(client):
    status, described = client.ask("GET", "/openapi.json")
    assert (status, described) == (200, description())
    assert described["openapi"].startswith("3.1")
    question = described["components"]["schemas"]["Question"]["example"]
    check("Question", question)
    for answer in client.predict(**question)[1] + client.predict(headlines=[None, "Rain"])[1]:
        check("Answer", answer)
    check("Health", client.ask("GET", "/health")[1])
    check("Error", client.predict(headlines=1)[1])
    with pytest.raises(jsonschema.ValidationError):
        check("Question", {"headlines": ["a"], "tops": 1})


def test_clients_that_come_at_once_get_their_own_answers(service):
    settings = [{}, {"top": 2}, {"explain": 2}, {"max_error": 0.05}]
    with Client(service) as client:
        expected = [client.predict(headlines=HEADLINES[:64], **each)[1] for each in settings]
    barrier = threading.Barrier(16)

    def one(number):
        with Client(service) as client:
            barrier.wait()
            for i in range(number, number + 20):
                asked = slice(i % 60, i % 60 + i % 5)
                answers = client.predict(headlines=HEADLINES[asked], **settings[i % 4])
                assert answers == (200, expected[i % 4][asked])
        return True

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(one, range(16)))


@pytest.fixture
def _watchful(monkeypatch):
    """Let the service look at its model file more often."""
    monkeypatch.setattr("classify.serve.routes._SECONDS_TO_LOOK", 0.01)


@pytest.fixture(scope="module")
def models():
    rows = ["Rovers win the cup", "MPs vote on tax"] * 2
    return {name: HeadlineClassifier(n_folds=2).fit(rows, [name, "politics"] * 2) for name in ("sport", "football")}


@pytest.mark.usefixtures("_watchful")
def test_a_changed_model_is_read_again_and_no_request_is_lost(models, tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(models["sport"], path)
    told = []
    model = ServedModel(str(path), told.append)
    with running(model) as port, Client(port) as client:
        for name in ("football", "sport", "football"):
            save_model(models[name], path)
            sections = set()
            while name not in sections:  # each request of the loop is answered
                status, (answer,) = client.predict(headlines=["Rovers win"])
                assert status == 200
                sections.add(answer["section"])
            assert sections <= {"football", "sport"}
    assert told == ["model.safetensors has changed and was read again"] * 3


@pytest.mark.usefixtures("_watchful")
def test_a_model_that_cannot_be_read_leaves_the_former_one(models, tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(models["sport"], path)
    told = []
    model = ServedModel(str(path), told.append)
    with running(model) as port, Client(port) as client:
        for damage in (lambda: path.write_bytes(path.read_bytes()[:-9]), path.unlink):
            damage()
            while (health := client.ask("GET", "/health")[1])["status"] == "ok":
                pass
            assert health["problem"]
            assert "former one" in told[-1]
            assert client.predict(headlines=["Rovers win"])[1][0]["section"] == "sport"
            save_model(models["sport"], path)
            while client.ask("GET", "/health")[1]["status"] != "ok":
                pass


def test_the_service_says_when_it_fails_and_goes_on(models, tmp_path, caplog):
    path = tmp_path / "model.safetensors"
    save_model(models["sport"], path)
    failing = [True]

    def label(settings, texts):
        if failing:
            raise RuntimeError("broken")
        return [b"{}" for _ in texts]

    with running(ServedModel(str(path)), label) as port:
        with Client(port) as client:
            status, answer = client.predict(headlines=["a"])
        assert status == 500
        assert "the service failed" in answer["error"]
        failing.clear()
        with Client(port) as client:
            assert client.predict(headlines=["a"]) == (200, [{}])


def test_a_service_with_too_much_to_do_refuses(models, monkeypatch):
    monkeypatch.setattr("classify.serve.batches._MOST_WAITING", 2)
    begun, go = threading.Event(), threading.Event()

    def label(settings, texts):
        begun.set()
        go.wait(60)
        return [b"{}" for _ in texts]

    with running(ServedModel(), label) as port, ThreadPoolExecutor(4) as pool:

        def ask(_):
            with Client(port) as client:
                return client.predict(headlines=["a"])[0]

        asked = [pool.submit(ask, 0)]
        assert begun.wait(60)
        asked += [pool.submit(ask, i) for i in (1, 2, 3)]  # of which two may wait
        refused = next(as_completed(asked, timeout=60))
        assert refused.result() == 503
        go.set()
        assert sorted(each.result() for each in asked) == [200, 200, 200, 503]


def test_slow_clients_are_refused_and_nobody_waits_for_them(monkeypatch):
    monkeypatch.setattr("classify.serve.routes._SECONDS_TO_SEND", 0.2)
    monkeypatch.setattr("classify.serve.server._SECONDS_A_REQUEST", 0.5)
    with running(ServedModel()) as port:
        head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
        for sent, received in ((b"", b""), (b"POST /pre", b""), (head, b"HTTP/1.1 408 ")):
            with socket.create_connection(("127.0.0.1", port), timeout=60) as slow:
                slow.sendall(sent)
                with Client(port) as other:
                    assert other.predict(headlines=["Rovers win"])[0] == 200
                assert slow.recv(13) == received


@pytest.mark.parametrize(("host", "port"), [("203.0.113.7", 0), ("no.such.host.invalid", 0)])
def test_an_address_that_cannot_be_had_is_one_sentence(host, port):
    with pytest.raises(ValueError, match=f"{host}, port {port}: .*; expected an address of this machine"):
        server.listen(host, port)


def test_a_port_in_use_is_one_sentence():
    with server.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ValueError, match=f"port {port}: .*in use; expected .* choose others with --host and --port"
        ):
            server.listen("127.0.0.1", port)


def test_a_request_error_is_a_value_error():
    assert isinstance(RequestError(400, "a"), ValueError)
