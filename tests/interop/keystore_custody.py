"""Custodies of a key store: texts, seeds, key pairs, and unwrapping the cell key. docs/spec/keystore.md §6."""

import base64

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

import gm
from suite import SUITES

PASSPHRASE, KEY_FILE, SHARES = 1, 2, 3


class Refused(Exception):
    """What was read breaks a rule of the specification, or a key may not be opened; the text says which."""


def require(condition, what):
    if not condition:
        raise Refused(what)


# --- Texts ----------------------------------------------------------------------------------------------------------------


def decode_text(text, header):
    """The bytes of the first line that is `HEADER code`."""
    lines = [line.strip() for line in text.splitlines()]
    codes = [line.removeprefix(header + " ") for line in lines if line.startswith(header + " ")]
    require(codes, f"no line that begins with {header}")
    code = "".join(codes[0].split()).replace("-", "").upper()
    try:
        data = base64.b32decode(code + "=" * (-len(code) % 8))
    except ValueError:
        raise Refused("the text holds something that is not base32") from None
    require(base64.b32encode(data).decode().rstrip("=") == code, "the text has bits that mean nothing")
    data, check = data[:-4], data[-4:]
    require(gm.sm3(b"sealkeep/v1/text" + data)[:4] == check, "the check of the text is wrong: mistyped?")
    return data


def key_file_bytes(text):
    """The 32 bytes of a key file."""
    data = decode_text(text, "SEALKEEP-KEY-FILE-1")
    require(len(data) == 32, "a key file holds 32 bytes")
    return data


class Share:
    """One recovery share."""

    def __init__(self, text):
        data = decode_text(text, "SEALKEEP-SHARE-1")
        require(len(data) == 52, "a share holds 52 bytes")
        self.suite, self.index, self.threshold, self.total = data[:4]
        self.custody, self.value = data[4:20], data[20:]
        require(self.suite in SUITES, "the share is of an unknown suite")
        numbers = 2 <= self.threshold <= self.total <= 16 and 1 <= self.index <= self.total
        require(numbers, "the share's numbers are wrong")

    def commitment(self):
        numbers = bytes([self.index, self.threshold, self.total])
        return SUITES[self.suite].hash(b"sealkeep/v1/share", self.custody, numbers, self.value)[:16]


def _gf_mul(a, b):
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def _gf_inverse(a):
    result = 1
    for _ in range(254):
        result = _gf_mul(result, a)
    return result


def combine(shares):
    """The secret at 0 by Lagrange's formula over GF(2^8), byte by byte."""
    secret = bytearray(32)
    for share in shares:
        weight = 1
        for other in shares:
            if other.index != share.index:
                weight = _gf_mul(weight, _gf_mul(other.index, _gf_inverse(other.index ^ share.index)))
        for at, byte in enumerate(share.value):
            secret[at] ^= _gf_mul(weight, byte)
    return bytes(secret)


# --- From what someone holds to the cell key ----------------------------------------------------------------------------


class Held:
    """What someone holds: exactly one of passphrase (bytes), key file (text), shares (texts)."""

    def __init__(self, passphrase=None, key_file=None, shares=None):
        self.passphrase = passphrase
        self.key_file = key_file_bytes(key_file) if key_file else None
        self.shares = [Share(text) for text in shares or []]
        given = [self.passphrase is not None, self.key_file is not None, bool(self.shares)]
        require(sum(given) == 1, "exactly one of passphrase, key file and shares is needed")

    def seed(self, suite, entry):
        """The seed of the custody `entry`, or None when this is of another kind or set."""
        kind = entry.kind[0]
        if kind == PASSPHRASE and self.passphrase is not None:
            memory, passes, lanes = (int.from_bytes(entry.kind[at : at + 4], "big") for at in (1, 5, 9))
            require(memory <= 4 << 20 and passes <= 1024 and lanes <= 16, "the Argon2id parameters are out of bounds")
            argon2 = Argon2id(salt=entry.kind[13:], length=32, iterations=passes, lanes=lanes, memory_cost=memory)
            return suite.hkdf(argon2.derive(self.passphrase), b"", b"sealkeep/v1/custody/passphrase", 32)
        if kind == KEY_FILE and self.key_file is not None:
            return suite.hkdf(self.key_file, b"", b"sealkeep/v1/custody/key-file", 32)
        if kind == SHARES and self.shares:
            return self._combined(suite, entry)
        return None

    def _combined(self, suite, entry):
        threshold, total = entry.kind[1], entry.kind[2]
        ours = {share.index: share for share in self.shares if share.custody == entry.id}
        for share in ours.values():
            require(share.suite == suite.id, "a share is of another suite")
            require((share.threshold, share.total) == (threshold, total), "a share's numbers are not the set's")
            at = 3 + 16 * (share.index - 1)
            require(share.commitment() == entry.kind[at : at + 16], f"share {share.index} is forged or damaged")
        if not ours:
            return None
        require(len(ours) >= threshold, f"{len(ours)} shares of {threshold} that are needed")
        return combine(list(ours.values())[:threshold])


def key_pair(suite, seed):
    """The private key and the public key's bytes that a seed stands for."""
    if suite.id == 1:
        private = X25519PrivateKey.from_private_bytes(_hpke_derive(suite, seed))
        return private, private.public_key().public_bytes_raw()
    d = sm2_private(suite, seed, b"sealkeep sm2 wrapping v1")
    return d, gm.point_bytes(gm.point_mul(d, gm.G))


def sm2_private(suite, seed, label):
    """The SM2 private key d that a seed stands for."""
    for i in range(256):
        d = int.from_bytes(suite.hkdf(seed, b"", label + bytes([i]), 32), "big")
        if 1 <= d <= gm.N - 2:
            return d
    raise AssertionError("no seed is that unlucky")


def custody_id(suite, public):
    return suite.hash(b"sealkeep/v1/custody", public)[:16]


def unwrap(suite, private, public, wrapped, context):
    """The cell key; ValueError when it does not authenticate."""
    if suite.id == 1:
        return _hpke_open(suite, private, public, wrapped[:32], wrapped[32:], context)
    plain = gm.sm2_decrypt(private, wrapped[:65], wrapped[65:97], wrapped[97:])
    if plain[32:] != gm.sm3(context):
        raise ValueError("wrapped for another context")
    return plain[:32]


# --- HPKE, RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, base mode -------------------------------------

KEM_ID = b"KEM" + b"\x00\x20"
HPKE_ID = b"HPKE" + b"\x00\x20\x00\x01\x00\x02"


def _extract(suite, scheme, salt, label, ikm):
    return suite.hmac(salt or bytes(32), b"HPKE-v1" + scheme + label + ikm)


def _expand(suite, scheme, prk, label, info, length):
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + scheme + label + info
    return suite.hkdf_expand(prk, labelled, length)


def _hpke_derive(suite, seed):
    """DeriveKeyPair, §7.1.3."""
    prk = _extract(suite, KEM_ID, b"", b"dkp_prk", seed)
    return _expand(suite, KEM_ID, prk, b"sk", b"", 32)


def _hpke_open(suite, private, public, enc, sealed, info):
    """Decap (§4.1), KeySchedule in base mode (§5.1), one Open with empty AAD (§5.2)."""
    shared = private.exchange(X25519PublicKey.from_public_bytes(enc))
    prk = _extract(suite, KEM_ID, b"", b"eae_prk", shared)
    shared = _expand(suite, KEM_ID, prk, b"shared_secret", enc + public, 32)
    psk_id = _extract(suite, HPKE_ID, b"", b"psk_id_hash", b"")
    context = b"\0" + psk_id + _extract(suite, HPKE_ID, b"", b"info_hash", info)
    secret = _extract(suite, HPKE_ID, shared, b"secret", b"")
    key = _expand(suite, HPKE_ID, secret, b"key", context, 32)
    nonce = _expand(suite, HPKE_ID, secret, b"base_nonce", context, 12)
    return suite.open(key, nonce, b"", sealed)
