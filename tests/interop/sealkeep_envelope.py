#!/usr/bin/env python3
"""A second implementation of the sealed file, written from docs/spec/envelope.md alone.

    sealkeep_envelope.py seal  --suite S --key HEX --key-id HEX [--salt HEX] [--segment-log2 N]
                               [--path P] [--mode OCTAL] [--mtime S.NS] IN OUT
    sealkeep_envelope.py open  --key HEX IN OUT        prints the metadata as JSON
    sealkeep_envelope.py check-vectors DIR             opens and seals every vector
    sealkeep_envelope.py make-vectors DIR              writes them

AES-GCM and SHA-256 come from the Python package `cryptography` and the standard library; SM3, SM4 and its GCM
are written out here. Slow, and not constant time: for tests only.
"""

import argparse
import hashlib
import hmac
import json
import os
import struct
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = bytes.fromhex("89534B4545500D0A")
BUCKETS = [64, 128, 192, 256, 320, 384, 448, 512, 1024, 2048, 4096, 8192, 16384, 32768]
KINDS = {"file": 1, "directory": 2, "symlink": 3}


class Refused(Exception):
    """A sealed file that section 7 refuses; the first argument is the class."""


# SM3, GB/T 32905-2016


def rotl(x, n):
    n %= 32
    return ((x << n) | (x >> (32 - n))) & 0xFFFFFFFF


def sm3_compress(v, block):
    w = list(struct.unpack(">16I", block))
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ rotl(w[j - 3], 15)
        w.append(x ^ rotl(x, 15) ^ rotl(x, 23) ^ rotl(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = v
    for j in range(64):
        t = 0x79CC4519 if j < 16 else 0x7A879D8A
        ss1 = rotl((rotl(a, 12) + e + rotl(t, j)) & 0xFFFFFFFF, 7)
        ss2 = ss1 ^ rotl(a, 12)
        ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
        tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & 0xFFFFFFFF
        tt2 = (gg + h + ss1 + w[j]) & 0xFFFFFFFF
        a, b, c, d = tt1, a, rotl(b, 9), c
        e, f, g, h = tt2 ^ rotl(tt2, 9) ^ rotl(tt2, 17), e, rotl(f, 19), g
    return [x ^ y for x, y in zip(v, (a, b, c, d, e, f, g, h))]


def sm3(data):
    v = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack(">Q", 8 * len(data))
    for at in range(0, len(padded), 64):
        v = sm3_compress(v, padded[at : at + 64])
    return struct.pack(">8I", *v)


# SM4, GB/T 32907-2016


def gf256_inverse(x, poly):
    # x^254 by repeated multiplication
    def mul(a, b):
        r = 0
        while b:
            if b & 1:
                r ^= a
            a <<= 1
            if a & 0x100:
                a ^= poly
            b >>= 1
        return r

    r = 1
    for _ in range(254):
        r = mul(r, x)
    return r


def sm4_sbox():
    # S(x) = A · (A·x + C)^-1 + C over x^8+x^7+x^6+x^5+x^4+x^2+1, A circulant with first row 0xA7 rotated, C = 0xD3
    def affine(x):
        r = 0
        for i in range(8):
            row = ((0xA7 << i) | (0xA7 >> (8 - i))) & 0xFF
            r |= (bin(row & x).count("1") & 1) << i
        return r ^ 0xD3

    return [affine(gf256_inverse(affine(x), 0x1F5)) for x in range(256)]


SBOX = sm4_sbox()
FK = (0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC)
CK = [sum(((4 * i + j) * 7 & 0xFF) << (24 - 8 * j) for j in range(4)) for i in range(32)]


def tau(x):
    return SBOX[x >> 24] << 24 | SBOX[x >> 16 & 255] << 16 | SBOX[x >> 8 & 255] << 8 | SBOX[x & 255]


class Sm4:
    def __init__(self, key):
        k = [a ^ b for a, b in zip(struct.unpack(">4I", key), FK)]
        self.round_keys = []
        for i in range(32):
            t = tau(k[1] ^ k[2] ^ k[3] ^ CK[i])
            k = k[1:] + [k[0] ^ t ^ rotl(t, 13) ^ rotl(t, 23)]
            self.round_keys.append(k[3])

    def encrypt(self, block):
        x = list(struct.unpack(">4I", block))
        for rk in self.round_keys:
            t = tau(x[1] ^ x[2] ^ x[3] ^ rk)
            x = x[1:] + [x[0] ^ t ^ rotl(t, 2) ^ rotl(t, 10) ^ rotl(t, 18) ^ rotl(t, 24)]
        return struct.pack(">4I", *reversed(x))


# GCM, SP 800-38D, for 96-bit nonces


class Sm4Gcm:
    def __init__(self, key):
        self.cipher = Sm4(key)
        h = int.from_bytes(self.cipher.encrypt(bytes(16)), "big")
        # table[i] = H · x^i
        self.table = []
        for _ in range(128):
            self.table.append(h)
            h = (h >> 1) ^ (0xE1 << 120 if h & 1 else 0)

    def _ghash(self, aad, text):
        y = 0
        lengths = struct.pack(">QQ", 8 * len(aad), 8 * len(text))
        for part in (aad, text, lengths):
            for at in range(0, len(part), 16):
                x = y ^ int.from_bytes(part[at : at + 16].ljust(16, b"\0"), "big")
                y = 0
                for i in range(128):
                    if x >> (127 - i) & 1:
                        y ^= self.table[i]
        return y

    def _ctr(self, nonce, text):
        out = bytearray()
        for at in range(0, len(text), 16):
            stream = self.cipher.encrypt(nonce + struct.pack(">I", 2 + at // 16))
            out += bytes(a ^ b for a, b in zip(text[at : at + 16], stream))
        return bytes(out)

    def _tag(self, nonce, aad, text):
        mask = int.from_bytes(self.cipher.encrypt(nonce + b"\0\0\0\1"), "big")
        return (self._ghash(aad, text) ^ mask).to_bytes(16, "big")

    def encrypt(self, nonce, plain, aad):
        text = self._ctr(nonce, plain)
        return text + self._tag(nonce, aad, text)

    def decrypt(self, nonce, sealed, aad):
        text, tag = sealed[:-16], sealed[-16:]
        if not hmac.compare_digest(tag, self._tag(nonce, aad, text)):
            raise InvalidTag
        return self._ctr(nonce, text)


# Suites (section 1) and derivation (section 3)


class Suite:
    def __init__(self, number, key_len, hash_function, aead):
        self.id, self.key_len, self.hash, self.aead = number, key_len, hash_function, aead

    def hmac(self, key, data):
        key = (self.hash(key) if len(key) > 64 else key).ljust(64, b"\0")
        inner = self.hash(bytes(b ^ 0x36 for b in key) + data)
        return self.hash(bytes(b ^ 0x5C for b in key) + inner)

    def expand(self, prk, info, length):
        out, block = b"", b""
        for n in range(1, 256):
            if len(out) >= length:
                break
            block = self.hmac(prk, block + info + bytes([n]))
            out += block
        return out[:length]


SUITES = {
    "aes256-gcm": Suite(1, 32, lambda data: hashlib.sha256(data).digest(), AESGCM),
    "sm4-gcm": Suite(2, 16, sm3, Sm4Gcm),
}


class FileKeys:
    def __init__(self, suite, data_key, header64):
        self.prk = suite.hmac(header64[32:64], data_key)
        info = b"sealkeep/v1/envelope" + bytes([suite.id]) + suite.hash(header64)
        okm = suite.expand(self.prk, info, 2 * suite.key_len + 44)
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
    sealed += suite.aead(keys.metadata).encrypt(bytes(12), plain, keys.commitment)
    payload = suite.aead(keys.payload)
    count = max(1, -(-len(content) // size))
    parts = [sealed]
    for i in range(count):
        nonce = segment_nonce(keys.base_nonce, i, i == count - 1)
        parts.append(payload.encrypt(nonce, content[i * size : (i + 1) * size], b""))
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
        plain = suite.aead(keys.metadata).decrypt(bytes(12), sealed[96 : 96 + length], keys.commitment)
    except InvalidTag:
        raise Refused("metadata") from None
    metadata = decode_metadata(plain)
    return metadata, open_segments(suite, size, keys, sealed[96 + length :])


def open_segments(suite, size, keys, body):
    count = max(1, -(-len(body) // (size + 16)))
    last = len(body) - (count - 1) * (size + 16)
    if last < 16 or (count > 1 and last <= 16):
        raise Refused("truncated")
    payload, out = suite.aead(keys.payload), []
    for i in range(count):
        segment = body[i * (size + 16) : (i + 1) * (size + 16)]
        ends = i == count - 1
        try:
            out.append(payload.decrypt(segment_nonce(keys.base_nonce, i, ends), segment, b""))
        except InvalidTag:
            if ends and len(segment) == size + 16:
                try:
                    payload.decrypt(segment_nonce(keys.base_nonce, i, False), segment, b"")
                    raise Refused("truncated") from None
                except InvalidTag:
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


def self_test():
    assert sm3(b"abc").hex().startswith("66c7f0f462eeedd9d1f2d46bdc10e4e2")
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    assert Sm4(key).encrypt(key).hex() == "681edf34d206965e86b3e94f536e4246"
    plain = b"".join(bytes([b]) * 8 for b in bytes.fromhex("AABBCCDDEEFFEEAA"))
    aad = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    sealed = Sm4Gcm(key).encrypt(bytes.fromhex("00001234567800000000ABCD"), plain, aad)
    assert sealed[-16:].hex() == "83de3541e4c2b58177e065a9bf7b62ec"  # RFC 8998 A.1


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

    self_test()
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
