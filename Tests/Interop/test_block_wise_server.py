"""Bodies in blocks: libcoap's client, aiocoap and a peer by hand against the simulator (RFC 7959, RFC 8323 section 6)."""

import asyncio

import aiocoap
import pytest

import messages
from block_transfers import (
    BERT, BLOCK1, BLOCK2, ETAG, MEBIBYTE, SIZE2, block, complete, download, firmware_status,
    get_block, image, log_text, put_block, read_block, sha256, unit, upload,
)
from programs import Simulator, libcoap_client
from wire import uint

IMAGE = image()
LOG = log_text(MEBIBYTE)


@pytest.fixture(scope="module")
def large():
    """A simulator whose /log has a mebibyte."""
    simulator = Simulator("--log-size", MEBIBYTE, "--connections", 32)
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, f"not ended in order: {simulator}"


@pytest.fixture(scope="module")
def small():
    """The same, but it announces 1152 bytes: no BERT."""
    simulator = Simulator("--log-size", MEBIBYTE, "--max-message-size", 1152)
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, f"not ended in order: {simulator}"


# libcoap


@pytest.mark.parametrize("options", [[], ["-b", "1024"], ["-b", "64"], ["-L", "3"], ["-N"]], ids=" ".join)
def test_libcoap_fetches_a_mebibyte(large, tmp_path, options):
    answer = libcoap_client(*options, "-o", tmp_path / "log", large.uri("/log"))
    assert sha256((tmp_path / "log").read_bytes()) == sha256(LOG), str(answer)


def test_libcoap_begins_in_the_middle(large, tmp_path):
    # It asks for this one block.
    libcoap_client("-b", "16000,64", "-o", tmp_path / "log", large.uri("/log"))
    assert (tmp_path / "log").read_bytes() == LOG[16000 * 64:16001 * 64]


@pytest.mark.parametrize("options", [[], ["-b", "1024"], ["-b", "64"], ["-N"]], ids=" ".join)
def test_libcoap_sends_a_mebibyte(large, tmp_path, options):
    body = image(seed=len(str(options)))
    (tmp_path / "image").write_bytes(body)
    uri = large.uri(f"/firmware?sha256={sha256(body)}")
    answer = libcoap_client("-m", "put", "-t", "42", *options, "-f", tmp_path / "image", uri)
    assert not answer.stderr, str(answer)
    assert firmware_status(large) == complete(body)


def test_libcoap_and_a_server_without_bert(small, tmp_path):
    (tmp_path / "image").write_bytes(IMAGE)
    libcoap_client("-m", "put", "-t", "42", "-f", tmp_path / "image", small.uri("/firmware"))
    assert firmware_status(small) == complete(IMAGE)
    libcoap_client("-o", tmp_path / "log", small.uri("/log"))
    assert (tmp_path / "log").read_bytes() == LOG


@pytest.mark.parametrize("options", [[], ["-b", "256"]], ids=["BERT", "256"])
def test_libcoap_gets_its_large_body_echoed(large, tmp_path, options):
    (tmp_path / "body").write_bytes(IMAGE[:60_000])
    answer = libcoap_client(
        "-m", "post", "-t", "42", *options, "-f", tmp_path / "body", "-o", tmp_path / "answer",
        large.uri("/echo"),
    )
    assert (tmp_path / "answer").read_bytes() == IMAGE[:60_000], str(answer)


def test_libcoap_discovers_in_small_blocks(large):
    whole = libcoap_client(large.uri("/.well-known/core")).stdout
    assert whole.count("<") > 10 and len(whole) > 512
    assert libcoap_client("-b", "16", large.uri("/.well-known/core")).stdout == whole


# aiocoap


def aiocoap_requests(*requests):
    """The answers, one after the other, on one connection of an aiocoap context."""

    async def main():
        context = await aiocoap.Context.create_client_context(transports=["tcpclient"])
        try:
            found = []
            for method, uri, fields in requests:
                message = aiocoap.Message(code=method, uri=uri, **fields)
                found.append(await asyncio.wait_for(context.request(message).response, 30))
            return found
        finally:
            await context.shutdown()

    return asyncio.run(main())


@pytest.mark.parametrize("server", ["large", "small"], ids=["BERT", "without BERT"])
def test_aiocoap_carries_a_mebibyte_up_and_down(request, server):
    simulator = request.getfixturevalue(server)
    body = image(seed=7)
    got, put = aiocoap_requests(
        (aiocoap.GET, simulator.uri("/log"), {}),
        (aiocoap.PUT, simulator.uri("/firmware"), {"payload": body, "content_format": 42}),
    )
    assert sha256(got.payload) == sha256(LOG)
    assert put.code.is_successful(), str(put)
    assert firmware_status(simulator) == complete(body)


@pytest.mark.parametrize("size", [5_000, 20_000, MEBIBYTE])
def test_aiocoap_sends_an_image_as_its_first_request(large, size):
    # It begins with a block, and sends all of a body that fits as soon as it has seen the CSM.
    body = image(size, seed=size)
    (put,) = aiocoap_requests(
        (aiocoap.PUT, large.uri("/firmware"), {"payload": body, "content_format": 42})
    )
    assert put.code.is_successful(), str(put)
    assert firmware_status(large) == complete(body)


def test_aiocoap_gets_its_large_body_echoed(large):
    body = IMAGE[:65_536]
    _, answer = aiocoap_requests(
        (aiocoap.GET, large.uri("/time"), {}),
        (aiocoap.POST, large.uri("/echo"), {"payload": body, "content_format": 42}),
    )
    assert answer.payload == body


# By hand


@pytest.mark.rows("BL-05", "BL-06")
@pytest.mark.parametrize("szx", range(8))
def test_a_body_comes_in_blocks_of_every_size(start_simulator, szx):
    simulator = start_simulator("--log-size", 50_000)
    with simulator.connect() as peer:
        assert download(peer, "/log", szx) == log_text(50_000)


@pytest.mark.rows("BL-05")
def test_the_size_may_change_on_the_way(large):
    with large.connect() as peer:
        for number, szx in [(3, 6), (7, 5), (1000, 0), (9, 4), (20, BERT)]:
            answer = peer.exchange(get_block("/log", number, szx=szx))
            start = number * unit(szx)
            assert answer.payload == LOG[start:start + len(answer.payload)] and answer.payload
            assert read_block(answer, BLOCK2)[0] == number


@pytest.mark.rows("BL-17")
def test_the_size_is_told_to_who_asks(large):
    with large.connect() as peer:
        answer = peer.exchange(get_block("/log", 1, extra=((SIZE2, b""),)))
        assert answer.uint(SIZE2) == MEBIBYTE
        assert not peer.exchange(get_block("/log", 1)).values(SIZE2)


@pytest.mark.rows("BL-06")
def test_a_client_that_has_the_text_need_not_fetch_it(large):
    with large.connect() as peer:
        (tag,) = peer.exchange(get_block("/log", 0)).values(ETAG)
        answer = peer.exchange(get_block("/log", 0, extra=((ETAG, tag),)))
        assert answer.dotted == "2.03" and not answer.payload


def test_a_late_block_costs_no_more_than_the_first(start_simulator):
    simulator = start_simulator("--log-size", 1 << 29)

    def cost(number: int) -> float:
        before = simulator.cpu_seconds
        for _ in range(10):
            peer.send(*[get_block("/log", number) for _ in range(50)])
            for _ in range(50):
                assert len(peer.receive().payload) == 1024
        return simulator.cpu_seconds - before

    with simulator.connect() as peer:
        # To come to the last block by writing all those before would take a minute.
        assert cost((1 << 19) - 1) < cost(0) + 0.5


@pytest.mark.rows("B-05", "B-10", "BL-07")
@pytest.mark.parametrize("szx, count", [(6, 1), (BERT, 1), (BERT, 8)])
def test_a_mebibyte_goes_up_in_blocks(large, szx, count):
    with large.connect() as peer:
        answer = upload(peer, f"/firmware?sha256={sha256(IMAGE)}", IMAGE, szx, count=count)
        assert answer.dotted in ("2.01", "2.04"), str(answer)
    assert firmware_status(large) == complete(IMAGE)


@pytest.mark.rows("B-09")
def test_blocks_and_bert_can_be_mixed_in_a_body(large):
    body = IMAGE[:10_000]
    with large.connect() as peer:
        for number, szx, count in [(0, 6, 1), (1, BERT, 4), (5, 6, 1), (6, BERT, 8)]:
            answer = peer.exchange(put_block("/firmware", body, number, szx=szx, count=count))
        assert answer.dotted in ("2.01", "2.04"), str(answer)
    assert firmware_status(large) == complete(body)


def test_a_ping_and_a_small_request_wait_for_one_block_at_most(large):
    """Sent behind a block of a mebibyte, they are answered behind it, and on another connection at once."""
    with large.connect() as peer, large.connect() as other:

        def between(blocks):
            for part in blocks:
                ping, small = messages.ping(messages.fresh_token()), messages.get("/actuators/led")
                peer.send(part, ping, small)
                for sent in (part, ping, small):
                    assert peer.receive().token == sent.token
                assert other.exchange(messages.get("/actuators/led")).dotted == "2.05"

        between(put_block("/firmware", IMAGE, number) for number in range(1024))
        between(get_block("/log", number) for number in range(1024))
    assert firmware_status(large) == complete(IMAGE)


@pytest.mark.rows("BL-15")
def test_a_large_answer_to_post_is_kept_and_fetched_in_order(large):
    body = IMAGE[:40_000]
    with large.connect() as peer:
        answer = upload(peer, "/echo", body, method=messages.POST, content_format=42)
        assert answer.dotted == "2.04" and read_block(answer, BLOCK2)[1], str(answer)
        got = answer.payload
        while read_block(answer, BLOCK2)[1]:
            szx = read_block(answer, BLOCK2)[2]
            answer = peer.exchange(
                messages.request(
                    messages.POST, "/echo", content_format=42,
                    extra=((BLOCK2, block(len(got) // unit(szx), szx=szx)),),
                )
            )
            got += answer.payload
        assert got == body


# The firmware


def test_an_image_that_is_another_one_is_refused_and_the_one_before_stays(large):
    before = image(3000, seed=1)
    with large.connect() as peer:
        upload(peer, "/firmware", before)
        answer = upload(peer, f"/firmware?sha256={sha256(b'another')}", IMAGE[:9000])
        assert answer.dotted == "4.22", str(answer)
        assert firmware_status(large) == complete(before)
        for digest in ["", "12", "g" * 64, "0" * 66]:
            answer = peer.exchange(put_block(f"/firmware?sha256={digest}", IMAGE, 0))
            assert answer.dotted == "4.00", str(answer)
        assert peer.exchange(put_block("/firmware", IMAGE, 0, content_format=0)).dotted == "4.15"
        assert peer.exchange(messages.request(messages.PUT, "/firmware")).dotted == "4.00"
        assert peer.exchange(messages.get("/firmware")).dotted == "4.05"
    assert firmware_status(large) == complete(before)


def test_one_image_comes_at_a_time(large):
    with large.connect() as peer, large.connect() as other:
        upload(peer, "/firmware", IMAGE[:100])
        size = ((messages.SIZE1, uint(5000)),)
        assert peer.exchange(put_block("/firmware", IMAGE[:5000], 0, extra=size)).dotted == "2.31"
        assert firmware_status(large) == ["receiving 1024 of 5000", *complete(IMAGE[:100])[1:]]
        for body in [IMAGE[:5000], IMAGE[:500]]:
            refused = other.exchange(put_block("/firmware", body, 0))
            assert refused.dotted == "5.03" and refused.uint(14) >= 1, str(refused)
        for number in range(1, 5):
            answer = peer.exchange(put_block("/firmware", IMAGE[:5000], number))
        assert answer.dotted == "2.04", str(answer)
    assert firmware_status(large) == complete(IMAGE[:5000])


def test_the_log_tells_of_images(start_simulator):
    simulator = start_simulator("--log-level", "info")
    with simulator.connect() as peer:
        upload(peer, "/firmware", IMAGE[:5000])
        simulator.wait_for_line(f"firmware: 5000 bytes, SHA-256 {sha256(IMAGE[:5000])}$", on="stderr")
        peer.exchange(put_block("/firmware", IMAGE, 0, extra=((messages.SIZE1, uint(MEBIBYTE)),)))
        simulator.wait_for_line(r"begins to come, 1048576 bytes announced$", on="stderr")
    simulator.wait_for_line(r"the image was given up or refused$", on="stderr")


@pytest.mark.rows("BL-13")
def test_a_body_that_begins_anew_as_a_whole_replaces_the_one_under_way(large):
    """As aiocoap does when the CSM comes after its first block."""
    with large.connect() as peer:
        assert peer.exchange(put_block("/firmware", IMAGE, 0, szx=BERT)).dotted == "2.31"
        whole = messages.request(messages.PUT, "/firmware", payload=IMAGE[:5000], content_format=42)
        assert peer.exchange(whole).dotted in ("2.01", "2.04")
        assert firmware_status(large) == complete(IMAGE[:5000])
        # Nothing is left to go on with; another method is another matter.
        assert peer.exchange(put_block("/firmware", IMAGE, 1, szx=BERT)).dotted == "4.08"
        assert peer.exchange(put_block("/firmware", IMAGE, 0)).dotted == "2.31"
        assert peer.exchange(messages.get("/firmware")).dotted == "4.05"
        assert peer.exchange(put_block("/firmware", IMAGE, 1)).dotted == "2.31"
        assert upload(peer, "/firmware", IMAGE[:100]).dotted == "2.04"


@pytest.mark.rows("B-11")
def test_who_announces_no_bert_sends_none(small):
    """A client may ask on in the size that it got only of a server that has announced it."""
    with small.connect() as peer:
        answer = peer.exchange(messages.get("/log"))
        assert read_block(answer, BLOCK2) == (0, True, 6) and len(answer.payload) == 1024, str(answer)
