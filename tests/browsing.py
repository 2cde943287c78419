"""A browser for the tests of pages, and someone who looks at a page in it.

Needs Chromium with its driver (Debian: ``apt-get install chromium chromium-driver``) and Selenium
(``pip install 'classify-headlines[browser]'``); ``make test-browser`` runs this group alone.
"""

from __future__ import annotations

import json
import shutil

import pytest
from simulated import section_numbers, story_numbers

from classify.report import write_index, write_report

ROW = "#headlines tbody tr"


def find_browser():
    """Return the paths of Chromium and its driver, or skip."""
    pytest.importorskip("selenium", reason="no Selenium: pip install 'classify-headlines[browser]'")
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("no Chromium with its driver: apt-get install chromium chromium-driver")
    return browser, driver


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    browser, driver = find_browser()
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in (
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "disable-dev-shm-usage",
        "hide-scrollbars",
        f"user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)) as running:
        yield running


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    folder = tmp_path_factory.getbasetemp() / "pages"
    for k, n in ((4, 1500), (41, 3000)):
        if not (folder / f"sections{k}").exists():  # by the other file of tests
            write_report(section_numbers(k, n), folder / f"sections{k}")
    write_report(story_numbers(), folder / "stories")
    return {
        "four": folder / "sections4" / "report.html",
        "many": folder / "sections41" / "report.html",
        "stories": folder / "stories" / "report.html",
        "index": write_index(folder),
    }


class Reader:
    """Someone who looks at a page: a file, or an address."""

    def __init__(self, driver, path, width=1400, dark=False, script=True):
        self.driver = driver
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": scheme})
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not script})
        driver.get_log("browser")
        driver.get_log("performance")
        driver.get(path if isinstance(path, str) else path.as_uri())
        if script:  # that it has run by then is not certain when a large page follows another
            driver.execute_async_script(
                "const look = () => document.readyState === 'complete' ? arguments[0]() : requestAnimationFrame(look);"
                "look();"
            )

    def run(self, script, *values):
        return self.driver.execute_script(f"return {script}", *values)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def one(self, selector):
        return self.driver.find_element("css selector", selector)

    def texts(self, selector):
        script = "[...document.querySelectorAll(arguments[0])].map(e => e.textContent)"
        return self.run(script, selector)

    def choose(self, name, value):
        self.driver.execute_script(
            "const f = document.getElementById('filters').elements[arguments[0]];"
            "f.value = arguments[1];"
            "f.dispatchEvent(new Event('input', {bubbles: true}))",
            name,
            value,
        )

    def columns(self):
        """Return the rows of the table as (true, predicted, per cent)."""
        cells = self.run(
            "[...document.querySelectorAll('#headlines tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
        )
        return [(true, answer, float(chance.split("\u00a0")[0])) for _, true, answer, chance in cells]

    @property
    def status(self):
        return self.one("#status").text

    def requests(self):
        """Return the addresses that the page asked for, its own file left out."""
        log = self.driver.get_log("performance")
        events = [json.loads(entry["message"])["message"] for entry in log]
        sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [s["request"]["url"] for s in sent if not s["request"]["url"].startswith("data:")]
