"""The dashboard in a real browser, with a simulator behind it: what a person sees and does."""

import hashlib
import http.client
import random
import re
import signal

import pytest
from selenium.webdriver.common.keys import Keys

import messages
from browser import ARTIFACTS, Browser, DashboardSimulator
from harness import until
from peer import closed_port
from programs import AiocoapServer


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def shared_dashboard():
    simulator = DashboardSimulator("--sensor-interval", "0.2", "--log-size", 100_000)
    yield simulator
    assert simulator.stop() == 0, f"not ended in order: {simulator}"


@pytest.fixture
def dashboard(shared_dashboard, browser):
    """The page, connected; whatever a test did, the simulator must go on serving."""
    browser.open(shared_dashboard.page)
    browser.wait_until_connected()
    until(lambda: browser.element("#led").is_enabled(), what="the LED's state")
    yield shared_dashboard
    shared_dashboard.assert_serving()


def test_charts_move(dashboard, browser):
    chart = '[data-path="sensors/temperature"]'
    until(lambda: browser.driver.find_elements("css selector", chart), what="the chart")
    line = f"{chart} path.line"
    until(lambda: browser.attribute(line, "d"), what="its first line")
    before, values = browser.attribute(line, "d"), int(browser.attribute(chart, "data-count"))
    until(lambda: int(browser.attribute(chart, "data-count")) >= values + 3, what="three more values")
    assert browser.attribute(line, "d") != before
    assert browser.text(f"{chart} .tag") == "observed"
    assert re.fullmatch(r"\d+\.\d", browser.text(f"{chart} .big"))


def test_led_is_switched_and_the_simulator_says_so(dashboard, browser):
    was_on = browser.attribute("#led", "aria-checked") == "true"
    browser.click("#led")
    browser.wait_for("#led-state", "Off" if was_on else "On")
    wanted = "0" if was_on else "1"
    dashboard.wait_for_line(rf'PUT .*Uri-Path=led .*"{wanted}"', on="stderr")
    with dashboard.connect() as peer:
        assert peer.exchange(messages.get("/actuators/led")).payload == wanted.encode()


def test_led_of_another_client_shows_in_the_page(dashboard, browser):
    other = "0" if browser.attribute("#led", "aria-checked") == "true" else "1"
    browser.run("await window.board.put('actuators/led', given[0], { format: 0 });", other)
    browser.wait_for("#led-state", "On" if other == "1" else "Off")


def test_led_by_keyboard(dashboard, browser):
    was = browser.attribute("#led", "aria-checked")
    browser.driver.execute_script("document.activeElement.blur(); window.scrollTo(0, 0)")
    for _ in range(12):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        if browser.driver.switch_to.active_element.get_attribute("id") == "led":
            break
    assert browser.driver.switch_to.active_element.get_attribute("id") == "led", "Tab does not reach it"
    browser.driver.switch_to.active_element.send_keys(Keys.SPACE)
    until(lambda: browser.attribute("#led", "aria-checked") != was, what="the other state")


def test_every_control_has_a_name(dashboard, browser):
    nameless = browser.driver.execute_script(
        "return [...document.querySelectorAll('button, input, summary, progress')].filter((element) =>"
        " !(element.textContent.trim() || element.labels?.length || element.getAttribute('aria-label')"
        " || element.getAttribute('aria-labelledby'))).map((element) => element.outerHTML)"
    )
    assert nameless == []


def upload(browser, file, content: bytes) -> None:
    file.write_bytes(content)
    browser.element("#image").send_keys(str(file))
    until(lambda: browser.element("#send").is_enabled(), what="the button")
    browser.click("#send")


@pytest.mark.rows("W-08")
def test_firmware_of_a_mebibyte(dashboard, browser, tmp_path):
    image = random.Random(6).randbytes(1 << 20)
    digest = hashlib.sha256(image).hexdigest()
    upload(browser, tmp_path / "image.bin", image)
    browser.wait_for("#verdict", "both digests are equal", within=30)
    assert browser.text("#digest-here") == browser.text("#digest-there") == digest
    assert browser.element("#progress").get_property("value") == 1
    dashboard.wait_for_line(f"firmware: 1048576 bytes, SHA-256 {digest}", on="stderr")


def test_page_that_closes_in_mid_upload(dashboard, browser, tmp_path):
    driver = browser.driver
    first = driver.current_window_handle
    driver.switch_to.new_window("tab")
    try:
        browser.open(dashboard.page)
        browser.wait_until_connected()
        upload(browser, tmp_path / "large.bin", bytes(4 << 20))
        until(lambda: browser.element("#progress").get_property("value") > 0.05, what="progress")
        assert browser.element("#progress").get_property("value") < 1
    finally:
        driver.close()
        driver.switch_to.window(first)
    dashboard.wait_for_line(r"closed, .*", on="stderr")
    dashboard.assert_serving()
    # The place of the upload is free again.
    upload(browser, tmp_path / "small.bin", b"image" * 4000)
    browser.wait_for("#verdict", "both digests are equal", within=20)


@pytest.mark.rows("W-11")
def test_board_reads_what_the_page_offers(dashboard, browser):
    before = dashboard.stderr.count("its clock says")
    until(lambda: dashboard.stderr.count("its clock says") > before, what="the clock in the log")
    browser.wait_for("#reads-clock", "the board has asked")
    note = browser.element("#note")
    note.clear()
    note.send_keys("Grüße")
    browser.wait_for("#peers", "Grüße")
    with dashboard.connect() as peer:
        answer = peer.exchange(messages.get("/peers/browser"))
        assert "Grüße" in answer.payload.decode()
        assert re.search(r"clock \d{4}-\d\d-\d\dT", answer.payload.decode())


def test_other_peers_are_not_asked(dashboard):
    with dashboard.connect() as peer:
        assert peer.exchange(messages.get("/actuators/led")).dotted == "2.05"
        # The next message is the answer to this Ping, and no request.
        peer.send(messages.ping(b"x"))
        assert peer.receive().dotted == "7.03"


def test_resources_are_listed_and_read(dashboard, browser):
    until(lambda: browser.driver.find_elements("css selector", "#tree .leaf"), what="the tree")
    names = [element.text for element in browser.driver.find_elements("css selector", "#tree .leaf button")]
    assert {"temperature", "humidity", "led", "firmware", "status", "log"} <= set(names)
    browser.click('#tree button[title="GET /log"]')
    browser.wait_for("#answer", "2.05, 100000 bytes")


def test_messages_unfold_to_their_bytes(dashboard, browser):
    browser.click("#clear")
    browser.click('#tree button[title="GET /time"]')
    until(lambda: "/time" in browser.text("#log"), what="the request in the log")
    browser.click("#pause")
    summary = next(
        element for element in browser.driver.find_elements("css selector", "#log .sent summary")
        if "GET" in element.text and "/time" in element.text
    )
    summary.send_keys(Keys.ENTER)
    details = summary.find_element("xpath", "..")
    until(lambda: "Uri-Path" in details.text, what="the options")
    shown = details.find_element("css selector", ".dump").text
    message = bytes.fromhex("".join(line[6:53] for line in shown.splitlines()))
    # Len 0 and a token of four bytes, GET, the token, Uri-Path (RFC 8323 section 4.2).
    assert message[:2] == b"\x04\x01" and message[6:] == b"\xb4time"


def test_connection_facts(dashboard, browser):
    browser.click("#ping")
    browser.wait_for("#ping-time", "ms")
    table = browser.text("#capabilities")
    assert re.search(r"Largest message 33,920 B 8,448 B", table), table
    assert re.search(r"BERT yes yes", table), table


@pytest.mark.parametrize("button, words", [("release", "released by the peer"), ("abort", "aborted by the page")])
def test_ending_from_the_page(dashboard, browser, button, words):
    before = dashboard.stderr.count(words)
    browser.click(f"#{button}")
    until(lambda: dashboard.stderr.count(words) > before, what=words)
    browser.wait_for("#state", "Disconnected")
    browser.click("#connect")
    browser.wait_until_connected()


def test_comes_back_by_itself(browser):
    simulator = DashboardSimulator()
    browser.open(simulator.page)
    browser.wait_until_connected()
    # Without a word to the browser.
    simulator.send_signal(signal.SIGKILL)
    simulator.wait()
    browser.wait_for("#state", "Disconnected")
    again = DashboardSimulator(port=simulator.port)
    try:
        browser.wait_until_connected(within=30)
        until(lambda: browser.element("#led").is_enabled(), what="the LED")
        # In order this time.
        assert again.stop() == 0
        browser.wait_for("#state", "Disconnected")
        assert "released by the board" in browser.text("#detail")
    finally:
        again.kill()


@pytest.mark.rows("K-07", "K-08")
def test_over_tls(browser, credentials, tmp_path):
    simulator = DashboardSimulator(certified=credentials.server)
    try:
        browser.open(simulator.page)
        assert browser.driver.execute_script("return location.protocol") == "https:"
        browser.wait_until_connected()
        until(lambda: browser.element("#led").is_enabled(), what="the LED's state")
        image = random.Random(7).randbytes(300_000)
        upload(browser, tmp_path / "image.bin", image)
        browser.wait_for("#verdict", "both digests are equal", within=30)
        simulator.wait_for_line(f"SHA-256 {hashlib.sha256(image).hexdigest()}", on="stderr")
    finally:
        assert simulator.stop() == 0


@pytest.mark.slow
def test_port_check(dashboard, browser):
    results = browser.run(
        "return (await import('/check.js')).check(given[0], given[1]);",
        f"coap+ws://127.0.0.1:{dashboard.port}", f"coap+ws://127.0.0.1:{closed_port()}",
    )
    assert len(results) == 14
    assert [result for result in results if result["fault"]] == []


def test_with_aiocoap(dashboard, browser):
    with AiocoapServer(web_socket=True) as server:
        found = browser.run(
            "const { connect } = await import('/coap.js');"
            "const connection = await connect(given[0]); await connection.opened;"
            "const response = await connection.get('.well-known/core');"
            "const missing = await connection.get('nothing');"
            "connection.release(); const { reason } = await connection.closed;"
            "return [response.status, response.text(), missing.status, reason];",
            f"coap+ws://127.0.0.1:{server.address[1]}",
        )
    assert found[0] == "2.05" and "</" in found[1]
    assert found[2] == "4.04"


def test_nothing_comes_from_elsewhere(dashboard, browser):
    addresses = browser.driver.execute_script(
        "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    )
    assert addresses and all(address.startswith(dashboard.page) for address in addresses)
    assert [line for line in browser.complaints() if "ERR_" not in line and "WebSocket" not in line] == []


@pytest.mark.parametrize("path, status, kind", [
    ("/", 200, "text/html; charset=utf-8"), ("/app.js", 200, "text/javascript; charset=utf-8"),
    ("/coap.wasm", 200, "application/wasm"), ("/style.css?v=1", 200, "text/css; charset=utf-8"),
    ("/../../Package.swift", 404, None), ("/nothing", 404, None), ("/.well-known/coap", 400, None),
])
def test_files_over_http(shared_dashboard, path, status, kind):
    connection = http.client.HTTPConnection("127.0.0.1", shared_dashboard.port, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == status
    if kind:
        assert answer.headers["Content-Type"] == kind and len(body) == int(answer.headers["Content-Length"])


def test_browsers_that_only_connect_hold_up_nobody(shared_dashboard):
    silent = [http.client.HTTPConnection("127.0.0.1", shared_dashboard.port, timeout=5) for _ in range(60)]
    for connection in silent:
        connection.connect()
    test_files_over_http(shared_dashboard, "/", 200, "text/html; charset=utf-8")
    for connection in silent:
        connection.close()
    shared_dashboard.assert_serving()


def test_page_that_is_left_says_so(dashboard, browser):
    before = dashboard.stderr.count("closed, released by the peer")
    # Whether the browser keeps the page or not.
    browser.open("about:blank")
    until(lambda: dashboard.stderr.count("closed, released by the peer") > before, what="Release")


def test_pages_of_others_are_refused(shared_dashboard, browser):
    other = DashboardSimulator()
    try:
        browser.open(other.page)
        browser.wait_until_connected()
        reason = browser.run(
            "const { connect } = await import('/coap.js');"
            "const connection = await connect(given[0]); return (await connection.closed).reason;",
            f"coap+ws://127.0.0.1:{shared_dashboard.port}",
        )
        assert reason == "no connection to the board"
    finally:
        assert other.stop() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_screenshots(dashboard, browser, width, scheme):
    try:
        browser.emulate(width, scheme)
        until(lambda: browser.driver.find_elements("css selector", "#tree .leaf"), what="the tree")
        chart = '[data-path="sensors/temperature"]'
        until(lambda: int(browser.attribute(chart, "data-count") or 0) > 10, what="ten values")
        height = browser.driver.execute_script("return document.documentElement.scrollHeight")
        assert browser.driver.execute_script("return document.documentElement.scrollWidth") == width
        browser.emulate(width, scheme, height)
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        assert browser.driver.save_screenshot(str(ARTIFACTS / f"dashboard-{scheme}-{width}.png"))
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
