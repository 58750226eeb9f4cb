"""`coap discover`: the links of a server as lines and as a table (RFC 6690)."""

import contextlib

import pytest

import messages
from harness import assert_one_clear_line
from messages import BLOCK2, CONTENT_FORMAT, LINK_FORMAT, URI_PATH, URI_QUERY, block, block_of, response
from peer import FakeServer
from programs import coap, start_coap
from terminal import TerminalProcess

rows = pytest.mark.rows

LINKS = (
    '</sensors/temperature>;rt="temperature sensor";if=sensor;ct="0 112";obs;'
    'title="Temperature, \\"indoors\\""'
    ',</log>;sz=1048576;ct=42,</a,b;c>;rt=odd;x-note="a;b,c"'
)


def lines(text):
    return [line for line in text.splitlines() if line]


def discover(document, *arguments, options=((CONTENT_FORMAT, bytes([LINK_FORMAT])),), dotted="2.05"):
    """Runs `coap discover` against a raw server; returns the request and the process."""
    with FakeServer() as server:
        process = start_coap("discover", f"{server.host}:{server.port}", *arguments)
        with server.accept() as peer:
            peer.handshake()
            request = peer.receive()
            peer.send(response(request, dotted, document.encode(), *options))
            process.wait()
    return request, process


# With the independent peers


def test_the_links_of_libcoap(libcoap_server):
    host, port = libcoap_server.address
    answer = coap("discover", f"{host}:{port}")
    assert answer.code == 0 and not answer.stderr, str(answer)
    assert any(line.startswith("</time>;") and 'rt="ticks"' in line for line in lines(answer.stdout))


@rows("LF-02", "LF-03")
@pytest.mark.parametrize("query, count", [("rt=ticks", 1), ("rt=ti*", 1), ("rt=none", 0), ("if=*", 1)])
def test_libcoap_filters(libcoap_server, query, count):
    answer = coap("discover", libcoap_server.uri(), "--query", query)
    assert answer.code == 0 and len(lines(answer.stdout)) == count, str(answer)
    assert ("no such resources" in answer.stderr) == (count == 0), str(answer)


def test_the_links_of_aiocoap_in_blocks(aiocoap_server):
    answer = coap("discover", aiocoap_server.uri(), "--block-size", "64", "--trace")
    assert answer.code == 0 and "Block2=2/" in answer.stderr, str(answer)
    found = [line.partition(">")[0] for line in lines(answer.stdout)]
    assert {"</time", "</large", "</counter"} <= set(found), str(answer)


# What is asked


@rows("X-46")
def test_a_host_means_well_known_core():
    request, process = discover("</a>")
    assert request.values(URI_PATH) == [b".well-known", b"core"] and request.values(URI_QUERY) == []
    assert process.code == 0 and process.stdout == "</a>\n", str(process)


@pytest.mark.parametrize(
    "queries, expected",
    [
        (["rt=a"], [b"rt=a"]),
        (["rt=a", "if=b*"], [b"rt=a", b"if=b*"]),
        (["title=ü & #1?%"], ["title=ü & #1?%".encode()]),
        (["href=/sensors/*"], [b"href=/sensors/*"]),
    ],
)
def test_queries_arrive_as_they_were_given(queries, expected):
    arguments = [word for query in queries for word in ("--query", query)]
    request, _ = discover("</a>", *arguments)
    assert request.values(URI_QUERY) == expected


@pytest.mark.parametrize(
    "path, segments, queries",
    [
        ("", [b".well-known", b"core"], []),
        ("/", [b".well-known", b"core"], []),
        ("/?rt=x", [b".well-known", b"core"], [b"rt=x"]),
        ("/rd-lookup/res", [b"rd-lookup", b"res"], []),
        ("/rd?ep=1", [b"rd"], [b"ep=1"]),
    ],
)
def test_a_uri_with_a_path_is_read_instead(path, segments, queries):
    with FakeServer() as server:
        process = start_coap("discover", server.uri(path))
        with server.accept() as peer:
            peer.handshake()
            request = peer.receive()
            assert request.values(URI_PATH) == segments and request.values(URI_QUERY) == queries
            peer.send(response(request, "2.05", b"</a>"))
            assert process.wait() == 0, str(process)


@pytest.mark.parametrize("form", ["[::1]:{}", "coap+tcp://[::1]:{}"])
def test_an_ipv6_address_is_a_host(form):
    with FakeServer("::1") as server:
        process = start_coap("discover", form.format(server.port))
        with server.accept() as peer:
            peer.handshake()
            peer.send(response(peer.receive(), "2.05", b"</six>"))
            assert process.wait() == 0, str(process)
    assert process.stdout == "</six>\n"


def test_an_ipv6_address_without_brackets_has_the_default_port():
    """Nothing need listen there: the address says how it was read."""
    answer = coap("discover", "::1", "--connect-timeout", "1", "--csm-timeout", "1")
    assert answer.code == 0 or "[::1]:5683" in answer.stderr or "CSM" in answer.stderr, str(answer)


@pytest.mark.parametrize("arguments", [["--psk", "a:0011"], ["--insecure"]])
def test_credentials_mean_tls(arguments):
    with FakeServer() as server:
        process = start_coap("discover", f"127.0.0.1:{server.port}", "--handshake-timeout", "2", *arguments)
        with server.accept() as peer:
            assert peer.socket.recv(1) == b"\x16", "this is no TLS handshake"
            peer.close()
            assert process.wait() == 1, str(process)
    assert "TLS" in process.stderr, str(process)


def test_a_key_in_the_environment_means_tls():
    with FakeServer() as server:
        key = {"COAP_PSK": "a:00112233445566778899aabbccddeeff"}
        process = start_coap("discover", f"127.0.0.1:{server.port}", environment=key)
        with server.accept() as peer:
            assert peer.socket.recv(1) == b"\x16", "this is no TLS handshake"
            peer.close()
            assert process.wait() == 1, str(process)


# What is shown


@rows("LF-07")
def test_a_line_for_each_link_as_it_was_written():
    _, process = discover(LINKS)
    assert process.code == 0, str(process)
    assert ",".join(process.stdout.splitlines()) == LINKS
    assert len(process.stdout.splitlines()) == 3


@rows("LF-01")
def test_no_links_are_no_error():
    _, process = discover("")
    assert process.code == 0 and process.stdout == "" and "no such resources" in process.stderr, str(process)


@contextlib.contextmanager
def on_a_terminal(document, *arguments, **options):
    with FakeServer() as server:
        with TerminalProcess("discover", server.uri("/"), *arguments, both=True, **options) as process:
            with server.accept() as peer:
                peer.handshake()
                peer.send(response(peer.receive(), "2.05", document.encode()))
                process.finish()
    yield process


@rows("LF-06", "LF-07", "LF-08")
def test_a_terminal_gets_a_table():
    with on_a_terminal(LINKS) as process:
        assert process.code == 0, process.text
        assert "\x1b[1m" in process.text
        header, *rest = [line for line in process.screen if line]
    names = ["RESOURCE", "TITLE", "TYPE", "INTERFACE", "FORMAT", "SIZE", "OTHER"]
    columns = {name: header.index(name) for name in names}
    assert len(rest) == 3
    assert rest[0].startswith("/sensors/temperature  Temperature, \"indoors\"")
    assert rest[0][columns["TYPE"] :].startswith("temperature sensor")
    assert rest[0][columns["FORMAT"] :].startswith("text senml+cbor") and "observable" in rest[0]
    assert rest[1].startswith("/log") and rest[1][columns["SIZE"] :].startswith("1048576")
    assert rest[2].startswith("/a,b;c") and rest[2][columns["OTHER"] :] == "x-note=a;b,c"


def test_raw_is_raw_on_a_terminal_too():
    with on_a_terminal(LINKS, "--raw") as process:
        assert [line for line in process.screen if line][1] == "</log>;sz=1048576;ct=42"
        assert "\x1b" not in process.text


@pytest.mark.parametrize("arguments", [(), ("--raw",)])
def test_control_characters_never_reach_the_terminal(arguments):
    document = '</\x1b]0;title\x07>;title="\x1b[2J\x00";rt=\x9b1m'
    with on_a_terminal(document, *arguments, environment={"NO_COLOR": "1"}) as process:
        assert not set(process.text) & {"\x1b", "\x07", "\x00", "\x9b"}, repr(process.text)


@rows("LF-07")
@pytest.mark.parametrize(
    "document, links, is_sound",
    [
        ('</a>;title="a,b;c>",</b>', 2, True),
        ('</a>;title="\\",</x>"', 1, True),
        ("</a,b>,</c;d>", 2, True),
        ("</a>;obs;ct=40;rt=x , </b> ;\n if = y", 2, True),
        ("</a>,", 1, True),
        ("nonsense,</b>", 1, False),
        ("</a>;;rt=x,</b>", 1, False),
        ('</a>;title="open,</b>', 0, False),
        ("</a", 0, False),
        ("<", 0, False),
        ("</a>junk,</b>", 1, False),
        ("</a>;=x,</b>", 1, False),
        (",,,", 0, False),
    ],
)
def test_what_is_no_link_is_said_and_passed_over(document, links, is_sound):
    _, process = discover(document)
    assert len(process.stdout.splitlines()) == links, str(process)
    assert process.code == (0 if is_sound else 1), str(process)
    assert is_sound or "no link at byte" in process.stderr, str(process)


def test_another_format_is_said():
    _, process = discover("{}", options=((CONTENT_FORMAT, b"\x32"),))
    assert process.code == 1, str(process)
    assert_one_clear_line(process, "application/json", "link-format")


@pytest.mark.parametrize("dotted, code", [("4.04", 4), ("5.03", 5)])
def test_an_error_is_its_class(dotted, code):
    _, process = discover("none here", dotted=dotted, options=())
    assert process.code == code, str(process)
    assert_one_clear_line(process, dotted, "none here")


def test_a_long_document_is_fetched_to_its_end():
    document = ",".join(f"</resource/{index}>;rt=r{index}" for index in range(300)).encode()
    with FakeServer() as server:
        process = start_coap("discover", server.uri("/"))
        with server.accept() as peer:
            peer.handshake()
            for number in range(len(document) // 1024 + 1):
                request = peer.receive()
                assert (block_of(request, BLOCK2) or (0,))[0] == number
                more = (number + 1) * 1024 < len(document)
                piece = document[number * 1024 :][:1024]
                peer.send(response(request, "2.05", piece, (BLOCK2, block(number, more, 6))))
            assert peer.receive().code == messages.RELEASE
            peer.close()
            assert process.wait() == 0, str(process)
    assert len(process.stdout.splitlines()) == 300
