"""What docs/spec/envelope.md §1 calls a suite: AEAD, hash H, HKDF, one cipher block; by suite id.

Suite 1 stands on the `cryptography` package, suite 2 on gm.py beside this file; but for long inputs, for which plain
Python takes minutes, on that package too, where its OpenSSL has SM3 and SM4.
"""

import hashlib
import hmac as standard_hmac

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import gm


class Suite:
    """H, HMAC, HKDF, AEAD and one block of the cipher; `key_len` is K."""

    def hkdf(self, ikm, salt, info, length):
        """HKDF, RFC 5869, extract and expand."""
        return self.hkdf_expand(self.hmac(salt or bytes(32), ikm), info, length)

    def hkdf_expand(self, prk, info, length):
        """HKDF-Expand, RFC 5869 §2.3."""
        out, last, n = b"", b"", 0
        while len(out) < length:
            n += 1
            last = self.hmac(prk, last + info + bytes([n]))
            out += last
        return out[:length]


class Aes256Gcm(Suite):
    id, name, key_len = 1, "aes256-gcm", 32

    def hash(self, *parts):
        return hashlib.sha256(b"".join(parts)).digest()

    def hmac(self, key, message):
        return standard_hmac.new(key, message, hashlib.sha256).digest()

    def seal(self, key, nonce, aad, plain):
        """Ciphertext ‖ tag."""
        return AESGCM(key).encrypt(nonce, plain, aad)

    def open(self, key, nonce, aad, sealed):
        """The plaintext; ValueError when it does not authenticate."""
        try:
            return AESGCM(key).decrypt(nonce, sealed, aad)
        except InvalidTag:
            raise ValueError("does not authenticate") from None

    def encrypt_block(self, key, block):
        return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)

    def decrypt_block(self, key, block):
        return Cipher(algorithms.AES(key), modes.ECB()).decryptor().update(block)


LONG = 2_048


def _openssl_has_gm():
    try:
        hashes.Hash(hashes.SM3())
        Cipher(algorithms.SM4(bytes(16)), modes.GCM(bytes(12))).encryptor()
        return True
    except UnsupportedAlgorithm:
        return False


OPENSSL_HAS_GM = _openssl_has_gm()


def _by_openssl(data):
    return OPENSSL_HAS_GM and len(data) > LONG


class Sm4Gcm(Suite):
    id, name, key_len = 2, "sm4-gcm", 16

    def hash(self, *parts):
        message = b"".join(parts)
        if not _by_openssl(message):
            return gm.sm3(message)
        sm3 = hashes.Hash(hashes.SM3())
        sm3.update(message)
        return sm3.finalize()

    def hmac(self, key, message):
        return gm.hmac_sm3(key, message)

    def seal(self, key, nonce, aad, plain):
        """Ciphertext ‖ tag."""
        return gm.Sm4Gcm(key).encrypt(nonce, plain, aad)

    def open(self, key, nonce, aad, sealed):
        """The plaintext; ValueError when it does not authenticate."""
        if not _by_openssl(sealed):
            return gm.Sm4Gcm(key).decrypt(nonce, sealed, aad)
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-16:])).decryptor()
        decryptor.authenticate_additional_data(aad)
        try:
            return decryptor.update(sealed[:-16]) + decryptor.finalize()
        except InvalidTag:
            raise ValueError("does not authenticate") from None

    def encrypt_block(self, key, block):
        return gm.Sm4(key).block(block)

    def decrypt_block(self, key, block):
        return gm.Sm4(key).block(block, backwards=True)


SUITES = {suite.id: suite for suite in (Aes256Gcm(), Sm4Gcm())}
