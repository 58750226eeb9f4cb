"""Bodies larger than a message: our client with aiocoap and libcoap, and with servers that do it wrong."""

import contextlib
import hashlib
import random
import signal

import pytest

import messages
from aiocoap_server import LARGE
from harness import assert_one_clear_line
from messages import BERT, BLOCK1, BLOCK2, ECHO, ETAG, SIZE1, SIZE2, block, block_of, response
from peer import ConnectionEnded, FakeServer
from programs import coap, start_coap

rows = pytest.mark.rows

WAYS = {
    "as it fits": (),
    "blocks of 1024": ("--block-size", "1024"),
    "BERT": ("--block-size", "bert"),
    "no BERT": ("--max-message-size", "1152"),
}


def ways():
    return pytest.mark.parametrize("options", WAYS.values(), ids=WAYS.keys())


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """1 MiB and some bytes that look like nothing."""
    path = tmp_path_factory.mktemp("image") / "image.bin"
    path.write_bytes(random.Random(8323).randbytes((1 << 20) + 333))
    return path


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# With aiocoap


@rows("B-01", "B-08", "B-11", "BL-01")
@ways()
def test_a_megabyte_comes_down_from_aiocoap(aiocoap_server, tmp_path, options):
    target = tmp_path / "large"
    answer = coap("get", aiocoap_server.uri("/large"), "-o", target, *options, within=50)
    assert answer.code == 0, str(answer)
    assert not answer.stdout and not answer.stderr, str(answer)
    assert sha256(target) == hashlib.sha256(LARGE).hexdigest()
    assert names(tmp_path) == ["large"]


@rows("B-01", "B-10", "BL-07")
@ways()
def test_a_megabyte_goes_up_to_aiocoap(aiocoap_server, image, options):
    uri = aiocoap_server.uri("/upload")
    answer = coap("put", uri, "--file", image, *options, within=50)
    assert answer.code == 0, str(answer)
    expected = f"{image.stat().st_size} {sha256(image)}"
    assert coap("get", uri).stdout == expected, str(answer)


@pytest.mark.parametrize(
    "size, exponent, limit",
    [("bert", BERT, 66688), ("1024", 6, 66688), ("64", 2, 66688), ("bert", 6, 1152)],
)
def test_the_size_of_the_blocks_is_the_one_that_was_wanted(aiocoap_server, size, exponent, limit):
    """BERT only when our own CSM lets the server use it."""
    answer = coap(
        "get", aiocoap_server.uri("/large"), "--block-size", size, "--trace", "-o", "/dev/null",
        "--max-message-size", limit, "--max-body-size", "200000", within=30,
    )
    name = "BERT" if exponent == BERT else str(16 << exponent)
    assert f"Block2=0/0/{name}" in answer.stderr and f"Block2=0/1/{name}" in answer.stderr


@rows("BL-15")
def test_a_large_payload_is_answered_by_a_large_body(aiocoap_server, image, tmp_path):
    """Block1 and then Block2, without Block1."""
    answer = coap(
        "post", aiocoap_server.uri("/upload"), "--file", image, "-o", tmp_path / "back", within=30
    )
    assert answer.code == 0, str(answer)
    assert sha256(tmp_path / "back") == sha256(image)


# With libcoap


@pytest.mark.parametrize("size", [3000, 100_000, 1 << 20])
@pytest.mark.parametrize("options", [(), ("--block-size", "1024"), ("--block-size", "bert")])
def test_libcoap_takes_and_gives_large_bodies(libcoap_server, tmp_path, size, options):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(random.Random(size).randbytes(size))
    uri = libcoap_server.uri("/example_data")
    put = coap("put", uri, "--file", source, *options, within=30)
    assert put.code == 0, str(put)
    answer = coap("get", uri, "-o", target, *options, within=30)
    assert answer.code == 0, str(answer)
    assert sha256(target) == sha256(source)


@rows("B-05", "B-08", "B-10")
def test_bert_blocks_go_up_64_at_a_time(aiocoap_server, libcoap_server, image):
    for uri in [aiocoap_server.uri("/upload"), libcoap_server.uri("/example_data")]:
        answer = coap("put", uri, "--file", image, "--block-size", "bert", "--trace", within=30)
        assert answer.code == 0, str(answer)
        for block1 in ["0/1/BERT", "64/1/BERT", "1024/0/BERT payload 333 bytes"]:
            assert f"Block1={block1}" in answer.stderr, f"{block1} is missing: {answer}"
        assert "<- 2.31 Continue" in answer.stderr


# Over TLS


def test_a_megabyte_goes_up_and_down_with_aiocoap_over_tls(aiocoap_tls_server, credentials, image, tmp_path):
    trust = "--ca", credentials.ca.certificate
    uri = aiocoap_tls_server.uri("/upload", "localhost")
    answer = coap("put", uri, "--file", image, *trust, within=30)
    assert answer.code == 0, str(answer)
    assert coap("get", uri, *trust).stdout == f"{image.stat().st_size} {sha256(image)}"
    large = aiocoap_tls_server.uri("/large", "localhost")
    assert coap("get", large, "-o", tmp_path / "large", *trust, within=30).code == 0
    assert sha256(tmp_path / "large") == hashlib.sha256(LARGE).hexdigest()


def test_large_bodies_go_up_and_down_with_libcoap_over_tls(libcoap_psk_server, credentials, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(random.Random(3).randbytes(100_000))
    uri = libcoap_psk_server.uri("/example_data")
    options = ["--psk", credentials.psk.option, "--alpn-optional", "--block-size", "1024"]
    assert coap("put", uri, "--file", source, *options, within=30).code == 0
    answer = coap("get", uri, "-o", target, *options, within=30)
    assert answer.code == 0 and sha256(target) == sha256(source), str(answer)


# Files


def test_a_payload_comes_from_standard_input(aiocoap_server, image):
    uri = aiocoap_server.uri("/upload")
    answer = coap("put", uri, "--file", "-", stdin=image.read_bytes(), within=30)
    assert answer.code == 0, str(answer)
    assert coap("get", uri).stdout == f"{image.stat().st_size} {sha256(image)}"


def test_a_large_body_goes_to_standard_output(aiocoap_server):
    for options in [(), ("-o", "-")]:
        answer = coap("get", aiocoap_server.uri("/large"), *options, within=30)
        assert answer.stdout_bytes == LARGE, f"{len(answer.stdout_bytes)} bytes"


def test_a_file_is_replaced_as_a_whole_and_a_link_stays_one(aiocoap_server, tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    assert coap("get", aiocoap_server.uri("/large"), "-o", link, within=30).code == 0
    assert link.is_symlink() and target.read_bytes() == LARGE
    assert target.stat().st_mode & 0o777 == 0o640
    assert names(tmp_path) == ["link", "target"]


@pytest.mark.parametrize("path", ["no-such-folder/file", "."])
def test_a_file_that_cannot_be_written_is_one_clear_line(aiocoap_server, tmp_path, path):
    answer = coap("get", aiocoap_server.uri("/large"), "-o", f"{tmp_path}/{path}", within=30)
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "cannot write", path)
    assert names(tmp_path) == []


def test_a_full_disk_is_one_clear_line(aiocoap_server):
    answer = coap("get", aiocoap_server.uri("/large"), "-o", "/dev/full", within=30)
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "no space left")


def test_an_error_leaves_the_file_alone(aiocoap_server, tmp_path):
    target = tmp_path / "kept"
    target.write_text("old")
    assert coap("get", aiocoap_server.uri("/broken"), "-o", target).code == 5
    assert target.read_text() == "old" and names(tmp_path) == ["kept"]


# With a server that the test plays


@contextlib.contextmanager
def serving(*arguments, capabilities=None):
    """`coap METHOD URI ...`: the connection after both CSMs, and the process."""
    with FakeServer() as server:
        method, *options = arguments
        process = start_coap(method, server.uri("/x"), *options)
        with server.accept() as peer:
            peer.handshake(capabilities)
            yield peer, process
            process.wait()


def requests(peer):
    """All that come up to the end of the connection."""
    with contextlib.suppress(ConnectionEnded):
        while (message := peer.receive()).code != messages.RELEASE:
            yield message
        peer.close()


BODY = bytes(range(256)) * 4


def part(request, body=BODY, *options, exponent=4, etag=b"\1", dotted="2.05"):
    """The answer to a request for a block of `body`."""
    number, _, wanted = block_of(request, BLOCK2) or (0, False, exponent)
    exponent = min(exponent, wanted)
    size = 16 << exponent
    more = (number + 1) * size < len(body)
    options = [(ETAG, etag), (BLOCK2, block(number, more, exponent)), *options]
    return response(request, dotted, body[number * size :][:size], *options)


@rows("BL-04", "BL-05", "BL-18")
def test_blocks_are_asked_for_one_after_the_other_with_the_servers_size():
    asked = []
    with serving("get") as (peer, process):
        for request in requests(peer):
            asked.append(block_of(request, BLOCK2))
            peer.send(part(request))
    assert asked == [None, (1, False, 4), (2, False, 4), (3, False, 4)]
    assert process.stdout_bytes == BODY and process.code == 0, str(process)


@rows("BL-05")
def test_a_server_may_choose_smaller_blocks():
    asked = []
    with serving("get", "--block-size", "256") as (peer, process):
        for request in requests(peer):
            asked.append(block_of(request, BLOCK2))
            peer.send(part(request, exponent=3))
    assert asked[:3] == [(0, False, 4), (1, False, 3), (2, False, 3)] and len(asked) == 8
    assert process.stdout_bytes == BODY, str(process)


def test_blocks_larger_than_asked_for_do_no_harm():
    """RFC 7959 section 2.4 forbids them; the place says which bytes they are."""
    asked = []
    with serving("get", "--block-size", "64") as (peer, process):
        for request in requests(peer):
            number, _, exponent = block_of(request, BLOCK2)
            asked.append((number, exponent))
            start = number * (16 << exponent)
            piece = BODY[start : start + 256]
            value = block(start // 256, start + 256 < len(BODY), 4)
            peer.send(response(request, "2.05", piece, (BLOCK2, value)))
    assert asked == [(0, 2), (4, 2), (8, 2), (12, 2)]
    assert process.stdout_bytes == BODY and process.code == 0, str(process)


@rows("B-02", "B-05", "B-08", "B-09")
def test_bert_blocks_of_any_number_are_put_together():
    body = random.Random(1).randbytes(12903)
    asked = []
    with serving("get") as (peer, process):
        for request, count in zip(requests(peer), [3, 1, 5, 9]):
            number = (block_of(request, BLOCK2) or (0,))[0]
            asked.append(number)
            piece = body[number * 1024 :][: count * 1024]
            more = number * 1024 + len(piece) < len(body)
            peer.send(response(request, "2.05", piece, (BLOCK2, block(number, more, BERT))))
    assert asked == [0, 3, 4, 9]
    assert process.stdout_bytes == body, str(process)


@rows("B-11")
@pytest.mark.parametrize(
    "capabilities", [messages.csm(1152), messages.csm(None), messages.csm(5000, block_wise=False)]
)
def test_bert_is_not_asked_of_a_server_that_has_not_announced_it(capabilities):
    with serving("get", "--block-size", "bert", capabilities=capabilities) as (peer, process):
        request = peer.receive()
        assert block_of(request, BLOCK2) == (0, False, 6)
        peer.send(response(request, "2.05", b"ok"))
    assert process.stdout == "ok", str(process)


BAD_ANSWERS = {
    "another number": lambda n: (n + 1, True, 4, 256),
    "the same number again": lambda n: (max(n - 1, 0), True, 4, 256),
    "a short block": lambda n: (n, True, 4, 255),
    "a long block": lambda n: (n, True, 4, 257),
    "an empty block": lambda n: (n, True, 4, 0),
    "BERT that is no multiple": lambda n: (n // 4, True, BERT, 1000),
    "BERT without a block": lambda n: (n // 4, True, BERT, 0),
}


@rows("BL-03", "B-06", "BL-02")
@pytest.mark.parametrize("bad", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
def test_a_wrong_block_ends_the_transfer(tmp_path, bad):
    with serving("get", "-o", tmp_path / "file") as (peer, process):
        for request in requests(peer):
            number = (block_of(request, BLOCK2) or (0,))[0]
            if number < 2:
                peer.send(part(request))
            else:
                number, more, exponent, size = bad(number)
                peer.send(
                    response(
                        request, "2.05", b"x" * size, (ETAG, b"\1"), (BLOCK2, block(number, more, exponent))
                    )
                )
    assert process.code == 1, str(process)
    assert_one_clear_line(process, "block")
    assert names(tmp_path) == [], "a part of a file was left behind"


@rows("P-01", "T-14")
def test_pings_and_requests_between_blocks_are_answered_at_once():
    with serving("get") as (peer, process):
        for request in requests(peer):
            peer.expect_alive()
            assert peer.exchange(messages.get("/a")).dotted in ("4.04", "5.01")
            peer.send(part(request))
    assert process.stdout_bytes == BODY and process.code == 0, str(process)


def test_a_whole_answer_in_the_middle_ends_the_transfer():
    with serving("get") as (peer, process):
        peer.send(part(peer.receive()))
        peer.send(response(peer.receive(), "2.05", b"all", (ETAG, b"\1")))
    assert process.code == 1, str(process)
    assert_one_clear_line(process, "block")


def test_an_error_in_the_middle_is_the_answer():
    with serving("get") as (peer, process):
        peer.send(part(peer.receive()))
        peer.send(response(peer.receive(), "4.04", b"gone"))
    assert process.code == 4, str(process)
    assert_one_clear_line(process, "4.04", "gone")


@rows("BL-06")
def test_a_resource_that_changes_is_read_anew(tmp_path):
    """Once in the middle: what is in the file in the end is the second state alone."""
    new, seen = bytes(reversed(BODY)), []
    with serving("get", "-o", tmp_path / "file") as (peer, process):
        for request in requests(peer):
            seen.append((block_of(request, BLOCK2) or (0,))[0])
            changed = len(seen) > 2
            peer.send(part(request, new if changed else BODY, etag=b"\2" if changed else b"\1"))
    assert seen == [0, 1, 2, 0, 1, 2, 3]
    assert process.code == 0 and (tmp_path / "file").read_bytes() == new, str(process)
    assert "changed" in process.stderr and len(process.stderr.splitlines()) == 1, str(process)


@rows("BL-06")
def test_a_resource_that_never_stays_the_same_is_given_up(tmp_path):
    count = 0
    with serving("get", "-o", tmp_path / "file") as (peer, process):
        for count, request in enumerate(requests(peer), 1):
            peer.send(part(request, etag=bytes([count])))
    assert process.code == 1 and count == 8, str(process)
    assert "4 times" in process.stderr.splitlines()[-1], str(process)
    assert names(tmp_path) == []


def test_an_answer_to_a_post_that_changes_is_not_asked_for_again():
    with serving("post", "--payload", "do it") as (peer, process):
        first = peer.receive()
        assert first.payload == b"do it"
        peer.send(part(first, dotted="2.04"))
        second = peer.receive()
        assert second.payload == b"" and block_of(second, BLOCK2) == (1, False, 4)
        peer.send(part(second, etag=b"\2", dotted="2.04"))
        assert peer.receive().code == messages.RELEASE
    assert process.code == 1, str(process)
    assert_one_clear_line(process, "changed")


def test_an_endless_body_is_given_up(tmp_path):
    count = 0
    with serving("get", "-o", tmp_path / "file", "--max-body-size", "5000") as (peer, process):
        for count, request in enumerate(requests(peer), 1):
            number = (block_of(request, BLOCK2) or (0,))[0]
            peer.send(response(request, "2.05", b"e" * 1024, (BLOCK2, block(number, True, 6))))
    assert process.code == 1 and count == 5, str(process)
    assert_one_clear_line(process, "5000", "--max-body-size")
    assert names(tmp_path) == []


@rows("BL-17", "BL-18")
def test_a_body_that_is_announced_as_too_large_is_not_fetched(tmp_path):
    with serving("get", "-o", tmp_path / "file", "--max-body-size", "5000") as (peer, process):
        request = peer.receive()
        assert request.values(SIZE2) == [b""], "who writes a file wants to know how large it will be"
        peer.send(part(request, BODY, (SIZE2, b"\x13\x89")))
        assert peer.receive().code == messages.RELEASE
    assert process.code == 1, str(process)
    assert_one_clear_line(process, "5001")


@rows("BL-18")
@pytest.mark.parametrize("size", [b"", b"\1", b"\xff\xff"])
def test_a_lying_size_changes_nothing(size):
    with serving("get") as (peer, process):
        for request in requests(peer):
            peer.send(part(request, BODY, (SIZE2, size)))
    assert process.stdout_bytes == BODY and process.code == 0, str(process)


@pytest.mark.parametrize("end", ["close", "reset", "finish_sending"])
def test_the_end_of_the_connection_in_the_middle_leaves_no_file(tmp_path, end):
    with serving("get", "-o", tmp_path / "file") as (peer, process):
        peer.send(part(peer.receive()))
        peer.receive()
        getattr(peer, end)()
    assert process.code == 1, str(process)
    assert_one_clear_line(process)
    assert names(tmp_path) == []


def test_ctrl_c_ends_in_order_and_leaves_no_file(tmp_path):
    with serving("get", "-o", tmp_path / "file") as (peer, process):
        peer.send(part(peer.receive()))
        peer.receive()
        process.send_signal(signal.SIGINT)
        assert peer.receive().code == messages.RELEASE
        peer.close()
    assert process.code == 130, str(process)
    assert_one_clear_line(process, "interrupted")
    assert names(tmp_path) == []


def test_ctrl_c_before_the_servers_csm_does_not_wait_for_it():
    with FakeServer() as server:
        process = start_coap("get", server.uri("/x"))
        with server.accept() as peer:
            assert peer.receive().code == messages.CSM
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 130, str(process)
    assert_one_clear_line(process, "interrupted")


# Up


def upload_answers(peer, answer):
    """Serves an upload; returns each Block1 with the length of its payload."""
    seen = []
    for request in requests(peer):
        seen.append((block_of(request, BLOCK1), len(request.payload)))
        peer.send(answer(request, len(seen)))
    return seen


def acknowledge(request, final="2.04", exponent=None):
    number, more, own = block_of(request, BLOCK1)
    value = block(number, more, own if exponent is None else exponent)
    return response(request, "2.31" if more else final, b"", (BLOCK1, value))


@pytest.fixture
def thousand(tmp_path):
    path = tmp_path / "thousand"
    path.write_bytes(random.Random(2).randbytes(1000))
    return path


@rows("BL-04", "BL-07")
def test_an_upload_goes_in_the_wanted_blocks_with_its_size(thousand):
    received = b""

    def answer(request, count):
        nonlocal received
        received += request.payload
        assert request.values(SIZE1) == ([b"\x03\xe8"] if count == 1 else [])
        return acknowledge(request)

    with serving("put", "--file", thousand, "--block-size", "256") as (peer, process):
        seen = upload_answers(peer, answer)
    assert seen == [
        ((0, True, 4), 256), ((1, True, 4), 256), ((2, True, 4), 256), ((3, False, 4), 232)
    ]
    assert process.code == 0 and received == thousand.read_bytes(), str(process)


@rows("C-09", "C-12")
@pytest.mark.parametrize("limit, size", [(200, 128), (64, 32), (1152, 1000)])
def test_a_body_is_cut_to_what_the_server_takes(thousand, limit, size):
    with serving("put", "--file", thousand, capabilities=messages.csm(limit)) as (peer, process):
        first = peer.receive()
        assert len(first.payload) == size
        if size < 1000:
            assert block_of(first, BLOCK1)[0:2] == (0, True)
        peer.send(response(first, "4.00"))
    assert process.code == 4, str(process)


@rows("C-02", "C-09", "C-12")
def test_a_server_that_takes_less_in_the_middle_gets_less(thousand):
    seen, received = [], b""
    with serving("put", "--file", thousand, capabilities=messages.csm(600)) as (peer, process):
        for request in requests(peer):
            seen.append((block_of(request, BLOCK1), len(request.payload)))
            received += request.payload
            if len(seen) == 1:
                peer.send(messages.csm(200))
            peer.send(acknowledge(request))
    assert seen[:2] == [((0, True, 5), 512), ((4, True, 3), 128)]
    assert process.code == 0 and received == thousand.read_bytes(), str(process)


@rows("BL-11")
def test_a_smaller_size_in_an_acknowledgement_is_followed(thousand):
    with serving("put", "--file", thousand, "--block-size", "512") as (peer, process):
        seen = upload_answers(peer, lambda request, _: acknowledge(request, exponent=3))
    assert seen[:3] == [((0, True, 5), 512), ((4, True, 3), 128), ((5, True, 3), 128)]
    assert process.code == 0, str(process)


@rows("BL-12")
@pytest.mark.parametrize("options", [("--block-size", "512"), ()], ids=["cut", "whole"])
def test_a_4_13_with_a_smaller_size_starts_anew(thousand, options):
    """The body that went as one message is cut then, too."""

    def answer(request, count):
        if count == 1:
            return response(request, "4.13", b"", (BLOCK1, block(0, True, 4)))
        return acknowledge(request)

    with serving("put", "--file", thousand, *options) as (peer, process):
        seen = upload_answers(peer, answer)
    assert [found for found, _ in seen[1:]] == [
        (0, True, 4), (1, True, 4), (2, True, 4), (3, False, 4)
    ]
    assert process.code == 0, str(process)


@rows("BL-12")
def test_a_4_13_without_a_hint_is_the_answer(thousand):
    with serving("put", "--file", thousand, "--block-size", "512") as (peer, process):
        peer.send(response(peer.receive(), "4.13", b"", (SIZE1, b"\x64")))
    assert process.code == 4, str(process)
    assert_one_clear_line(process, "4.13")


@rows("BL-12")
def test_a_server_that_goes_on_saying_4_13_is_believed_in_the_end(thousand):
    def answer(request, count):
        return response(request, "4.13", b"", (BLOCK1, block(0, True, max(0, 5 - count))))

    with serving("put", "--file", thousand, "--block-size", "512") as (peer, process):
        seen = upload_answers(peer, answer)
    assert process.code == 4 and len(seen) <= 7, str(process)


@rows("BL-08", "BL-09")
def test_a_4_08_starts_anew_once(thousand):
    def answer(request, count):
        return response(request, "4.08") if count == 3 else acknowledge(request)

    with serving("put", "--file", thousand, "--block-size", "256") as (peer, process):
        seen = upload_answers(peer, answer)
    assert [found[0] for found, _ in seen] == [0, 1, 2, 0, 1, 2, 3]
    assert process.code == 0, str(process)
    assert "anew" in process.stderr, str(process)


@rows("BL-09")
def test_a_second_4_08_is_the_answer(thousand):
    def answer(request, count):
        return response(request, "4.08", b"lost") if count in (2, 4) else acknowledge(request)

    with serving("put", "--file", thousand, "--block-size", "256") as (peer, process):
        seen = upload_answers(peer, answer)
    assert [found[0] for found, _ in seen] == [0, 1, 0, 1]
    assert process.code == 4 and "4.08" in process.stderr.splitlines()[-1], str(process)


def test_a_2_31_without_block1_goes_on(thousand):
    """libcoap 4.3.5 leaves it out."""
    with serving("put", "--file", thousand, "--block-size", "512") as (peer, process):
        seen = upload_answers(
            peer, lambda request, count: response(request, "2.31" if count == 1 else "2.04")
        )
    assert len(seen) == 2 and process.code == 0, str(process)


def test_a_success_before_the_end_is_no_success(thousand):
    """A server that takes the first block for the whole body has got the wrong body."""
    with serving("put", "--file", thousand, "--block-size", "256") as (peer, process):
        peer.send(response(peer.receive(), "2.04"))
        assert peer.receive().code == messages.RELEASE
    assert process.code == 1, str(process)
    assert_one_clear_line(process, "2.04", "256 of 1000")


def test_an_error_before_the_end_is_the_answer(thousand):
    with serving("put", "--file", thousand, "--block-size", "256") as (peer, process):
        peer.send(acknowledge(peer.receive()))
        peer.send(response(peer.receive(), "4.15", b"what is that"))
        assert peer.receive().code == messages.RELEASE
    assert process.code == 4, str(process)
    assert_one_clear_line(process, "4.15", "what is that")


def test_the_acknowledgement_of_another_block_ends_the_transfer(thousand):
    with serving("put", "--file", thousand, "--block-size", "256") as (peer, process):
        peer.send(response(peer.receive(), "2.31", b"", (BLOCK1, block(1, True, 4))))
        assert peer.receive().code == messages.RELEASE
    assert process.code == 1, str(process)
    assert_one_clear_line(process, "another block")


@rows("BL-19")
def test_if_none_match_goes_with_the_first_block_only(thousand):
    seen = []

    def answer(request, _):
        seen.append(request.values(messages.IF_NONE_MATCH))
        return acknowledge(request)

    with serving("put", "--file", thousand, "--block-size", "512", "--if-none-match") as (peer, process):
        upload_answers(peer, answer)
    assert seen == [[b""], []] and process.code == 0, str(process)


@rows("E-01")
def test_an_echo_in_the_middle_of_an_upload_repeats_that_block(thousand):
    value, seen = bytes(range(40)), []

    def answer(request, count):
        seen.append((block_of(request, BLOCK1)[0], request.values(ECHO)))
        return response(request, "4.01", b"", (ECHO, value)) if count == 2 else acknowledge(request)

    with serving("put", "--file", thousand, "--block-size", "512") as (peer, process):
        upload_answers(peer, answer)
    assert seen == [(0, []), (1, []), (1, [value])] and process.code == 0, str(process)


def test_an_echo_leaves_the_message_within_what_the_server_takes(thousand):
    seen = []

    def answer(request, count):
        seen.append(len(request.payload))
        if count == 1:
            return response(request, "4.01", b"", (ECHO, b"e" * 40))
        return acknowledge(request)

    with serving("put", "--file", thousand, capabilities=messages.csm(170)) as (peer, process):
        upload_answers(peer, answer)
    assert seen[0] == 128 and seen[1] == 64 and process.code == 0, f"{seen} {process}"


# Blocks by hand


@pytest.mark.parametrize("option, value", [(BLOCK2, "12"), (BLOCK1, "0a")])
def test_blocks_given_by_hand_are_left_alone(option, value):
    with serving("put", "--payload", "x" * 64, "--option", f"{option}={value}") as (peer, process):
        request = peer.receive()
        assert request.values(option) == [bytes.fromhex(value)] and len(request.payload) == 64
        dotted = "2.31" if option == BLOCK1 else "2.05"
        peer.send(response(request, dotted, b"part", (option, bytes.fromhex(value))))
        assert peer.receive().code == messages.RELEASE
    assert process.code == 0 and process.stdout == "part", str(process)
