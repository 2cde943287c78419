"""The body of a request: what it asks, and one sentence where it is wrong."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.serve import Question, RequestError, Settings, parse
from classify.serve.question import MOST_HEADLINES

WRONG = {
    b"": "is not JSON",
    b"{": "is not JSON",
    b"\xff\xfe\xfa": "is not JSON",
    b"[" * 100_000: "is not JSON",
    b'{"headlines": ["a"], "top": ' + b"9" * 5000 + b"}": "is not JSON",
    b"[1]": "the request is a list; expected an object",
    b"null": "the request is null",
    b"{}": "headlines is missing",
    b'{"headlines": null}': "headlines is null",
    b'{"headlines": "Rovers win"}': "headlines is a string; expected a list",
    b'{"headlines": ["a", 1]}': "headline 2 is a number; expected a string",
    b'{"headlines": [["a"]]}': "headline 1 is a list",
    b'{"headlines": [], "tops": 1}': 'the request has "tops"; expected only headlines, top, explain, max_error',
    b'{"headlines": [], "top": 0}': "top is 0; expected a whole number from 1",
    b'{"headlines": [], "top": true}': "top is true",
    b'{"headlines": [], "explain": 1.5}': "explain is 1.5",
    b'{"headlines": [], "explain": "3"}': 'explain is "3"',
    b'{"headlines": [], "max_error": 5}': "max_error is 5; expected a share from 0 to 1",
    b'{"headlines": [], "max_error": NaN}': "max_error is NaN",
    b'{"headlines": [], "max_error": [1]}': "max_error is [1]",
}


@pytest.mark.parametrize("body", WRONG, ids=range(len(WRONG)))
def test_a_wrong_request_is_one_sentence(body):
    with pytest.raises(RequestError) as caught:
        parse(body)
    message = str(caught.value)
    assert WRONG[body] in message
    assert caught.value.status == 400
    assert message.count("; ") >= 2
    assert "\n" not in message
    assert len(message) < 300


def test_more_headlines_than_a_request_may_have():
    body = json.dumps({"headlines": ["a"] * (MOST_HEADLINES + 1)}).encode()
    with pytest.raises(RequestError, match="1001 headlines were sent; expected at most 1000") as caught:
        parse(body)
    assert caught.value.status == 413


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    st.lists(texts | st.none()), st.none() | st.integers(1), st.none() | st.integers(1, 9), st.none() | st.floats(0, 1)
)
def test_what_is_right_is_taken_as_it_is(headlines, top, explain, max_error):
    body = json.dumps({"headlines": headlines, "top": top, "explain": explain, "max_error": max_error})
    expected = Question([each or "" for each in headlines], Settings(top, explain, max_error))
    assert parse(body.encode()) == expected
    assert parse(body.encode("utf-16")) == expected


values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4)


@given(st.dictionaries(st.sampled_from(["headlines", "top", "explain", "max_error", "other"]), values))
def test_any_object_is_a_question_or_one_sentence(asked):
    body = json.dumps(asked).encode()
    try:
        found = parse(body).headlines
    except RequestError as error:
        found = str(error).splitlines()
        sentences = 1
    else:
        sentences = len(asked["headlines"])
    assert len(found) == sentences
    assert all(isinstance(each, str) for each in found)
