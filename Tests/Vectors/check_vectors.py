#!/usr/bin/env python3
"""Check Tests/Vectors against an independent decoder.

Written from RFC 8323, 7252, 8974 and 6455, not from the SDK's sources: it decodes every
input again, compares with `decodes`, and tests that expectations, outputs, URIs, BERT
sizes and handshake keys fit together. Exits with 1 when something does not.
"""

import argparse
import base64
import hashlib
import json
import pathlib
import re
import sys
from urllib.parse import quote, unquote_to_bytes

KINDS = {"abort", "close", "incomplete", "silent", "reply", "replyExact", "wsClose"}
FIELDS = ["id", "group", "config", "input", "decodes", "expect", "out", "handling", "rows", "note"]
SETTINGS = {"maxMessageSize", "maxTokenLength", "role", "scheme", "destination", "port", "defaultHost", "uri", "composed"}
DEFAULT_PORTS = {"coap+tcp": 5683, "coaps+tcp": 5684, "coap+ws": 80, "coaps+ws": 443}


class FormatError(Exception):
    pass


class Short(Exception):
    pass


def expand(text):
    """Resolve the `{41*268}` notation."""
    return re.sub(r"\{([0-9a-f]{2})\*(\d+)\}", lambda m: m[1] * int(m[2]), text)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count, error=Short):
        if self.at + count > len(self.data):
            raise error
        self.at += count
        return self.data[self.at - count : self.at]

    def extended(self, nibble, error=Short):
        """The 13 / 14 construction shared by option delta, option length and token length."""
        if nibble == 13:
            return self.take(1, error)[0] + 13
        if nibble == 14:
            return int.from_bytes(self.take(2, error), "big") + 269
        return nibble


class Truncated(FormatError):
    def __init__(self):
        super().__init__("opt-trunc")


def decode_body(body):
    """Options and payload (RFC 7252 section 3.1)."""
    reader, number, options = Reader(body), 0, []
    while reader.at < len(body):
        first = reader.take(1)[0]
        if first == 0xFF:
            if reader.at == len(body):
                raise FormatError("marker-empty")
            return options, body[reader.at :]
        if first >> 4 == 15:
            raise FormatError("opt-delta15")
        if first & 15 == 15:
            raise FormatError("opt-len15")
        number += reader.extended(first >> 4, Truncated)
        if number > 65535:
            raise FormatError("opt-overflow")
        options.append((number, reader.take(reader.extended(first & 15, Truncated), Truncated)))
    return options, b""


def decode_message(reader, max_size, max_token, websocket=False):
    """One message: (code, token, options, payload)."""
    start = reader.at
    first = reader.take(1)[0]
    length_nibble = first >> 4
    if websocket and length_nibble:
        raise FormatError("ws-len")
    if length_nibble == 15:
        length = int.from_bytes(reader.take(4), "big") + 65805
    else:
        length = reader.extended(length_nibble)
    code = reader.take(1)[0]
    nibble = first & 15
    if nibble == 15 or (nibble > 12 and max_token <= 12):
        raise FormatError("tkl")
    token_length = reader.extended(nibble)
    if token_length > max_token:
        raise FormatError("tkl")
    if websocket:
        length = len(reader.data) - reader.at - token_length
    total = reader.at - start + token_length + length
    if total > max_size:
        raise FormatError(f"oversize:{total}")
    token = reader.take(token_length)
    body = reader.take(length)
    if code == 0 and (token or body):
        raise FormatError("empty-not-empty")
    return (code, token, *decode_body(body))


def show_code(code):
    return f"{code >> 5}.{code & 31:02d}"


def show(message):
    code, token, options, payload = message
    listed = ",".join(f"{number}={value.hex()}" for number, value in options)
    tail = f":{payload.hex()}" if 0 < len(payload) <= 16 else ""
    return f"{show_code(code)} T:{token.hex() or '-'} O:{listed or '-'} P:{len(payload)}{tail}"


def decode_stream(data, max_size, max_token):
    """(texts, messages): `texts` is the `decodes` notation, split."""
    reader, texts, messages = Reader(data), [], []
    while reader.at < len(data):
        try:
            messages.append(decode_message(reader, max_size, max_token))
            texts.append(show(messages[-1]))
        except Short:
            texts.append("INCOMPLETE")
            break
        except FormatError as error:
            texts.append(f"ERR:{error}")
            break
    return texts, messages


def decode_frame(reader, from_client, fragment_open):
    """One WebSocket frame (RFC 6455 section 5.2): (fin, opcode, masked, payload)."""
    first, second = reader.take(2)
    fin, opcode, masked, length = first >> 7, first & 15, second >> 7, second & 127
    if first & 0x70:
        raise FormatError("rsv")
    if opcode not in (0, 1, 2, 8, 9, 10):
        raise FormatError("opcode")
    if opcode >= 8 and not fin:
        raise FormatError("ctl-frag")
    if opcode >= 8 and length > 125:
        raise FormatError("ctl-len")
    if length == 126:
        length = int.from_bytes(reader.take(2), "big")
        if length < 126:
            raise FormatError("nonminimal")
    elif length == 127:
        length = int.from_bytes(reader.take(8), "big")
        if length >> 63:
            raise FormatError("len63")
        if length < 65536:
            raise FormatError("nonminimal")
    if bool(masked) != from_client:
        raise FormatError("unmasked" if from_client else "masked")
    if opcode == 1:
        raise FormatError("text")
    if opcode == 2 and fragment_open:
        raise FormatError("interleave")
    if opcode == 0 and not fragment_open:
        raise FormatError("continuation")
    if opcode == 8 and length == 1:
        raise FormatError("close-len")
    key = reader.take(4) if masked else bytes(4)
    payload = bytes(byte ^ key[i % 4] for i, byte in enumerate(reader.take(length)))
    return fin, opcode, masked, payload


def decode_websocket(data, from_client, max_size, max_token):
    reader, texts, messages, open_message = Reader(data), [], [], None
    while reader.at < len(data):
        try:
            fin, opcode, masked, payload = decode_frame(reader, from_client, open_message is not None)
        except Short:
            texts.append("INCOMPLETE")
            break
        except FormatError as error:
            texts.append(f"WSERR:{error}")
            break
        text = f"WS fin={fin} op={opcode} mask={masked} len={len(payload)} "
        if opcode >= 8:
            texts.append(text + f"ctl:{payload.hex()}")
            continue
        open_message = (open_message or b"") + payload
        if not fin:
            texts.append(text + "frag")
            continue
        try:
            messages.append(decode_message(Reader(open_message), max_size, max_token, websocket=True))
            texts.append(text + "CoAP " + show(messages[-1]))
        except (Short, FormatError) as error:
            texts.append(text + ("CoAP ERR:short" if isinstance(error, Short) else f"CoAP ERR:{error}"))
            break
        open_message = None
    return texts, messages


def uri_options(uri, scheme, destination, port, default_host):
    """RFC 7252 section 6.4 with the changes of RFC 8323 section 8."""
    match = re.fullmatch(r"([a-zA-Z+]+)://(\[[^\]]*\]|[^:/?]*)(?::(\d*))?([^?]*)(?:\?(.*))?", uri)
    uri_scheme, host, uri_port, path, query = match.groups()
    if uri_scheme.lower() != scheme:
        raise ValueError("scheme")
    options = []
    host = unquote_to_bytes(host.lower())
    if host not in (destination.encode(), (default_host or destination).encode()):
        # Both peers leave the brackets of an IPv6 address away.
        host = host.strip(b"[]")
        options.append((3, host))
    if int(uri_port or DEFAULT_PORTS[scheme]) != port:
        options.append((7, int(uri_port or DEFAULT_PORTS[scheme]).to_bytes(2, "big").lstrip(b"\0")))
    if path not in ("", "/"):
        options += [(11, unquote_to_bytes(segment)) for segment in path[1:].split("/")]
    if query is not None:
        options += [(15, unquote_to_bytes(argument)) for argument in query.split("&")]
    return options


def compose_uri(options, scheme, destination, port, default_host):
    """RFC 7252 section 6.5 with the changes of RFC 8323 section 8."""
    sub_delims = "!$&'()*+,;="

    def values(number):
        return [value for found, value in options if found == number]

    host = (values(3) or [(default_host or destination).encode()])[0].lower()
    if b":" in host:
        host = "[" + host.strip(b"[]").decode() + "]"
    else:
        host = quote(host, safe=sub_delims + "~")
    if values(7):
        port = int.from_bytes(values(7)[0], "big")
    shown_port = "" if port == DEFAULT_PORTS[scheme] else f":{port}"
    path = "".join("/" + quote(value, safe=sub_delims + "~:@") for value in values(11)) or "/"
    query = "&".join(quote(value, safe=sub_delims.replace("&", "") + "~:@/?") for value in values(15))
    return f"{scheme}://{host}{shown_port}{path}" + ("?" + query if values(15) else "")


def expectation_problem(vector, texts, messages):
    """What is wrong between what the input decodes to and what is expected of us."""
    expect, kind, group = vector["expect"], vector["expect"]["kind"], vector["group"]
    classes = [message[0] >> 5 for message in messages]
    codes = [message[0] for message in messages]
    last = texts[-1]
    answered = [code for code in codes if 0 < code < 32 or code == 0xE2]
    if "WSERR:" in last or "ERR:" in last or (group == "W" and "op=8" in last):
        wanted = {"wsClose"} if group == "W" else {"abort"}
        if group == "W" and expect.get("abort") != ("CoAP ERR:" in last):
            return "abort flag"
    elif last == "INCOMPLETE":
        wanted = {"incomplete"}
    elif 0xE4 in codes or 0xE5 in codes:
        critical = any(number & 1 for number, _ in messages[0][2])
        wanted = {"abort"} if critical and 0xE4 in codes else {"close"}
    elif group == "C" and codes[0] != 0xE1 or any(c in (1, 3, 6) for c in classes):
        wanted = {"abort"}
    elif any(c == 7 and not 0xE1 <= code <= 0xE5 for c, code in zip(classes, codes)):
        wanted = {"abort"}
    elif 7 in classes and any(number & 1 for message in messages for number, _ in message[2]):
        wanted = {"abort"}
    elif answered or "op=9" in " ".join(texts):
        wanted = {"reply", "replyExact"}
    else:
        wanted = {"silent"}
    if kind not in wanted:
        return f"expect {kind}, but the input asks for {' or '.join(sorted(wanted))}"
    if kind == "reply":
        if len(expect["codes"]) != len(answered):
            return f"{len(answered)} answers are due"
        if any(not re.fullmatch(r"[2-57]\.\d\d(\|[2-57]\.\d\d)*", code) for code in expect["codes"]):
            return "reply codes"
        if any((code == 0xE2) != (reply == "7.03") for code, reply in zip(answered, expect["codes"])):
            return "a Ping is answered by 7.03, a request by a response"
    if kind == "replyExact" and "out" not in vector:
        return "replyExact without out"
    return None


def output_problem(vector, messages, from_us_client):
    """`out` decodes, and answers with the token of the request or Ping."""
    if "out" not in vector:
        return None
    data = bytes.fromhex(expand(vector["out"]))
    if vector["group"] == "W":
        texts, sent = decode_websocket(data, from_us_client, 1 << 40, 65804)
    else:
        texts, sent = decode_stream(data, 1 << 40, 65804)
    if any("ERR" in text or text == "INCOMPLETE" for text in texts):
        return f"out decodes to {' / '.join(texts)}"
    kind = vector["expect"]["kind"]
    if kind == "abort" and [message[0] for message in sent] != [0xE5]:
        return "out is no Abort"
    if kind == "replyExact" and sent and [m[1] for m in sent] != [m[1] for m in messages]:
        return "out does not echo the token"
    if kind == "wsClose" and f"ctl:{vector['expect']['code']:04x}" not in texts[-1]:
        return "out is not that Close"
    return None


def vector_problems(vector):
    if [field for field in FIELDS if field in vector] != list(vector):
        yield "unknown field, or fields out of order"
    if vector["id"][:3] != "V-" + vector["group"] or vector["expect"]["kind"] not in KINDS:
        yield "id, group or kind"
    config = vector["config"]
    if set(config) - SETTINGS:
        yield "unknown setting"
    data = bytes.fromhex(expand(vector["input"]))
    limits = config.get("maxMessageSize", 1152), config.get("maxTokenLength", 8)
    role = config.get("role", "stream")
    if role == "stream":
        texts, messages = decode_stream(data, *limits)
    else:
        texts, messages = decode_websocket(data, role == "wsServer", *limits)
    if " / ".join(texts) != expand(vector["decodes"]):
        yield f"decodes to {' / '.join(texts)[:200]}"
        return
    for problem in (
        expectation_problem(vector, texts, messages),
        output_problem(vector, messages, role == "wsClient"),
    ):
        if problem:
            yield problem
    if "uri" in config:
        parts = [config.get(key) for key in ("uri", "scheme", "destination", "port", "defaultHost")]
        if uri_options(*parts) != messages[0][2]:
            yield f"the URI gives {uri_options(*parts)}"
        composed = compose_uri(messages[0][2], *parts[1:])
        if composed != config.get("composed", config["uri"]):
            yield f"the options give {composed}"
        if uri_options(composed, *parts[1:]) != messages[0][2]:
            yield f"what the options give, {composed}, gives others"


def bert_problems(rows):
    for row in rows:
        blocks = (row["maxMessageSize"] - row["overhead"]) // 1024
        if (blocks, blocks * 1024) != (row["blocks"], row["payload"]):
            yield f"bert-sizes.json {row['maxMessageSize']}: {blocks} blocks"


def handshake_problems(rows):
    for row in rows:
        if "key" in row and len(base64.b64decode(row["key"])) != 16:
            yield f"handshakes.json {row['id']}: key is not 16 bytes"
        if "accept" in row:
            digest = hashlib.sha1((row["key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode())
            if base64.b64encode(digest.digest()).decode() != row["accept"]:
                yield f"handshakes.json {row['id']}: accept"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    folder = pathlib.Path(__file__).resolve().parent

    def load(name):
        return json.loads((folder / name).read_text(encoding="utf-8"))

    vectors, bert, handshakes = load("vectors.json"), load("bert-sizes.json"), load("handshakes.json")

    problems = []
    if len({vector["id"] for vector in vectors}) != len(vectors):
        problems.append("an id occurs twice")
    groups = {}
    for vector in vectors:
        groups[vector["group"]] = groups.get(vector["group"], 0) + 1
        problems += [f"{vector['id']}: {problem}" for problem in vector_problems(vector)]
    problems += [*bert_problems(bert), *handshake_problems(handshakes)]

    for problem in problems:
        print(problem)
    listed = " ".join(f"{group}:{count}" for group, count in groups.items())
    print(
        f"{len(vectors)} vectors ({listed}), {len(bert)} BERT sizes, {len(handshakes)} handshakes: "
        + (f"{len(problems)} problems" if problems else "all agree")
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
