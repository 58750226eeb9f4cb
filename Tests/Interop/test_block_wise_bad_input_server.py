"""Bodies that come wrong: each gets the code that the rules give, others are served, and nothing stays behind."""

import pytest

import messages
from block_transfers import (
    BERT, BLOCK1, BLOCK2, REQUEST_TAG, block, complete, download, firmware_status, get_block, image,
    log_text, put_block, read_block, unit, upload,
)
from harness import until
from programs import Simulator
from wire import uint

BODY = image(20_000)
LARGEST, ASSEMBLY = 100_000, 16_384
SIZE1 = messages.SIZE1


@pytest.fixture(scope="module")
def strict():
    """Takes images up to 100,000 bytes, and puts bodies together up to 16 KiB."""
    simulator = Simulator(
        "--max-firmware-size", LARGEST, "--body-memory", ASSEMBLY, "--log-size", 50_000
    )
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, f"not ended in order: {simulator}"


@pytest.fixture
def peer(strict):
    """After the test a body goes up on the same connection: nothing is left of the wrong one."""
    with strict.connect() as peer, strict.connect() as other:
        yield peer
        assert other.exchange(messages.get("/actuators/led")).dotted == "2.05"
        assert upload(peer, "/firmware", BODY).dotted in ("2.01", "2.04")
        assert firmware_status(strict) == complete(BODY)
        answer = upload(peer, "/echo", BODY[:5000], method=messages.POST)
        assert (answer.dotted, answer.payload) == ("2.04", BODY[:5000])


def raw(path: str, value: bytes, payload: bytes, method=messages.PUT, **fields):
    extra = ((BLOCK1, value),) + fields.pop("extra", ())
    return messages.request(method, path, payload=payload, extra=extra, **fields)


def post(number: int, **fields):
    return put_block("/echo", BODY[:10_000], number, method=messages.POST, **fields)


def put(number: int, **fields):
    return put_block("/firmware", BODY, number, **fields)


@pytest.mark.rows("BL-08", "BL-09")
@pytest.mark.parametrize("send", [put, post], ids=["streamed", "assembled"])
@pytest.mark.parametrize(
    "order", [[0, 1, 1], [0, 1, 0, 2], [0, 2], [0, 1, 2, 1], [3], [0, 1, 3, 2]],
    ids=lambda order: "-".join(map(str, order)),
)
def test_blocks_that_are_repeated_overlap_or_come_out_of_order_end_the_body(peer, send, order):
    *before, last = order
    answers = [peer.exchange(send(number)).dotted for number in before]
    if order == [0, 1, 3, 2]:
        assert answers == ["2.31", "2.31", "4.08"]
    else:
        assert set(answers) <= {"2.31"}, answers
    assert peer.exchange(send(last)).dotted == "4.08"


@pytest.mark.rows("BL-08")
@pytest.mark.parametrize("send", [put, post], ids=["streamed", "assembled"])
def test_a_last_block_alone_is_incomplete(peer, send):
    assert peer.exchange(send(19 if send is put else 9)).dotted == "4.08"


def test_blocks_that_overlap_because_their_size_grew_end_the_body(peer):
    assert peer.exchange(put(0, szx=6)).dotted == "2.31"
    assert peer.exchange(put(1, szx=5)).dotted == "4.08"


@pytest.mark.rows("BL-13")
@pytest.mark.parametrize("send", [put, post], ids=["streamed", "assembled"])
def test_block_0_again_begins_the_body_anew(peer, send):
    for number in [0, 1, 2, 0, 0, 1, 2]:
        assert peer.exchange(send(number)).dotted == "2.31"


@pytest.mark.parametrize("szx", [0, 6, BERT])
def test_endless_blocks_end_at_what_the_resource_takes(peer, szx):
    count = 8 if szx == BERT else 1
    payload = bytes(unit(szx) * count)
    for number in range(0, 1 << 20, count):
        answer = peer.exchange(raw("/firmware", block(number, more=True, szx=szx), payload))
        if answer.dotted != "2.31":
            break
    assert answer.dotted == "4.13" and answer.uint(SIZE1) == LARGEST, str(answer)
    assert number * unit(szx) + len(payload) > LARGEST


def test_endless_blocks_end_at_what_the_memory_takes(peer):
    for number in range(1 << 20):
        answer = peer.exchange(
            raw("/echo", block(number, more=True), bytes(1024), method=messages.POST)
        )
        if answer.dotted != "2.31":
            break
    assert answer.dotted == "4.13" and answer.uint(SIZE1) == ASSEMBLY, str(answer)
    assert number == ASSEMBLY // 1024


@pytest.mark.parametrize("size", [LARGEST + 1, 1 << 31, 0xffff_ffff])
def test_a_body_that_is_announced_too_large_is_refused_at_once(peer, size):
    answer = peer.exchange(put(0, extra=((SIZE1, uint(size)),)))
    assert answer.dotted == "4.13" and answer.uint(SIZE1) == LARGEST, str(answer)


@pytest.mark.rows("BL-18")
@pytest.mark.parametrize("size", [0, 1, 1024, 19_999, 99_999])
def test_size1_that_lies_ends_nothing(strict, peer, size):
    extra = ((SIZE1, uint(size)),)
    assert upload(peer, "/firmware", BODY, extra=extra).dotted in ("2.01", "2.04")
    assert firmware_status(strict) == complete(BODY)


@pytest.mark.parametrize("szx", [0, 6, BERT])
def test_the_largest_block_number_is_not_the_next_one(peer, szx):
    last = (1 << 20) - 1
    for more in [False, True]:
        answer = peer.exchange(raw("/firmware", block(last, more=more, szx=szx), bytes(unit(szx))))
        assert answer.dotted == "4.08", str(answer)
    assert peer.exchange(get_block("/log", last, szx=szx)).dotted == "4.00"


@pytest.mark.rows("BL-02")
@pytest.mark.parametrize("option", [BLOCK1, BLOCK2])
@pytest.mark.parametrize("values", [[b"\x01\x00\x00\x06"], [b"\x06", b"\x06"]], ids=["four bytes", "twice"])
def test_a_block_option_that_is_none_is_a_bad_option(peer, option, values):
    extra = tuple((option, value) for value in values)
    method, path = (messages.PUT, "/firmware") if option == BLOCK1 else (messages.GET, "/log")
    answer = peer.exchange(messages.request(method, path, payload=bytes(16), extra=extra))
    assert answer.dotted == "4.02", str(answer)


@pytest.mark.rows("BL-03", "B-06")
@pytest.mark.parametrize("path, method", [("/firmware", messages.PUT), ("/echo", messages.POST)])
@pytest.mark.parametrize(
    "szx, size", [(6, 1000), (6, 0), (6, 1025), (0, 17), (BERT, 0), (BERT, 1023), (BERT, 1500)]
)
def test_a_block_of_a_wrong_length_is_a_bad_request(peer, path, method, szx, size):
    answer = peer.exchange(raw(path, block(0, more=True, szx=szx), bytes(size), method=method))
    assert answer.dotted == "4.00", str(answer)


@pytest.mark.rows("BL-10")
@pytest.mark.parametrize("send", [put, post], ids=["streamed", "assembled"])
def test_blocks_of_different_formats_are_no_body(peer, send):
    assert peer.exchange(send(0, content_format=42)).dotted == "2.31"
    assert peer.exchange(send(1)).dotted == "4.08"


@pytest.mark.rows("E-05")
def test_blocks_with_different_request_tags_are_different_bodies(peer):
    one, two = ((REQUEST_TAG, b"1"),), ((REQUEST_TAG, b"2"),)
    assert peer.exchange(post(0, extra=one)).dotted == "2.31"
    assert peer.exchange(post(1, extra=two)).dotted == "4.08"
    # There is memory for one: the other has to wait.
    assert peer.exchange(post(0, extra=two)).dotted == "5.03"
    answer = [peer.exchange(post(number, extra=one)) for number in range(1, 10)][-1]
    assert answer.payload == BODY[:10_000]


@pytest.mark.rows("B-12")
def test_bert_is_a_bad_request_for_a_server_that_did_not_announce_it(start_simulator):
    simulator = start_simulator("--max-message-size", 1152)
    with simulator.connect() as peer:
        answer = peer.exchange(raw("/firmware", block(0, more=True, szx=BERT), bytes(1024)))
        assert answer.dotted == "4.00", str(answer)
        assert peer.exchange(get_block("/log", 0, szx=BERT)).dotted == "4.00"
        assert upload(peer, "/firmware", BODY).dotted == "2.01"


def test_a_peer_that_takes_less_in_mid_transfer_gets_smaller_blocks(strict):
    with strict.connect() as peer:
        body, limit = b"", iter([1152, 600, 100, 64, 40])
        first = peer.exchange(get_block("/log", 0, szx=BERT))
        assert len(first.payload) > 4096
        body, szx = first.payload, BERT
        while True:
            if (largest := next(limit, None)) is not None:
                peer.send(messages.csm(largest))
                size = largest
            received = peer.bytes_received
            # In the size of the last blocks, as far as a block of it begins here.
            answer = peer.exchange(get_block("/log", len(body) // unit(szx), szx=szx, token=b"t"))
            assert answer.dotted == "2.05", str(answer)
            assert peer.bytes_received - received <= size, f"more than {size}: {answer}"
            number, more, szx = read_block(answer, BLOCK2)
            assert number * unit(szx) == len(body)
            body += answer.payload
            if not more:
                break
        assert body == log_text(50_000)


# What is given up


def test_an_image_whose_sender_vanishes_is_given_up(strict):
    for end in ["reset", "close"]:
        with strict.connect() as peer:
            assert peer.exchange(put(0)).dotted == "2.31"
            assert firmware_status(strict)[0].startswith("receiving")
            getattr(peer, end)()
        until(lambda: not firmware_status(strict)[0].startswith("receiving"), what="the end of the upload")
    with strict.connect() as peer:
        assert upload(peer, "/firmware", BODY).dotted in ("2.01", "2.04")


@pytest.mark.rows("BL-16")
def test_an_image_that_does_not_go_on_is_given_up_in_time(start_simulator):
    simulator = start_simulator("--body-timeout", "0.5")
    with simulator.connect() as peer, simulator.connect() as other:
        assert peer.exchange(put(0)).dotted == "2.31"
        assert other.exchange(put(0)).dotted == "5.03"
        until(lambda: firmware_status(simulator) == ["none"], 5, "the end of the upload")
        assert upload(other, "/firmware", BODY).dotted == "2.01"
        assert peer.exchange(put(1)).dotted == "4.08"


def test_a_large_answer_that_nobody_fetches_is_forgotten_in_time(start_simulator):
    simulator = start_simulator("--body-timeout", "0.5")

    def rest(number: int):
        return messages.request(messages.POST, "/echo", extra=((BLOCK2, block(number)),))

    with simulator.connect(messages.csm(1152)) as peer:
        answer = upload(peer, "/echo", BODY, method=messages.POST)
        assert read_block(answer, BLOCK2)[:2] == (0, True), str(answer)
        assert peer.exchange(rest(1)).payload == BODY[1024:2048]
        until(lambda: peer.exchange(rest(2)).dotted == "4.08", 5, "the end of the answer", every=1)


def test_two_hundred_uploads_that_are_cut_leave_nothing_behind(start_simulator):
    simulator = start_simulator("--connections", 4)
    settled = None
    for round in range(200):
        with simulator.connect() as peer:
            until(lambda: peer.exchange(put(0)).dotted == "2.31", 2, "a free place for an image")
            peer.exchange(post(0))
            peer.send(put(1), post(1), get_block("/log", 1), b"\xff")
            peer.reset()
        if round == 20:
            settled = simulator.resident_kilobytes
    assert simulator.resident_kilobytes - settled < 1024, "memory grows"
    until(lambda: firmware_status(simulator) == ["none"], what="the end of the last upload")
    with simulator.connect() as peer:
        assert upload(peer, "/firmware", BODY).dotted == "2.01"
        assert download(peer, "/log") == log_text(8192)
