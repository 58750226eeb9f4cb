"""What the README shows: its example, its two commands' lines, its tables."""

import re

from harness import REPOSITORY, Process
from programs import coap, simulator_binary

README = (REPOSITORY / "README.md").read_text()
EXAMPLE = (REPOSITORY / "Boards/linux/example/main.swift").read_text()


def test_the_example_is_the_code_that_is_built():
    shown = re.search(r"```swift\n(.*?)```", README, re.DOTALL)[1]
    for line in filter(str.strip, shown.splitlines()):
        assert line in EXAMPLE.splitlines(), f"not in Boards/linux/example/main.swift: {line}"


def test_the_example_serves():
    device = Process(["stdbuf", "-oL", simulator_binary().with_name("example")])
    uri = device.wait_for_line(r"^coap put (coap\+tcp://\S+) --payload 1$")[1]
    assert coap("put", uri, "--payload", "1").code == 0
    assert coap("get", uri).stdout == "1"
    assert coap("put", uri, "--payload", "2").code == 4
    device.stop()


def test_every_test_that_the_readme_names_exists():
    for path in re.findall(r"`((?:Tests|Boards|toolchain|Benchmarks|Sources)/[\w./-]+)`", README):
        assert (REPOSITORY / path).exists(), f"{path} is named in README.md and does not exist"
