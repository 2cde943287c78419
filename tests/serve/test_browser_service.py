"""The page of the service in a real browser: by mouse, by keyboard alone, narrow, dark, with hostile headlines."""

# ruff: noqa: F811
# chromium is a fixture.
from __future__ import annotations

import pytest
from browsing import Reader, chromium  # noqa: F401
from serving import running
from simulated import HOSTILE

from classify.serve import ServedModel

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LINES = ["Late goal sends Rovers top", "MPs vote on budget", "Rain"]


@pytest.fixture
def page(chromium, service):
    return Reader(chromium, f"http://127.0.0.1:{service}/")


def wait(page, beginning):
    """Wait until the status begins with a text."""
    page.driver.execute_async_script(
        "const done = arguments[1], look = () => document.getElementById('said').textContent.startsWith(arguments[0])"
        " ? done() : requestAnimationFrame(look); look();",
        beginning,
    )


def answers(page):
    return page.texts("#answers .answer")


def focused(page):
    return page.run("document.activeElement.id || document.activeElement.textContent")


def press(page, *keys):
    """Press keys, wherever the focus is."""
    from selenium.webdriver import ActionChains

    actions = ActionChains(page.driver)
    for key in keys:
        actions = actions.send_keys(key)
    actions.perform()


def test_typed_headlines_get_sections_probabilities_and_reasons(page):
    page.one("#headlines").send_keys("\n".join(LINES))
    page.one("button").click()
    wait(page, "3 headlines.")
    assert page.texts("#answers .headline") == LINES
    found = answers(page)
    assert found[0].startswith("sport, 9")
    assert found[1].startswith("politics, ")
    assert page.texts("#answers li:first-child dt")[0] == "sport"
    assert page.texts("#answers li:first-child dt")[3] == "none of them"
    shown = page.texts("#answers li:first-child dd")
    assert shown[0].startswith("9")
    assert len(page.all("#answers li:first-child meter")) == len(shown) == 4
    assert page.texts("#answers .reasons")[0].startswith("Reasons for sport: goal +0.")
    assert page.driver.get_log("browser") == []


def test_the_keyboard_alone(page):
    from selenium.webdriver import ActionChains, Keys

    assert focused(page) == "headlines"
    press(page, "Late goal sends Rovers top", Keys.TAB)
    assert focused(page) == "Label"
    press(page, Keys.ENTER)
    wait(page, "1 headline.")
    press(page, Keys.TAB)
    assert focused(page) == "budget"
    press(page, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert page.run("document.getElementById('budget').value") == "0.05"
    ActionChains(page.driver).key_down(Keys.SHIFT).send_keys(Keys.TAB, Keys.TAB).key_up(Keys.SHIFT).perform()
    assert focused(page) == "headlines"
    press(page, Keys.END, Keys.ENTER, "Rain")
    ActionChains(page.driver).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
    wait(page, "2 headlines")
    assert page.texts("#answers .headline") == ["Late goal sends Rovers top", "Rain"]
    assert page.run("document.querySelector('[role=status]').textContent").startswith("2 headlines")


def test_an_error_budget_leaves_headlines_without_a_section(page):
    page.one("#headlines").send_keys("Rain")
    page.one("button").click()
    wait(page, "1 headline.")
    page.one("#budget option[value='0.02']").click()
    page.one("button").click()
    wait(page, "1 headline, 1 without")
    assert answers(page) == ["no section"]


def test_nothing_to_label_is_said(page):
    page.one("button").click()
    wait(page, "There are no headlines yet")
    assert focused(page) == "headlines"


def test_hostile_and_right_to_left_headlines_are_text(page):
    lines = [*HOSTILE, "فاز الفريق بالكأس", "{{ 7 * 7 }}"]
    page.run("document.getElementById('headlines').value = arguments[0]", "\r\n".join(lines))
    page.one("button").click()
    wait(page, f"{len(lines)} headlines")
    assert page.texts("#answers .headline") == lines
    assert page.run("window.hacked === undefined")
    assert page.run("getComputedStyle(document.querySelectorAll('.headline')[3]).direction") == "rtl"


def test_more_headlines_than_one_request_may_have(page):
    lines = [f"Rovers win {i}" for i in range(1234)]
    page.run("document.getElementById('headlines').value = arguments[0]", "\n".join(lines))
    page.one("button").click()
    wait(page, "1234 headlines")
    assert page.texts("#answers .headline") == lines


def test_only_the_service_is_asked(page, service):
    page.one("#headlines").send_keys("Rain")
    page.one("button").click()
    wait(page, "1 headline")
    asked = page.requests()
    assert set(asked) == {f"http://127.0.0.1:{service}/{name}" for name in ("", "predict")}


def test_the_policy_lets_no_other_script_run(page):
    page.driver.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.hacked = true'; document.body.append(s)"
    )
    assert page.run("window.hacked === undefined")
    assert "Content Security Policy" in page.driver.get_log("browser")[0]["message"]


def test_a_service_that_has_ended_is_said(chromium):
    with running(ServedModel()) as port:
        page = Reader(chromium, f"http://127.0.0.1:{port}/")
    page.one("#headlines").send_keys("Rain")
    page.one("button").click()
    wait(page, "The service does not answer")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
def test_nothing_is_cut_and_all_can_be_read(chromium, service, width, dark):
    page = Reader(chromium, f"http://127.0.0.1:{service}/", width, dark)
    page.one("#headlines").send_keys("\n".join([*LINES, "Donaudampfschifffahrtsgesellschaft" * 9]))
    page.one("button").click()
    wait(page, "4 headlines")
    assert page.run("document.documentElement.scrollWidth") <= width
    contrasts = page.run(
        """(() => {
            const light = (colour) => {
                const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
                    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
            };
            const paper = (e) => {
                const colour = getComputedStyle(e).backgroundColor;
                return colour === 'rgba(0, 0, 0, 0)' ? paper(e.parentElement) : colour;
            };
            const texts = 'h1, label, button, select, textarea, .note, .headline, .answer, dt, dd, .reasons, #said';
            return [...document.querySelectorAll(texts)].map((e) => {
                const [a, b] = [light(getComputedStyle(e).color), light(paper(e))].sort((x, y) => y - x);
                return [(a + 0.05) / (b + 0.05), e.textContent];
            });
        })()"""
    )
    assert len(contrasts) > 20
    assert min(contrasts)[0] >= 4.5
