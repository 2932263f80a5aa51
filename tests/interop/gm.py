"""SM2, SM3 and SM4 in plain Python, for the second implementations of Sealkeep's formats.

Written from GB/T 32905 (SM3), GB/T 32907 (SM4), GB/T 32918 (SM2) and SP 800-38D (GCM). Slow, and not in constant
time: it shows that the formats can be read without our program, and recovers data; it is not for sealing secrets.
`python3 gm.py` checks the examples of the standards.
"""

import struct

MASK32 = 0xFFFFFFFF


def rotl(word, bits):
    bits %= 32
    return ((word << bits) | (word >> (32 - bits))) & MASK32


# --- SM3, GB/T 32905 --------------------------------------------------------------------------------------------------

SM3_START = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)
SM3_T = [rotl(0x79CC4519 if j < 16 else 0x7A879D8A, j) for j in range(64)]


def sm3(message):
    """The 32-byte digest of `message`."""
    padded = message + b"\x80" + b"\0" * (-(len(message) + 9) % 64) + struct.pack(">Q", 8 * len(message))
    state = SM3_START
    for at in range(0, len(padded), 64):
        state = _sm3_compress(state, padded[at : at + 64])
    return struct.pack(">8I", *state)


def _sm3_compress(state, block):
    """GB/T 32905 §5.3.3."""
    w = list(struct.unpack(">16I", block))
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ rotl(w[j - 3], 15)
        w.append(x ^ rotl(x, 15) ^ rotl(x, 23) ^ rotl(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        a12 = ((a << 12) | (a >> 20)) & MASK32
        ss1 = rotl((a12 + e + SM3_T[j]) & MASK32, 7)
        if j < 16:
            ff, gg = a ^ b ^ c, e ^ f ^ g
        else:
            ff, gg = (a & b) | (a & c) | (b & c), (e & f) | (~e & g)
        tt1 = (ff + d + (ss1 ^ a12) + (w[j] ^ w[j + 4])) & MASK32
        tt2 = (gg + h + ss1 + w[j]) & MASK32
        a, b, c, d = tt1, a, rotl(b, 9), c
        e, f, g, h = tt2 ^ rotl(tt2, 9) ^ rotl(tt2, 17), e, rotl(f, 19), g
    return tuple(x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h)))


def hmac_sm3(key, message):
    """HMAC (RFC 2104) with SM3."""
    key = (sm3(key) if len(key) > 64 else key).ljust(64, b"\0")
    inner = sm3(bytes(k ^ 0x36 for k in key) + message)
    return sm3(bytes(k ^ 0x5C for k in key) + inner)


# --- SM4, GB/T 32907 --------------------------------------------------------------------------------------------------

SM4_SBOX = bytes.fromhex(
    "d690e9fecce13db716b614c228fb2c052b679a762abe04c3aa441326498606999c4250f491ef987a33540b43edcfac62"
    "e4b31ca9c908e89580df94fa758f3fa64707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35"
    "1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89eeabf8ad240c738b5a3f7f2cef96115a1"
    "e0ae5da49b341a55ad933230f58cb1e31df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51"
    "8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b08969974a0c96777e65b9f109c56ec684"
    "18f07dec3adc4d2079ee5f3ed7cb3948"
)
SM4_FK = (0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC)


def _sm4_linear(word):
    return word ^ rotl(word, 2) ^ rotl(word, 10) ^ rotl(word, 18) ^ rotl(word, 24)


# The round function T by byte: S-box and linear step in one table for each place.
SM4_T = [[_sm4_linear(s << shift) for s in SM4_SBOX] for shift in (24, 16, 8, 0)]


class Sm4:
    """SM4 under one 16-byte key, encryption direction: all that counter mode needs."""

    def __init__(self, key):
        assert len(key) == 16
        k = [x ^ fk for x, fk in zip(struct.unpack(">4I", key), SM4_FK)]
        for i in range(32):
            ck = sum((((4 * i + j) * 7) % 256) << (24 - 8 * j) for j in range(4))
            mixed = struct.pack(">I", k[i + 1] ^ k[i + 2] ^ k[i + 3] ^ ck)
            word = struct.unpack(">I", mixed.translate(SM4_SBOX))[0]
            k.append(k[i] ^ word ^ rotl(word, 13) ^ rotl(word, 23))
        self.round_keys = k[4:]

    def block(self, block, backwards=False):
        """One block, GB/T 32907 §7.1; `backwards` decrypts."""
        t0, t1, t2, t3 = SM4_T
        a, b, c, d = struct.unpack(">4I", block)
        for key in reversed(self.round_keys) if backwards else self.round_keys:
            x = b ^ c ^ d ^ key
            a, b, c, d = b, c, d, a ^ t0[x >> 24] ^ t1[x >> 16 & 255] ^ t2[x >> 8 & 255] ^ t3[x & 255]
        return struct.pack(">4I", d, c, b, a)


# --- GCM, SP 800-38D ---------------------------------------------------------------------------------------------------

GCM_R = 0xE1 << 120


def _shift(z, bits):
    for _ in range(bits):
        z = (z >> 1) ^ (GCM_R if z & 1 else 0)
    return z


# What the byte that falls out of a shift by eight places gives back.
GCM_FALLEN = [_shift(byte, 8) for byte in range(256)]


class Sm4Gcm:
    """SM4-GCM with 12-byte nonces and 16-byte tags (RFC 8998)."""

    def __init__(self, key):
        self.cipher = Sm4(key)
        h = int.from_bytes(self.cipher.block(bytes(16)), "big")
        # bits[i] = H · x^i; table[b] = H · the polynomial whose first eight coefficients are the byte b.
        bits = [_shift(h, i) for i in range(8)]
        self.table = [0] * 256
        for byte in range(256):
            for i in range(8):
                if byte >> (7 - i) & 1:
                    self.table[byte] ^= bits[i]

    def encrypt(self, nonce, plain, aad):
        """Ciphertext ‖ tag."""
        sealed = self._counter(nonce, plain)
        return sealed + self._tag(nonce, sealed, aad)

    def decrypt(self, nonce, sealed, aad):
        """The plaintext; ValueError when the tag is wrong."""
        if len(sealed) < 16 or self._tag(nonce, sealed[:-16], aad) != sealed[-16:]:
            raise ValueError("does not authenticate")
        return self._counter(nonce, sealed[:-16])

    def _counter(self, nonce, data):
        block = self.cipher.block
        stream = b"".join(block(nonce + struct.pack(">I", n + 2)) for n in range((len(data) + 15) // 16))
        mixed = int.from_bytes(data, "big") ^ int.from_bytes(stream[: len(data)], "big")
        return mixed.to_bytes(len(data), "big")

    def _tag(self, nonce, sealed, aad):
        table, y = self.table, 0
        lengths = struct.pack(">QQ", 8 * len(aad), 8 * len(sealed))
        text = aad + bytes(-len(aad) % 16) + sealed + bytes(-len(sealed) % 16) + lengths
        for at in range(0, len(text), 16):
            y ^= int.from_bytes(text[at : at + 16], "big")
            z = 0
            for byte in y.to_bytes(16, "little"):
                z = (z >> 8) ^ GCM_FALLEN[z & 255] ^ table[byte]
            y = z
        first = int.from_bytes(self.cipher.block(nonce + b"\0\0\0\1"), "big")
        return (y ^ first).to_bytes(16, "big")


# --- SM2, GB/T 32918 (curve of part 5) ----------------------------------------------------------------------------------

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
DEFAULT_ID = b"1234567812345678"


def point_add(p, q):
    """The sum of two affine points; None is the point at infinity."""
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P) % P
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P) % P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def point_mul(k, p):
    """[k]p."""
    total = None
    for bit in bin(k)[2:]:
        total = point_add(total, total)
        if bit == "1":
            total = point_add(total, p)
    return total


def point_bytes(p):
    """04 ‖ x ‖ y."""
    return b"\x04" + p[0].to_bytes(32, "big") + p[1].to_bytes(32, "big")


def point_parse(data):
    """The point of 04 ‖ x ‖ y; ValueError when it is not on the curve."""
    if len(data) != 65 or data[0] != 4:
        raise ValueError("not an uncompressed SM2 point")
    x, y = int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big")
    if x >= P or y >= P or (y * y - x * x * x - A * x - B) % P:
        raise ValueError("not on the SM2 curve")
    return x, y


def sm2_verify(public, message, signature, user_id=DEFAULT_ID):
    """Whether r ‖ s signs `message`; part 2 §7.1."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    t = (r + s) % N
    if len(signature) != 64 or not (0 < r < N and 0 < s < N) or t == 0:
        return False
    point = point_add(point_mul(s, G), point_mul(t, public))
    return point is not None and (_sm2_digest(public, message, user_id) + point[0]) % N == r


def _sm2_digest(public, message, user_id):
    parts = [v.to_bytes(32, "big") for v in (A, B, *G, *public)]
    z = sm3(struct.pack(">H", 8 * len(user_id)) + user_id + b"".join(parts))
    return int.from_bytes(sm3(z + message), "big")


def sm2_decrypt(d, c1, c3, c2):
    """The plaintext of C1 ‖ C3 ‖ C2; ValueError when C3 is wrong; part 4 §7.1."""
    point = point_mul(d, point_parse(c1))
    x, y = (v.to_bytes(32, "big") for v in point)
    stream = b"".join(sm3(x + y + struct.pack(">I", n + 1)) for n in range((len(c2) + 31) // 32))
    plain = bytes(a ^ b for a, b in zip(c2, stream))
    if sm3(x + plain + y) != c3:
        raise ValueError("does not authenticate")
    return plain


def check_examples():
    """The examples printed in the standards."""
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    block = Sm4(key).block(key)
    assert block.hex() == "681edf34d206965e86b3e94f536e4246"
    assert Sm4(key).block(block, backwards=True) == key
    # RFC 8998 appendix A.1
    nonce, aad = bytes.fromhex("00001234567800000000abcd"), bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = b"".join(bytes([c]) * 8 for c in bytes.fromhex("aabbccddeeffeeaa"))
    sealed = Sm4Gcm(key).encrypt(nonce, plain, aad)
    assert sealed[-16:].hex() == "83de3541e4c2b58177e065a9bf7b62ec", sealed.hex()
    assert Sm4Gcm(key).decrypt(nonce, sealed, aad) == plain
    # GB/T 32918.5 annex A.2: key pair and signature of "message digest"
    d = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
    public = point_mul(d, G)
    assert public[0] == 0x09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020
    signature = bytes.fromhex(
        "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
        "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
    )
    assert sm2_verify(public, b"message digest", signature)
    assert not sm2_verify(public, b"message digesu", signature)


if __name__ == "__main__":
    check_examples()
    print("gm.py: the examples of the standards hold")
