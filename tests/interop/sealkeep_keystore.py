#!/usr/bin/env python3
"""A second implementation of Sealkeep's key store, for reading: docs/spec/keystore.md and envelope.md alone.

    sealkeep_keystore.py list DIR [--cell FILE] [--secrets] CUSTODY
    sealkeep_keystore.py recover DIR [--cell FILE] CUSTODY FILE.sealed OUT
    CUSTODY = --passphrase-file FILE | --key-file FILE | --share FILE (once for each share)

DIR is a store or a copy of one. Everything is checked from the root cell down before anything is said: hashes and
versions of all pages, the counts, the names, the tombstone feed and its signature. Nothing is written to DIR.
It needs Python 3.10 and the package `cryptography`.
"""

import argparse
import json
import sys
from pathlib import Path
from types import SimpleNamespace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

import gm
import keystore_files as files
from keystore_custody import Held, Refused, custody_id, require, sm2_private
from keystore_ledger import Ledger
from suite import SUITES

STATES = {
    1: "pre-activation",
    2: "active",
    3: "suspended",
    4: "deactivated",
    5: "compromised",
    6: "pending-destruction",
    7: "destroyed",
    8: "destroyed-compromised",
}
OPENS = ("active", "deactivated", "compromised")
DIRECTORY, NAMES, FIRST_SCOPE = 1, 2, 16
WHOLE_SCOPE = 0xFFFFFFFF
REFERENCE = 72


class Closed(Refused):
    """A key that is not opened: destroyed, held or not in use."""


def require_open(condition, what):
    if not condition:
        raise Closed(what)


class Store:
    """A store or a copy, opened and checked whole."""

    def __init__(self, folder, cell, held):
        folder = Path(folder)
        source = files.read_copy(folder) if (folder / "copy").exists() else files.read_database(folder)
        self.head, self.pages, self.feed = source.head, source.pages, source.feed
        self.suite = self.head.suite
        slot = self._named_slot(files.read_cell(cell or folder / "cell"))
        self.unreached = set(self.pages)
        self._read_root(files.open_slot(slot, held))
        require({entry.id for entry in slot.custodies} == {one.id for one in self.custodies}, "the cell has other custodies")
        self._read_scopes()
        self._check_names()
        require(not self.unreached, f"{len(self.unreached)} pages that nothing refers to")
        self._check_feed()
        self.begun = [id for body in source.intents for id in self._read_intent(body)]

    def _named_slot(self, slots):
        for slot in slots:
            if (slot.epoch, slot.generation) == (self.head.epoch, self.head.generation):
                require((slot.suite, slot.store_id) == (self.suite, self.head.store_id), "the cell is of another store")
                require(slot.incarnation == self.head.incarnation, "the cell is of another incarnation")
                return slot
        raise Refused("no slot of the cell is the one that the head names: one of them was put back")

    # --- Pages, §§3 and 4 ---

    def _open_page(self, tree, level, index, key, version):
        address = tree << 32 | level << 28 | index
        self.unreached.discard(address)
        sealed = self.pages[address][1]
        okm = self.suite.hkdf(key, sealed[:32], b"sealkeep/v1/page", self.suite.key_len + 12)
        aad = self.head.store_id + address.to_bytes(8, "big") + version.to_bytes(8, "big")
        return self.suite.open(okm[: self.suite.key_len], okm[self.suite.key_len :], aad, sealed[32:])

    def _child(self, tree, level, index, reference):
        """The page that `reference` names; None when it is absent."""
        require(len(reference) == REFERENCE, "a child reference of the wrong length")
        key, version, digest = reference[:32], int.from_bytes(reference[32:40], "big"), reference[40:]
        if version == 0:
            require(not any(reference), "an absent child that is not all zero")
            return None
        where = f"page {tree}/{level}/{index}"
        stored, sealed = self.pages.get(tree << 32 | level << 28 | index, (None, b""))
        require(stored == version, f"{where}: version {stored}, its parent says {version}")
        require(self.suite.hash(sealed) == digest, f"{where}: the hash is not the one its parent names")
        return self._open_page(tree, level, index, key, version)

    def _leaves(self, tree, height, top, count):
        """The `count` entries of a radix tree in order, every page checked."""
        entries = []
        pages = [(0, top)] if count else []
        require(count or not any(top), f"tree {tree} is empty and has a page")
        for level in range(height, -1, -1):
            expected = -(-count // 256 ** (level + 1))
            require(len(pages) == expected, f"tree {tree}: {len(pages)} pages at level {level}, not {expected}")
            below = []
            for index, reference in pages:
                page = self._child(tree, level, index, reference)
                require(page is not None, f"tree {tree}: a page is absent")
                reader = files.Reader(page, f"page {tree}/{level}/{index}")
                size = reader.uint(2)
                if level:
                    below += [(256 * index + n, reader.take(REFERENCE)) for n in range(size)]
                else:
                    entries += [reader.bytes16() for _ in range(size)]
                reader.end()
                require(index == len(pages) - 1 or size == 256, "a page that is not the last is not full")
            pages = below
        require(len(entries) == count, f"tree {tree}: {len(entries)} entries, not {count}")
        return entries

    # --- The root page ---

    def _read_root(self, key):
        require(0 in self.pages, "there is no root page")
        require(self.pages[0][0] == self.head.sequence, "the root page is not of the last commit")
        root = files.Reader(self._open_page(0, 0, 0, key, self.head.sequence), "root page")
        require(root.uint(1) == 1, "root page of an unknown format")
        head = self.head
        found = (root.take(16), root.uint(1), root.uint(2), root.uint(8))
        require(found == (head.store_id, self.suite.id, head.incarnation, head.epoch), "root page and head differ")
        self.created = root.uint(8)
        self.id_key, self.name_key, self.signing_seed = root.take(32), root.take(32), root.take(32)
        self.officers_head, self.policy_head, ledger_root = root.take(32), root.take(32), root.take(32)
        self.scope_count, self.height = root.uint(4), root.uint(1)
        self.directory, self.names = root.take(REFERENCE), root.take(REFERENCE)
        self.custodies = [self._custody(root) for _ in range(root.uint(1))]
        self.copies = [self._copy(root) for _ in range(root.uint(2))]
        self.restores = [self._restore(root) for _ in range(root.uint(2))]
        self.ledger = Ledger(self, root, ledger_root) if any(ledger_root) else None
        root.end()

    def _custody(self, root):
        custody = SimpleNamespace(id=root.take(16), created=root.uint(8), public=root.bytes16())
        custody.kind = files.read_kind(root)
        require(custody_id(self.suite, custody.public) == custody.id, "a custody's id is not its public key's")
        return custody

    def _copy(self, root):
        copy = SimpleNamespace(id=root.take(16), folder=root.bytes16(), cell=root.bytes16())
        copy.live, copy.on_failure, copy.timeout, copy.added = root.uint(1), root.uint(1), root.uint(4), root.uint(8)
        copy.given_up = root.uint(1)
        return copy

    def _restore(self, root):
        restore = SimpleNamespace(incarnation=root.uint(2), copy=root.take(16), copy_sequence=root.uint(8))
        restore.newest_sequence, restore.when = root.uint(8), root.uint(8)
        return restore

    # --- Scopes, keys, names ---

    def _read_scopes(self):
        records = self._leaves(DIRECTORY, self.height, self.directory, self.scope_count)
        self.scopes = [self._scope(FIRST_SCOPE + n, record) for n, record in enumerate(records)]

    def _scope(self, number, record):
        reader = files.Reader(record, f"scope {number}")
        scope = SimpleNamespace(number=number, flags=reader.uint(1), level=reader.uint(1))
        scope.incarnation = reader.uint(2)
        scope.created, scope.rotated, scope.count = reader.uint(8), reader.uint(8), reader.uint(4)
        require(scope.flags <= 7 and scope.flags & 6 != 6, f"scope {number}: unknown flags")
        scope.request = reader.take(32) if scope.flags & 4 else None
        scope.destroyed, scope.name, scope.keys = bool(scope.flags & 2), None, []
        if scope.destroyed:
            scope.when, scope.certificate = reader.uint(8), reader.take(32)
        else:
            scope.name = reader.bytes16()
            height, top = reader.uint(1), reader.take(REFERENCE)
            records = self._leaves(number, height, top, scope.count)
            scope.keys = [self._key(number, slot, one) for slot, one in enumerate(records)]
        reader.end()
        return scope

    def _key(self, scope, slot, record):
        reader = files.Reader(record, f"key {slot} of scope {scope}")
        state, flags, suite, incarnation = reader.uint(1), reader.uint(1), reader.uint(1), reader.uint(2)
        pending = STATES.get(state) == "pending-destruction"
        known = state in STATES and flags & 15 <= 1 and suite in SUITES
        require(known and (flags >> 4 in range(1, 6)) == pending, f"{reader.what}: unknown state, flag or suite")
        key = SimpleNamespace(scope=scope, slot=slot, state=state, held=bool(flags & 1), suite=SUITES[suite])
        key.incarnation, key.created, key.changed = incarnation, reader.uint(8), reader.uint(8)
        key.id = self.key_id(scope, slot, incarnation)
        if state >= 7:
            key.secret, key.label = None, b""
            key.when, key.certificate, key.fingerprint = reader.uint(8), reader.take(32), reader.take(16)
            reader.end()
        else:
            key.request = reader.take(32) if pending else None
            key.secret, key.label = reader.take(32), reader.rest()
            require(len(key.label) <= 4_096, f"{reader.what}: the label is too long")
        return key

    def _check_names(self):
        expected = {}
        for scope in self.scopes:
            if not scope.destroyed:
                expected[self.suite.hmac(self.name_key, scope.name)[:16]] = scope.number
        require(dict(self._trie(0, b"", self.names)) == expected, "names and scopes differ")

    def _trie(self, depth, prefix, reference):
        page = self._child(NAMES, depth, int.from_bytes(prefix, "big"), reference)
        if page is None:
            return
        reader = files.Reader(page, f"names below {prefix.hex()}")
        count = reader.uint(2)
        if count == 256:
            children = [reader.take(REFERENCE) for _ in range(256)]
            reader.end()
            for byte, child in enumerate(children):
                yield from self._trie(depth + 1, prefix + bytes([byte]), child)
            return
        for _ in range(count):
            entry = files.Reader(reader.bytes16(), "name")
            digest, number = entry.take(16), entry.uint(4)
            entry.end()
            require(digest.startswith(prefix), "a name's hash stands under another prefix")
            yield digest, number
        reader.end()

    # --- Key ids, §5 ---

    def key_id(self, scope, slot, incarnation):
        plain = scope.to_bytes(4, "big") + slot.to_bytes(4, "big") + incarnation.to_bytes(2, "big") + bytes(6)
        return self.suite.encrypt_block(self.id_key[: self.suite.key_len], plain)

    def find(self, id):
        """The live key of `id`, as it may be opened; else the reason why not."""
        plain = self.suite.decrypt_block(self.id_key[: self.suite.key_len], id)
        require(plain[10:] == bytes(6), f"key {id.hex()} is not of this store")
        number, slot, incarnation = (int.from_bytes(plain[a:b], "big") for a, b in ((0, 4), (4, 8), (8, 10)))
        # The key, and its scope of whichever incarnation that was.
        named = {id} | {self.key_id(number, WHOLE_SCOPE, n) for n in range(1, incarnation + 1)}
        require_open(not named & set(self.begun), f"key {id.hex()} is destroyed")
        known = FIRST_SCOPE <= number < FIRST_SCOPE + self.scope_count
        scope = self.scopes[number - FIRST_SCOPE] if known else None
        if scope is None or slot >= scope.count or not scope.destroyed and scope.keys[slot].incarnation != incarnation:
            require_open(not named & {entry[:16] for entry in self.feed}, f"key {id.hex()} is destroyed")
            raise Refused(f"key {id.hex()} is lost")
        require_open(not scope.destroyed, f"key {id.hex()} is destroyed with its scope")
        key = scope.keys[slot]
        require_open(key.secret, f"key {id.hex()} is destroyed")
        require_open(not key.held and not scope.flags & 1, f"key {id.hex()} is held")
        require_open(not scope.flags & 4, f"key {id.hex()} is pending destruction with its scope")
        require_open(STATES[key.state] in OPENS, f"key {id.hex()} is {STATES[key.state]}")
        return key

    # --- The tombstone feed and intents, §8 ---

    def _check_feed(self):
        chain = bytes(32)
        for entry in self.feed:
            chain = self.suite.hash(b"sealkeep/v1/feed", chain, entry)
        head = self.head
        require((len(self.feed), chain) == (head.feed_count, head.feed_chain), "the feed is not the one of the head")
        message = b"sealkeep/v1/feed" + head.store_id + head.feed_count.to_bytes(8, "big") + chain
        require(self._verify(message, head.feed_signature), "the feed's signature is wrong")

    def _read_intent(self, body):
        start = b"sealkeep/v1/intent" + self.head.store_id
        ids = body[len(start) + 40 : -64]
        require(body.startswith(start) and len(ids) % 16 == 0, "an intent that is not of this store")
        require(self._verify(body[:-64], body[-64:]), "an intent's signature is wrong")
        return [ids[at : at + 16] for at in range(0, len(ids), 16)]

    def _verify(self, message, signature):
        return verify(self.suite, signing_public(self.suite, self.signing_seed), message, signature)

    # --- What is said about it ---

    def listing(self, secrets=False):
        """What docs/spec/keystore.md §11 lists; with `secrets`, the data keys that may be opened too."""
        head = self.head
        return {
            "store": head.store_id.hex(),
            "suite": self.suite.name,
            "incarnation": head.incarnation,
            "epoch": head.epoch,
            "scopes": [self._scope_listing(scope) for scope in self.scopes],
            "keys": [self._key_listing(scope, key, secrets) for scope in self.scopes for key in scope.keys],
            "tombstones": len(self.feed),
            "restores": len(self.restores),
        }

    def _scope_listing(self, scope):
        name = scope.name.decode() if scope.name is not None else None
        return {"number": scope.number, "name": name, "keys": scope.count, "destroyed": scope.destroyed}

    def _key_listing(self, scope, key, secrets):
        listed = {
            "id": key.id.hex(),
            "scope": scope.name.decode(),
            "slot": key.slot,
            "suite": key.suite.name,
            "state": STATES[key.state],
            "held": key.held or bool(scope.flags & 1),
            "label": key.label.hex(),
        }
        if secrets:
            try:
                listed["secret"] = self.find(key.id).secret.hex()
            except Refused:
                listed["secret"] = None
        return listed


def signing_public(suite, seed):
    """The public key's bytes of the signing key that a seed stands for, §8."""
    if suite.id == 2:
        return gm.point_bytes(gm.point_mul(sm2_private(suite, seed, b"sealkeep sm2 signing v1"), gm.G))
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def verify(suite, public, message, signature):
    """Whether `signature` is that of `message` by the holder of the public key, §8."""
    if suite.id == 2:
        return gm.sm2_verify(gm.point_parse(public), message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        return True
    except InvalidSignature:
        return False


def recover(store, sealed, out):
    """Opens a sealed file with the key that its header names (docs/spec/envelope.md §2: bytes 16 to 32)."""
    import sealkeep_envelope

    data = sealed.read_bytes()
    require(len(data) >= 96, f"{sealed} is too short to be a sealed file")
    key = store.find(data[16:32])
    require(SUITES.get(data[9]) is key.suite, f"{sealed} is of another suite than its key")
    try:
        _, content = sealkeep_envelope.open_sealed(data, key.secret)
    except sealkeep_envelope.Refused as error:
        raise Refused(f"{sealed}: {error}") from None
    with open(out, "xb") as file:
        file.write(content)


def add_custody(command):
    """The options that say where the cell is and what opens it."""
    command.add_argument("--cell")
    command.add_argument("--passphrase-file", type=Path)
    command.add_argument("--key-file", type=Path)
    command.add_argument("--share", type=Path, action="append")


def open_store(args):
    """The store that the arguments name."""
    passphrase = args.passphrase_file and args.passphrase_file.read_bytes().rstrip(b"\r\n")
    key_file = args.key_file and args.key_file.read_text()
    return Store(args.dir, args.cell, Held(passphrase, key_file, [path.read_text() for path in args.share or []]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("list", "recover"):
        command = verbs.add_parser(verb)
        command.add_argument("dir")
        add_custody(command)
        if verb == "list":
            command.add_argument("--secrets", action="store_true", help="data keys too: for tests")
    command.add_argument("sealed", type=Path)
    command.add_argument("out", type=Path)
    args = parser.parse_args()
    try:
        store = open_store(args)
        if args.verb == "list":
            json.dump(store.listing(args.secrets), sys.stdout, indent=1)
            print()
        else:
            recover(store, args.sealed, args.out)
    except (Refused, ValueError) as error:
        sys.exit(f"refused: {error}")


if __name__ == "__main__":
    main()
