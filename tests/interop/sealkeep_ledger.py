#!/usr/bin/env python3
"""A second implementation of Sealkeep's ledger: docs/spec/ledger.md alone.

    sealkeep_ledger.py list DIR [--cell FILE] CUSTODY       all entries, after every tree was computed anew
    sealkeep_ledger.py note VKEY NOTE                       who signed a checkpoint
    sealkeep_ledger.py proof VKEY ENTRY PROOF               whether the entry is in the ledger
    sealkeep_ledger.py consistency VKEY OLD NEW PROOF       whether the newer checkpoint contains the older one
    CUSTODY as of sealkeep_keystore.py

VKEY is a verifier key; of a note, any number of them, separated by commas. ENTRY is JSON with `salt` and `body` in base64.
It needs Python 3.10 and the package `cryptography`.
"""

import argparse
import base64
import json
import re
import sys
from pathlib import Path

import gm
import ledger_tree
from keystore_custody import Refused, require
from sealkeep_keystore import add_custody, open_store, verify
from suite import SUITES

AES, SM4 = SUITES[1], SUITES[2]
# What stands before the public key: suite, and whether it is a witness's.
TYPES = (
    (b"\x01", 32, AES, False),
    (b"\x04", 32, AES, True),
    (b"\xffsealkeep/sm2-sm3", 65, SM4, False),
    (b"\xffsealkeep/sm2-sm3-cosignature", 65, SM4, True),
)


def decode(text):
    """base64 in its one form."""
    raw = base64.b64decode(text, validate=True)
    require(base64.b64encode(raw).decode() == text, "base64 in another form")
    return raw


class Verifier:
    def __init__(self, text):
        self.name, key_id, key = text.split("+", 2)
        key = decode(key)
        for prefix, length, suite, witness in TYPES:
            if key.startswith(prefix) and len(key) == len(prefix) + length:
                self.suite, self.witness, self.public = suite, witness, key[len(prefix) :]
                self.key_id = suite.hash(self.name.encode() + b"\n" + key)[:4]
                require(self.key_id.hex() == key_id, "the key id is not that of the key")
                return
        raise Refused("a key of an unknown type")

    def signed(self, note):
        """None if this key did not sign the note, otherwise True or the time; a wrong signature is an error."""
        text, lines = note
        said = None
        for name, key_id, signature in lines:
            if (name, key_id) != (self.name, self.key_id):
                continue
            message, said = text, True
            if self.witness:
                said, signature = int.from_bytes(signature[:8], "big"), signature[8:]
                message = f"cosignature/v1\ntime {said}\n{text}"
            right = len(signature) == 64 and verify(self.suite, self.public, message.encode(), signature)
            require(right, f"the signature of {name} is wrong")
        return said


def read_note(raw):
    text = raw.decode()
    require(not re.search(r"[\x00-\x09\x0b-\x1f]", text) and text.endswith("\n"), "not a note")
    front, lines = text.rsplit("\n\n", 1)
    signatures = []
    for line in lines[:-1].split("\n"):
        found = re.fullmatch(r"\u2014 ([^\s+]+) (\S+)", line)
        require(found, "not a signature line")
        signature = decode(found[2])
        signatures.append((found[1], signature[:4], signature[4:]))
    return front + "\n", signatures


def read_checkpoint(text):
    origin, size, root = text.split("\n")[:3]
    require(re.fullmatch(r"0|[1-9][0-9]*", size), "not a checkpoint")
    return origin, int(size), decode(root)


def checkpoint_by(verifier, raw):
    note = read_note(raw)
    require(verifier.signed(note) is True, "the ledger did not sign this checkpoint")
    origin, size, root = read_checkpoint(note[0])
    require(origin == verifier.name, "a checkpoint of another ledger")
    return size, root


def check_note(arguments):
    note = read_note(Path(arguments.note).read_bytes())
    origin, size, root = read_checkpoint(note[0])
    signers = {}
    for text in arguments.vkey.split(","):
        verifier = Verifier(text)
        said = verifier.signed(note)
        require(said is not None, f"{verifier.name} did not sign")
        signers[verifier.name] = said
    return {"origin": origin, "size": size, "root": root.hex(), "signed": signers}


def check_proof(arguments):
    verifier = Verifier(arguments.vkey)
    front, checkpoint = Path(arguments.proof).read_text().split("\n\n", 1)
    lines = front.split("\n")
    require(lines[0] == "c2sp.org/tlog-proof@v1" and re.fullmatch(r"index (0|[1-9][0-9]*)", lines[1]), "not a proof")
    index, hashes = int(lines[1][6:]), [decode(line) for line in lines[2:]]
    size, root = checkpoint_by(verifier, checkpoint.encode())
    entry = json.loads(Path(arguments.entry).read_text())
    hash, salt, body = verifier.suite.hash, decode(entry["salt"]), decode(entry["body"])
    leaf = ledger_tree.leaf_hash(hash, hash(b"sealkeep/v1/ledger/entry", salt, body))
    require(ledger_tree.is_included(hash, index, size, leaf, hashes, root), "the entry is not in the ledger")
    return {"index": index, "size": size, "body": json.loads(body)}


def check_consistency(arguments):
    verifier = Verifier(arguments.vkey)
    old, new = (checkpoint_by(verifier, Path(one).read_bytes()) for one in (arguments.old, arguments.new))
    proof = [decode(line) for line in Path(arguments.proof).read_text().split("\n")[:-1]]
    right = ledger_tree.is_consistent(verifier.suite.hash, *old, *new, proof)
    require(right, "the newer ledger does not begin with the older one")
    return {"from": old[0], "to": new[0]}


def list_entries(arguments):
    ledger = open_store(arguments).ledger
    require(ledger, "there is no ledger yet")
    entries = [{"index": entry.index, "salt": entry.salt.hex(), "body": entry.body.decode()} for entry in ledger.entries]
    return {"size": ledger.size, "root": ledger.root.hex(), "entries": entries}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list")
    listing.add_argument("dir")
    add_custody(listing)
    listing.set_defaults(run=list_entries)
    for name, run, files in (
        ("note", check_note, ("note",)),
        ("proof", check_proof, ("entry", "proof")),
        ("consistency", check_consistency, ("old", "new", "proof")),
    ):
        command = commands.add_parser(name)
        for argument in ("vkey", *files):
            command.add_argument(argument)
        command.set_defaults(run=run)
    arguments = parser.parse_args()
    try:
        print(json.dumps(arguments.run(arguments), ensure_ascii=False))
    except (Refused, ValueError, KeyError) as error:
        sys.exit(f"refused: {error}")


if __name__ == "__main__":
    main()
