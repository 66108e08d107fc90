"""The requests of HTTP/2 of the corpus: the notation of `tests/corpus/http2`, and a visitor that sends them as they are.

Part of `corpus-compare.py`.
"""

import re
import socket
import time

KINDS = "DATA HEADERS PRIORITY RST_STREAM SETTINGS PUSH_PROMISE PING GOAWAY WINDOW_UPDATE CONTINUATION".split()
FLAGS = {"END_STREAM": 0x1, "END_HEADERS": 0x4, "PADDED": 0x8, "PRIORITY": 0x20}
CODES = (
    "NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR "
    "REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED"
).split()

# The preface, and SETTINGS with SETTINGS_HEADER_TABLE_SIZE = 0.
OPENING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])


def words(line):
    """Words between blanks; a quoted one may hold escapes."""
    for quoted, plain in re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line):
        yield plain.encode() if plain else quoted.encode("latin-1").decode("unicode_escape").encode("latin-1")


def text(value):
    """A text of HPACK as it is (RFC 7541 sections 5.1 and 5.2)."""
    length, head = len(value), bytearray()
    if length < 127:
        return bytes([length]) + value
    head.append(127)
    length -= 127
    while length >= 128:
        head.append(length % 128 | 128)
        length //= 128
    head.append(length)
    return bytes(head) + value


def pieces(message):
    """The bytes of a message, in the pieces between which its visitor pauses."""
    done, frame = [b""], None

    def finish():
        nonlocal frame
        if frame:
            kind, flags, stream, payload = frame
            done[-1] += len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
        frame = None

    for line in message.split("\n"):
        if line.startswith(" "):
            name, value = (list(words(line)) + [b""])[:2]
            frame[3] += b"\0" + text(name) + text(value)
        elif line and not line.startswith("#"):
            finish()
            if line == "PAUSE":
                done.append(b"")
            else:
                frame = begun(line)
    finish()
    return done


def begun(line):
    """Kind, flags, stream and payload of the frame that a line begins."""
    parts = words(line)
    kind = next(parts).decode()
    frame = [KINDS.index(kind), FLAGS["END_HEADERS"] if kind in ("HEADERS", "CONTINUATION") else 0, 1, b""]
    for word in parts:
        if word == b"MORE":
            frame[1] &= ~FLAGS["END_HEADERS"]
        elif word == b"on":
            frame[2] = int(next(parts))
        elif word.decode("latin-1") in FLAGS:
            frame[1] |= FLAGS[word.decode()]
        else:
            frame[3] = word
    return frame


def status(block):
    """The status at the beginning of a header block."""
    while block and block[0] & 0xE0 == 0x20:
        block = block[1:]
    known = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
    if block[0] & 0x80:
        return known.get(block[0] & 0x7F, 0)
    length, value = block[1] & 0x7F, block[2:]
    if not block[1] & 0x80:
        return int(value[:length])
    bits = "".join(f"{byte:08b}" for byte in value[:length])
    digits = {f"{n:05b}": n for n in range(3)} | {f"{n + 22:06b}": n for n in range(3, 10)}
    found = re.match("(%s)" * 3 % (("|".join(digits),) * 3), bits)
    return int("".join(str(digits[code]) for code in found.groups()))


def exchange(port, message, quiet, patience):
    """What the streams of a message, and its connection, come to."""
    told = []
    with socket.create_connection(("127.0.0.1", port), patience) as stream:
        stream.settimeout(quiet)
        try:
            for at, piece in enumerate(pieces(message)):
                time.sleep(quiet if at else 0)
                stream.sendall(piece if at else OPENING + piece)
        except OSError:
            pass
        got, deadline = b"", time.monotonic() + patience
        while time.monotonic() < deadline:
            try:
                piece = stream.recv(65536)
            except TimeoutError:
                break
            except OSError:
                piece = b""
            if not piece:
                told.append("closed")
                break
            got += piece
            while len(got) >= 9 and len(got) >= 9 + int.from_bytes(got[:3], "big"):
                length = int.from_bytes(got[:3], "big")
                told += meaning(got[3], got[4], got[9 : 9 + length])
                got = got[9 + length :]
    return [word for word in told if word != "closed"] or told


def meaning(kind, flags, payload):
    """What a frame says of a stream's or the connection's fate; nothing for most frames."""
    name = KINDS[kind] if kind < len(KINDS) else ""
    if name == "HEADERS" and flags & ~0x5 == 0 and payload:
        return [str(status(payload))]
    if name == "RST_STREAM":
        return [f"reset {CODES[int.from_bytes(payload, 'big')]}"]
    if name == "GOAWAY":
        return [f"goaway {CODES[int.from_bytes(payload[4:8], 'big')]}"]
    return []
