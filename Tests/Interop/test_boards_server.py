"""Bodies in blocks, observations and the lock on the microcontroller boards in QEMU, with the memory that they have."""

import messages
from block_transfers import (
    OBSERVE, complete, download, firmware_status, image, log_text, observe, put_block, sha256, upload,
)
from programs import libcoap_client
# The fixtures, and that the tests are slow.
from test_boards import board, psk_file, pytestmark, shared_board

TEMPERATURE, LAMP = "/sensors/temperature", "/actuators/led"


def test_an_image_of_ten_times_the_memory_goes_up(board):
    body = image(640_000, seed=1)
    with board.connect() as peer:
        answer = upload(peer, f"/firmware?sha256={sha256(body)}", body)
        assert answer.dotted in ("2.01", "2.04"), str(answer)
    assert firmware_status(board) == complete(body)


def test_libcoap_sends_an_image(board, tmp_path):
    body = image(100_000, seed=2)
    (tmp_path / "image").write_bytes(body)
    answer = libcoap_client("-m", "put", "-t", "42", "-f", tmp_path / "image", board.uri("/firmware"))
    assert firmware_status(board) == complete(body), str(answer)


def test_an_image_that_is_cut_is_given_up(board):
    before = firmware_status(board)
    with board.connect() as peer:
        assert peer.exchange(put_block("/firmware", image(5000), 0)).dotted == "2.31"
        peer.reset()
    with board.connect() as peer:
        assert upload(peer, "/firmware", image(5000)).dotted in ("2.01", "2.04")
    assert firmware_status(board) == complete(image(5000)) != before


def test_texts_come_in_blocks(board):
    with board.connect() as peer:
        for szx in [0, 2, 6]:
            assert download(peer, "/log", szx) == log_text(1024)
        assert download(peer, "/.well-known/core", 2).count(b"</") >= 10


def test_a_body_that_there_is_no_memory_for_is_too_large(board):
    with board.connect() as peer:
        answer = peer.exchange(put_block("/echo", image(5000), 0, method=messages.POST))
        assert answer.dotted == "4.13", str(answer)


def test_measurements_and_the_lamp_are_observed(board):
    with board.connect() as watcher, board.connect() as other:
        sensor = observe(TEMPERATURE)
        watcher.send(sensor)
        for _ in range(4):
            note = watcher.receive()
            assert note.token == sensor.token and note.values(OBSERVE) and note.text.endswith(" Cel")
        assert not watcher.exchange(observe(TEMPERATURE, 1, token=sensor.token)).values(OBSERVE)
        state = watcher.exchange(observe(LAMP, token=b"lamp")).payload
        for wanted in [b"10"[state == b"1":][:1], state]:
            assert other.exchange(messages.request(messages.PUT, LAMP, payload=wanted)).dotted == "2.04"
            note = watcher.receive()
            assert (note.token, note.payload) == (b"lamp", wanted)


def test_a_full_table_answers_plainly_and_is_empty_with_the_next_connection(board):
    for _ in range(3):
        with board.connect() as peer:
            found = [peer.exchange(observe(LAMP, token=bytes([n]))) for n in range(6)]
            assert [bool(answer.values(OBSERVE)) for answer in found] == [True] * 4 + [False] * 2
            peer.reset()


def test_libcoap_opens_and_closes_the_lock(board):
    for wanted in ["0", "1"]:
        libcoap_client("-m", "put", "-t", "0", "-e", wanted, board.uri("/actuators/lock"))
        assert libcoap_client(board.uri("/actuators/lock")).stdout.strip() == wanted
