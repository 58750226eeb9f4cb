"""A headless Chromium, and the dashboard in it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from harness import PATIENCE, REPOSITORY, until
from programs import Simulator
from tls_credentials import Certified

PAGE = REPOSITORY / "Boards/browser/.build/page"
ARTIFACTS = REPOSITORY / ".build/test-artifacts"


def page_folder() -> Path:
    assert (PAGE / "coap.wasm").is_file(), f"{PAGE} is missing: run toolchain/build browser"
    return PAGE


class DashboardSimulator(Simulator):
    """`simulator serve` with the dashboard; `port` of an earlier one brings it back; over TLS with a certificate."""

    scheme = "coap+ws"

    def __init__(self, *options, port: int = 0, certified: Certified | None = None):
        secure = "s" if certified else ""
        super().__init__(
            "--dashboard", page_folder(), "--log-level", "info", *options,
            *(certified.options if certified else ()),
            listen=(f"coap{secure}+ws://127.0.0.1:{port}", "coap+tcp://127.0.0.1:0"),
        )
        self.port = self.addresses[0][1]
        self.page = f"http{secure}://127.0.0.1:{self.port}/"
        # A raw peer talks to the plain listener.
        self.address = self.addresses[1]


class Browser:
    """One window of Chromium."""

    def __init__(self):
        chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
        assert chromium and driver, "chromium is missing: run toolchain/lib/peers.sh"
        options = Options()
        options.binary_location = chromium
        # As root in a container there is no sandbox and little shared memory.
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                         "--hide-scrollbars"):
            options.add_argument(argument)
        # The tests' own authority is not in the browser's list.
        options.accept_insecure_certs = True
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(driver))
        self.driver.set_script_timeout(60)

    def close(self) -> None:
        self.driver.quit()

    def open(self, page: str) -> None:
        self.driver.get(page)

    def element(self, selector: str):
        return self.driver.find_element("css selector", selector)

    def text(self, selector: str) -> str:
        return self.element(selector).text

    def attribute(self, selector: str, name: str) -> str | None:
        return self.element(selector).get_attribute(name)

    def click(self, selector: str) -> None:
        # Where it is, even under the bar at the top.
        element = self.element(selector)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def run(self, script: str, *arguments):
        """The result of the body of an asynchronous function, in the page."""
        found = self.driver.execute_async_script(
            "const [done, ...rest] = [arguments[arguments.length - 1], ...Array.from(arguments).slice(0, -1)];"
            f"(async (...given) => {{ {script} }})(...rest)"
            ".then((value) => done({ value }), (error) => done({ error: String(error) }));",
            *arguments,
        )
        assert "error" not in found, found["error"]
        return found.get("value")

    def wait_for(self, selector: str, text: str, within: float = PATIENCE) -> str:
        """Until the element shows the text."""
        try:
            until(lambda: text in self.text(selector), within, f"{text!r} in {selector}", every=0.05)
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows {self.text(selector)!r}") from None
        return self.text(selector)

    def wait_until_connected(self, within: float = PATIENCE) -> None:
        self.wait_for("#state", "Connected", within)

    def emulate(self, width: int, scheme: str, height: int = 900) -> None:
        """A window of this width in this colour scheme."""
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        time.sleep(0.3)

    def complaints(self) -> list[str]:
        """What the browser has written to its console."""
        return [entry["message"] for entry in self.driver.get_log("browser")]
