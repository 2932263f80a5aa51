#!/usr/bin/env python3
"""A second implementation of the sealed file, written from docs/spec/envelope.md alone.

    sealkeep_envelope.py seal  --suite S --key HEX --key-id HEX [--salt HEX] [--segment-log2 N]
                               [--path P] [--mode OCTAL] [--mtime S.NS] IN OUT
    sealkeep_envelope.py open  --key HEX IN OUT        prints the metadata as JSON
    sealkeep_envelope.py check-vectors DIR             opens and seals every vector
    sealkeep_envelope.py make-vectors DIR              writes them

AES-GCM comes from the Python package `cryptography`; SM3, SM4 and its GCM are written out in gm.py beside this file.
Slow, and not constant time: for tests only.
"""

import argparse
import hashlib
import hmac
import json
import os
import struct
import sys
from pathlib import Path

import gm
import suite as suites

MAGIC = bytes.fromhex("89534B4545500D0A")
BUCKETS = [64, 128, 192, 256, 320, 384, 448, 512, 1024, 2048, 4096, 8192, 16384, 32768]
KINDS = {"file": 1, "directory": 2, "symlink": 3}


class Refused(Exception):
    """A sealed file that section 7 refuses; the first argument is the class."""


SUITES = {suite.name: suite for suite in suites.SUITES.values()}


class FileKeys:
    def __init__(self, suite, data_key, header64):
        self.prk = suite.hmac(header64[32:64], data_key)
        info = b"sealkeep/v1/envelope" + bytes([suite.id]) + suite.hash(header64)
        okm = suite.hkdf_expand(self.prk, info, 2 * suite.key_len + 44)
        k = suite.key_len
        self.payload, self.metadata = okm[:k], okm[k : 2 * k]
        self.base_nonce, self.commitment = okm[2 * k : 2 * k + 12], okm[2 * k + 12 :]


def segment_nonce(base, index, last):
    mask = bytes(7) + struct.pack(">I", index) + bytes([last])
    return bytes(a ^ b for a, b in zip(base, mask))


# Metadata (section 4)


def check_path(path):
    if any(part in (b"", b".", b"..") for part in path.split(b"/")) or b"\0" in path:
        raise Refused("metadata")


def encode_metadata(metadata):
    path, mode, mtime = metadata.get("path"), metadata.get("mode"), metadata.get("mtime")
    raw = bytes.fromhex(path) if path is not None else b""
    if path is not None:
        check_path(raw)
    presence = (path is not None) | (mode is not None) << 1 | (mtime is not None) << 2
    seconds, nanoseconds = mtime or (0, 0)
    plain = struct.pack(">BBHIqI", KINDS[metadata["kind"]], presence, len(raw), mode or 0, seconds, nanoseconds) + raw
    return plain.ljust(min(b for b in BUCKETS if b >= len(plain)), b"\0")


def decode_metadata(plain):
    kind, presence, length, mode, seconds, nanoseconds = struct.unpack(">BBHIqI", plain[:20])
    names = {number: name for name, number in KINDS.items()}
    if kind not in names or presence > 7 or mode > 0o7777 or nanoseconds > 999_999_999:
        raise Refused("metadata")
    metadata = {"kind": names[kind]}
    if presence & 1:
        metadata["path"] = plain[20 : 20 + length].hex()
    if presence & 2:
        metadata["mode"] = mode
    if presence & 4:
        metadata["mtime"] = [seconds, nanoseconds]
    if kind == 3 and not presence & 1 or encode_metadata(metadata) != plain:
        raise Refused("metadata")
    return metadata


# Sealing and opening (sections 2, 5, 6)


def seal(suite_name, data_key, key_id, metadata, content, salt=None, segment_log2=16):
    suite, size = SUITES[suite_name], 1 << segment_log2
    salt = salt or os.urandom(32)
    plain = encode_metadata(metadata)
    header = MAGIC + struct.pack(">BBHBBH", 1, suite.id, 0, segment_log2, 0, len(plain) + 16) + key_id + salt
    keys = FileKeys(suite, data_key, header)
    sealed = header + keys.commitment
    sealed += suite.seal(keys.metadata, bytes(12), keys.commitment, plain)
    count = max(1, -(-len(content) // size))
    parts = [sealed]
    for i in range(count):
        nonce = segment_nonce(keys.base_nonce, i, i == count - 1)
        parts.append(suite.seal(keys.payload, nonce, b"", content[i * size : (i + 1) * size]))
    return b"".join(parts), keys


def parse_header(sealed):
    if sealed[:8] != MAGIC:
        altered = (b"\tSKEEP\r\n", b"\x89SKEEP\n", b"\x89SKEEP\r\r\n")
        raise Refused("header" if sealed.startswith(altered) else "not-sealed")
    if len(sealed) < 96:
        raise Refused("truncated")
    version, suite_id, flags, log2, reserved, length = struct.unpack(">BBHBBH", sealed[8:16])
    if version != 1:
        raise Refused("version")
    by_id = {suite.id: suite for suite in SUITES.values()}
    if suite_id not in by_id:
        raise Refused("suite")
    if flags:
        raise Refused("flags")
    if not 12 <= log2 <= 24 or reserved or length - 16 not in BUCKETS:
        raise Refused("header")
    return by_id[suite_id], 1 << log2, length


def open_sealed(sealed, data_key):
    suite, size, length = parse_header(sealed)
    if len(sealed) < 96 + length:
        raise Refused("truncated")
    keys = FileKeys(suite, data_key, sealed[:64])
    if not hmac.compare_digest(keys.commitment, sealed[64:96]):
        raise Refused("wrong-key-or-header")
    try:
        plain = suite.open(keys.metadata, bytes(12), keys.commitment, sealed[96 : 96 + length])
    except ValueError:
        raise Refused("metadata") from None
    metadata = decode_metadata(plain)
    return metadata, open_segments(suite, size, keys, sealed[96 + length :])


def open_segments(suite, size, keys, body):
    count = max(1, -(-len(body) // (size + 16)))
    last = len(body) - (count - 1) * (size + 16)
    if last < 16 or (count > 1 and last <= 16):
        raise Refused("truncated")
    out = []
    for i in range(count):
        segment = body[i * (size + 16) : (i + 1) * (size + 16)]
        ends = i == count - 1
        try:
            out.append(suite.open(keys.payload, segment_nonce(keys.base_nonce, i, ends), b"", segment))
        except ValueError:
            if ends and len(segment) == size + 16:
                try:
                    suite.open(keys.payload, segment_nonce(keys.base_nonce, i, False), b"", segment)
                    raise Refused("truncated") from None
                except ValueError:
                    pass
            raise Refused("damaged", i) from None
    return b"".join(out)


# Vectors (section 10)


def expand_content(content):
    if isinstance(content, str):
        return bytes.fromhex(content)
    pattern, length = bytes.fromhex(content["repeat"]), content["length"]
    return (pattern * (length // len(pattern) + 1))[:length]


def vector_cases():
    """(name, comment, suite, metadata, content, change, expected class, segment)"""
    stream = {"kind": "file"}
    scan = {"kind": "file", "path": b"ward 7/\xe7\x97\x85\xe5\x8e\x86.txt".hex(), "mode": 0o640, "mtime": [1700000000, 123456789]}
    long_path = {"kind": "file", "path": (b"a/" * 300 + b"b").hex(), "mode": 0o4755, "mtime": [-1, 999999999]}
    some = {"repeat": "00010203040506070809fa", "length": 10000}
    full = {"repeat": "5a5b5c", "length": 8192}
    stride = 4096 + 16

    def at(offset, value):
        return lambda sealed: sealed[:offset] + bytes([value]) + sealed[offset + 1 :]

    def flip(offset):
        return lambda sealed: sealed[:offset] + bytes([sealed[offset] ^ 1]) + sealed[offset + 1 :]

    def cut(length):
        return lambda sealed: sealed[:length]

    def swap(sealed):
        a, b, c = 176, 176 + stride, 176 + 2 * stride
        return sealed[:a] + sealed[b:c] + sealed[a:b] + sealed[c:]

    for suite in SUITES:
        yield f"empty-{suite}", "empty content: one empty last segment", suite, stream, "", None, "opens", None
        yield f"one-byte-{suite}", "one byte", suite, scan, "41", None, "opens", None
        yield f"three-segments-{suite}", "two full segments and a short one", suite, scan, some, None, "opens", None
        yield f"full-last-{suite}", "content is a multiple of the segment size: the last segment is full", suite, stream, full, None, "opens", None
    aes = "aes256-gcm"
    yield "long-path", "metadata in the bucket of 1,024; setuid; a time before 1970", aes, long_path, "00", None, "opens", None
    yield "directory", "a directory object: no content", aes, {"kind": "directory", "path": b"a/b".hex(), "mode": 0o755, "mtime": [0, 0]}, "", None, "opens", None
    yield "top-directory", "the top of a tree: a directory without a path", aes, {"kind": "directory", "mode": 0o755}, "", None, "opens", None
    yield "symlink", "a symbolic link: the content is its target", aes, {"kind": "symlink", "path": b"l".hex(), "mtime": [5, 0]}, b"../x".hex(), None, "opens", None
    yield "bad-magic", "another magic", aes, stream, "41", at(1, 0x73), "not-sealed", None
    yield "text-mode", "0D 0A became 0A", aes, stream, "41", lambda s: s[:6] + s[7:], "header", None
    yield "version-2", "unknown version", aes, stream, "41", at(8, 2), "version", None
    yield "suite-3", "unknown suite", aes, stream, "41", at(9, 3), "suite", None
    yield "suite-exchanged", "the other suite: found at the commitment", aes, stream, "41", at(9, 2), "wrong-key-or-header", None
    yield "flag-padding", "reserved flag", aes, stream, "41", at(11, 1), "flags", None
    yield "flag-portable", "reserved flag", aes, stream, "41", at(11, 2), "flags", None
    yield "segment-too-small", "log2 of the segment size 11", aes, stream, "41", at(12, 11), "header", None
    yield "segment-changed", "another segment size: found at the commitment", aes, stream, "41", at(12, 16), "wrong-key-or-header", None
    yield "reserved-byte", "reserved byte not zero", aes, stream, "41", at(13, 1), "header", None
    yield "metadata-length", "a length that is no bucket", aes, stream, "41", at(15, 81), "header", None
    yield "key-id-changed", "changed key id", aes, stream, "41", flip(20), "wrong-key-or-header", None
    yield "salt-changed", "changed salt", aes, stream, "41", flip(40), "wrong-key-or-header", None
    yield "commitment-changed", "changed commitment", aes, stream, "41", flip(64), "wrong-key-or-header", None
    yield "metadata-changed", "changed metadata", aes, stream, "41", flip(100), "metadata", None
    yield "segment-damaged", "a changed byte in segment 1", aes, stream, some, flip(176 + stride + 5), "damaged", 1
    yield "segments-swapped", "segments 0 and 1 exchanged", aes, stream, some, swap, "damaged", 0
    yield "cut-in-header", "cut inside the header", aes, stream, some, cut(95), "truncated", None
    yield "cut-in-metadata", "cut inside the metadata", aes, stream, some, cut(120), "truncated", None
    yield "cut-at-boundary", "cut after segment 1", aes, stream, some, cut(176 + 2 * stride), "truncated", None
    yield "cut-in-segment", "cut inside segment 1", aes, stream, some, cut(176 + stride + 100), "damaged", 1
    yield "cut-in-tag", "cut 16 bytes into segment 1", aes, stream, some, cut(176 + stride + 16), "truncated", None
    yield "no-segment", "cut after the preamble", aes, stream, "", cut(176), "truncated", None
    yield "appended", "a byte appended", aes, stream, some, lambda s: s + b"\0", "damaged", 2


def make_vectors(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, comment, suite, metadata, content, change, expect, segment) in enumerate(vector_cases()):
        data_key = hashlib.sha256(b"data key %d" % number).digest()
        key_id, salt = hashlib.sha256(b"key id %d" % number).digest()[:16], hashlib.sha256(b"salt %d" % number).digest()
        sealed, keys = seal(suite, data_key, key_id, metadata, expand_content(content), salt, 12)
        case = {
            "comment": comment, "suite": suite, "segment_log2": 12, "data_key": data_key.hex(), "key_id": key_id.hex(),
            "salt": salt.hex(), "metadata": metadata, "content": content, "sealed": f"{name}.sealed", "expect": expect,
        }
        if change:
            sealed = change(sealed)
        else:
            case |= {
                "prk": keys.prk.hex(), "payload_key": keys.payload.hex(), "metadata_key": keys.metadata.hex(),
                "base_nonce": keys.base_nonce.hex(), "commitment": keys.commitment.hex(),
            }
        if segment is not None:
            case["segment"] = segment
        (folder / f"{name}.sealed").write_bytes(sealed)
        (folder / f"{name}.json").write_text(json.dumps(case, indent=2) + "\n")


def check_vectors(folder):
    count = 0
    for path in sorted(folder.glob("*.json")):
        case = json.loads(path.read_text())
        sealed, data_key = (folder / case["sealed"]).read_bytes(), bytes.fromhex(case["data_key"])
        content = expand_content(case["content"])
        try:
            result = open_sealed(sealed, data_key)
        except Refused as refused:
            got = list(refused.args)
            want = [case["expect"]] + ([case["segment"]] if "segment" in case else [])
            assert got == want, (path.name, got, want)
        else:
            assert case["expect"] == "opens", path.name
            assert result == (case["metadata"], content), path.name
            again, keys = seal(
                case["suite"], data_key, bytes.fromhex(case["key_id"]), case["metadata"], content,
                bytes.fromhex(case["salt"]), case["segment_log2"],
            )
            assert again == sealed and keys.prk.hex() == case["prk"], path.name
        count += 1
    assert count, f"no vectors in {folder}"
    print(f"{count} vectors agree")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    sealing = commands.add_parser("seal")
    sealing.add_argument("--suite", choices=SUITES, required=True)
    for name in ("--key", "--key-id"):
        sealing.add_argument(name, type=bytes.fromhex, required=True)
    sealing.add_argument("--salt", type=bytes.fromhex)
    sealing.add_argument("--segment-log2", type=int, default=16)
    sealing.add_argument("--path", type=os.fsencode)
    sealing.add_argument("--mode", type=lambda text: int(text, 8))
    sealing.add_argument("--mtime")
    opening = commands.add_parser("open")
    opening.add_argument("--key", type=bytes.fromhex, required=True)
    for command in (sealing, opening):
        command.add_argument("input", type=Path)
        command.add_argument("output", type=Path)
    for name in ("check-vectors", "make-vectors"):
        commands.add_parser(name).add_argument("folder", type=Path)
    args = parser.parse_args()

    gm.check_examples()
    if args.command == "seal":
        metadata = {"kind": "file"}
        if args.path is not None:
            metadata["path"] = args.path.hex()
        if args.mode is not None:
            metadata["mode"] = args.mode
        if args.mtime is not None:
            metadata["mtime"] = [int(part) for part in args.mtime.split(".")]
        content = args.input.read_bytes()
        sealed, _ = seal(args.suite, args.key, args.key_id, metadata, content, args.salt, args.segment_log2)
        args.output.write_bytes(sealed)
    elif args.command == "open":
        try:
            metadata, content = open_sealed(args.input.read_bytes(), args.key)
        except Refused as refused:
            print("refused:", *refused.args, file=sys.stderr)
            return 1
        args.output.write_bytes(content)
        print(json.dumps(metadata))
    elif args.command == "make-vectors":
        make_vectors(args.folder)
    else:
        check_vectors(args.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
