"""How far a transfer is: a bar on a terminal, which is left clean, and nothing where there is none."""

import contextlib
import re
import time

import pytest

import messages
from messages import BLOCK1, BLOCK2, SIZE2, block, block_of, response
from peer import ConnectionEnded, FakeServer
from programs import start_coap
from terminal import TerminalProcess

BLOCKS = 40


@contextlib.contextmanager
def terminal(method, *arguments, **options):
    with FakeServer() as server, TerminalProcess(method, server.uri("/x"), *arguments, **options) as process:
        with server.accept() as peer:
            peer.handshake()
            yield peer, process


def serve_slowly(peer, blocks=BLOCKS, size=True, pause=0.02):
    """Gives blocks of 1024 bytes one after the other; takes about a second in all."""
    for number in range(blocks):
        request = peer.receive()
        time.sleep(pause)
        options = [(BLOCK2, block(number, number + 1 < BLOCKS, 6))]
        if size:
            options.append((SIZE2, (BLOCKS * 1024).to_bytes(2, "big")))
        peer.send(response(request, "2.05", b"s" * 1024, *options))


def end(peer):
    """Takes the Release; a request for the next block may have been on its way."""
    with contextlib.suppress(ConnectionEnded):
        while (message := peer.receive()).code != messages.RELEASE:
            assert message.code == messages.GET, str(message)
    peer.close()


def test_a_download_shows_bar_size_rate_and_time_left(tmp_path):
    with terminal("get", "-o", tmp_path / "file") as (peer, process):
        serve_slowly(peer)
        end(peer)
        assert process.finish() == 0, process.text
    shown = process.text.replace("\x1b[32m", "").replace("\x1b[0m", "")
    assert re.search(
        r"receiving  \[#+\.+\]   ?\d+%  [\d.]+ (KiB|bytes) of 40\.0 KiB  [\d.]+ KiB/s  0:0\d left", shown
    ), repr(shown)
    assert "\x1b[32m" in process.text, "no colour on a terminal"
    lines = [line for line in process.screen if line]
    assert len(lines) == 1, f"the bar was left behind: {lines}"
    assert re.fullmatch(r"received 40\.0 KiB in \d+\.\d s \([\d.]+ KiB/s\)", lines[0]), lines


def test_a_download_of_unknown_size_shows_how_much_has_come(tmp_path):
    with terminal("get", "-o", tmp_path / "file") as (peer, process):
        serve_slowly(peer, size=False)
        end(peer)
        assert process.finish() == 0, process.text
    assert re.search(r"receiving  [\d.]+ KiB  [\d.]+ KiB/s", process.text), repr(process.text)


def test_an_upload_shows_its_bar(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(bytes(BLOCKS * 1024))
    with terminal("put", "--file", source, "--block-size", "1024") as (peer, process):
        for number in range(BLOCKS):
            request = peer.receive()
            time.sleep(0.02)
            value = request.values(BLOCK1)[0]
            peer.send(response(request, "2.31" if number + 1 < BLOCKS else "2.04", b"", (BLOCK1, value)))
        end(peer)
        assert process.finish() == 0, process.text
    assert re.search(r"sending  \[.*#.*\]   ?\d+%", process.text), repr(process.text)
    assert re.fullmatch(r"sent 40\.0 KiB in .*", process.screen[0]), process.screen


def test_no_colour_where_none_is_wanted_and_nothing_on_a_dumb_terminal(tmp_path):
    with terminal("get", "-o", tmp_path / "file", environment={"NO_COLOR": "1"}) as (peer, process):
        serve_slowly(peer)
        end(peer)
        assert process.finish() == 0, process.text
    assert "receiving" in process.text and "\x1b[32m" not in process.text
    with terminal("get", "-o", tmp_path / "file", environment={"TERM": "dumb"}) as (peer, process):
        serve_slowly(peer)
        end(peer)
        assert process.finish() == 0, process.text
    assert process.text == ""


@pytest.mark.parametrize("columns", [20, 40])
def test_a_narrow_terminal_is_never_wrapped(tmp_path, columns):
    with terminal("get", "-o", tmp_path / "file", columns=columns) as (peer, process):
        serve_slowly(peer)
        end(peer)
        assert process.finish() == 0, process.text
    drawn = re.findall(r"\r([^\r\n\x1b]+)\x1b\[K", process.text)
    assert drawn and all(len(line) < columns for line in drawn), drawn


def test_a_body_is_printed_below_a_clean_line():
    with terminal("get", both=True) as (peer, process):
        serve_slowly(peer)
        end(peer)
        assert process.finish() == 0, process.text
    assert process.screen[0].startswith("received") and process.screen[1] == "s" * (BLOCKS * 1024)


def test_ctrl_c_leaves_the_terminal_clean_and_no_file(tmp_path):
    with terminal("get", "-o", tmp_path / "file") as (peer, process):
        serve_slowly(peer, blocks=20)
        process.wait_for("receiving")
        process.interrupt()
        end(peer)
        assert process.finish() == 130, process.text
    assert [line for line in process.screen if line] == ["coap: interrupted"]
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_the_terminal_clean_and_no_file(tmp_path):
    with terminal("get", "-o", tmp_path / "file") as (peer, process):
        serve_slowly(peer, blocks=20)
        process.wait_for("receiving")
        peer.reset()
        assert process.finish() == 1, process.text
    lines = [line for line in process.screen if line]
    assert len(lines) == 1 and lines[0].startswith("coap: "), lines
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_there_is_nothing(tmp_path):
    with FakeServer() as server:
        process = start_coap("get", server.uri("/x"), "-o", tmp_path / "file")
        with server.accept() as peer:
            peer.handshake()
            serve_slowly(peer)
            end(peer)
            assert process.wait() == 0, str(process)
    assert process.stderr == "" and process.stdout == ""
