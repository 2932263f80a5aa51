#!/usr/bin/env python3
"""Reads the stores in docs/spec/vectors/keystore with sealkeep_keystore.py and compares with what must be found.

With every custody, from stores and copies; and shows that what was changed or put back is refused.
"""

import json
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

from keystore_custody import Held, Refused
from sealkeep_keystore import Store

VECTORS = Path(__file__).resolve().parents[2] / "docs/spec/vectors/keystore"


def check_case(case, scratch):
    expected = json.loads((case / "expect.json").read_text())["stores"]
    key_file = Held(key_file=(case / "key-file").read_text())
    others = [
        Held(passphrase=(case / "passphrase").read_bytes()),
        Held(shares=[(case / f"share-{n}").read_text() for n in (1, 2)]),
        Held(shares=[(case / f"share-{n}").read_text() for n in (3, 1)]),
    ]
    folder = Path(shutil.copytree(case, scratch / case.name))
    stores = {}
    for name, listing in expected.items():
        stores[name] = Store(folder / name, None, key_file)
        assert stores[name].listing(secrets=True) == listing, f"{case.name}/{name}: another listing"
    for held in others:
        Store(folder / "copy", None, held)
    fingerprints(stores["store"], expected["copy"])
    # In plain Python, opening a store of the other suite takes seconds; what refuses is the same code.
    if stores["store"].suite.id == 1:
        changed(folder, key_file)


def fingerprints(store, before):
    """A destroyed key's fingerprint is that of the key which an older copy of the store still knew."""
    secrets = {key["id"]: key["secret"] for key in before["keys"]}
    destroyed = [key for scope in store.scopes for key in scope.keys if key.secret is None]
    assert destroyed
    for key in destroyed:
        secret = bytes.fromhex(secrets[key.id.hex()])
        assert key.suite.hkdf(secret, b"", b"sealkeep/v1/fingerprint", 16) == key.fingerprint


def changed(folder, held):
    """Each change is refused, and for the reason that it should be."""

    def refused(name, because, change):
        work = folder / "changed"
        shutil.copytree(folder / name, work)
        change(work)
        try:
            Store(work, None, held)
        except (Refused, ValueError) as error:
            assert because in str(error), f"refused, but because of: {error}"
        else:
            raise AssertionError(f"accepted a store in which {because!r} should have been noticed")
        shutil.rmtree(work)

    def sql(statement):
        def change(work):
            with sqlite3.connect(work / "store.db") as db:
                assert db.execute(statement).rowcount > 0, "nothing was changed"
            db.close()

        return change

    def other_cell(work):
        shutil.copy(folder / "restored/cell", work / "cell")

    def flip(name, at):
        def change(work):
            path = next(work.glob(name))
            data = bytearray(path.read_bytes())
            data[at] ^= 1
            path.write_bytes(data)

        return change

    flip_page = "UPDATE page SET sealed = CAST(substr(sealed, 1, 40) || x'00ff' || substr(sealed, 43) AS BLOB)"
    refused("store", "put back", other_cell)
    refused("store", "put back", sql("UPDATE head SET generation = generation + 1"))
    refused("store", "not of the last commit", sql("UPDATE head SET sequence = sequence - 1"))
    refused("store", "does not authenticate", sql(f"{flip_page} WHERE address = 0"))
    refused("store", "hash", sql(f"{flip_page} WHERE address >> 32 = 16"))
    refused("store", "version", sql("UPDATE page SET version = version - 1 WHERE address >> 32 = 17"))
    refused("store", "version", sql("DELETE FROM page WHERE address >> 32 = 2"))
    refused("store", "nothing refers to", sql("INSERT INTO page SELECT 1 << 45, version, sealed FROM page LIMIT 1"))
    refused("store", "feed", sql("DELETE FROM tombstone WHERE number = 1"))
    refused("store", "feed", sql("UPDATE tombstone SET moment = moment + 1"))
    refused("store", "signature", sql("UPDATE head SET feed_signature = zeroblob(64)"))
    refused("store", "put back", flip("cell", slot_in_use(folder) + 200))
    refused("store", "put back", flip("cell", slot_in_use(folder) + 100_000))
    refused("copy", "no commit", flip("rows-*", 100))


def slot_in_use(folder):
    """Where the slot begins that is not erased."""
    return 135_168 if any((folder / "store/cell").read_bytes()[135_168:]) else 0


def main():
    cases = sorted(path for path in VECTORS.iterdir() if path.is_dir())
    assert cases, "there are no vectors"
    for case in cases:
        with tempfile.TemporaryDirectory() as scratch:
            check_case(case, Path(scratch))
        print(f"{case.name}: as it must be")


if __name__ == "__main__":
    sys.exit(main())
