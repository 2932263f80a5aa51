#!/usr/bin/env python3
"""A second implementation of Sealkeep's vault, for reading: docs/spec/vault.md, keystore.md and envelope.md alone.

    sealkeep_vault.py check VAULT [KEYS] [--catalogue DIR]
    sealkeep_vault.py ls VAULT [SNAPSHOT] KEYS [--digests]
    sealkeep_vault.py restore VAULT [SNAPSHOT] KEYS --to DIR [--below PATH]
    KEYS = --keys DIR [--cell FILE] (--passphrase-file FILE | --key-file FILE | --share FILE …)

SNAPSHOT is an id; without it, the newest complete one. VAULT may be a copy; without keys, `check` does what can be done
without: signatures, the newest head, digests of packs. What is found is printed as JSON. What is damaged is named under
`problems` and the exit code is 1; what is not opened because its key is destroyed or held is named under `closed`, and
is no problem. Nothing is written to VAULT. It needs Python 3.10 and the packages `cryptography` and `zstandard`.
"""

import argparse
import contextlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import vault_files as files
from keystore_custody import Held, Refused, require
from sealkeep_keystore import Closed, Store, signing_public
from vault_check import check
from vault_restore import restore


class Vault:
    """A vault, or a copy of one, with its key store or without."""

    def __init__(self, folder, store=None):
        self.folder, self.store, self.problems = Path(folder), store, []
        self.file = files.read_vault(self.folder / "vault")
        self.suite, self.id = self.file.suite, self.file.id
        self.maintenance = self._own_key(self.file.maintenance, b"maintenance") if store else None
        if store:
            seed = self.suite.hkdf(self._own_key(self.file.signing, b"signing"), b"", b"sealkeep/v1/vault/sign", 32)
            require(signing_public(self.suite, seed) == self.file.public, "vault: signed with another key than it names")
        self._packs_read = {}
        self._read_indexes()

    @contextlib.contextmanager
    def noted(self, what):
        """What goes wrong within is a problem of `what`, and hinders nothing else."""
        try:
            yield
        except Closed:
            raise
        except (Refused, ValueError, KeyError, OSError) as error:
            self.problems.append(f"{what}: {error}")

    def names(self, folder):
        """The files of a folder, as they are called in the vault."""
        paths = (path for path in (self.folder / folder).rglob("*") if path.is_file())
        temporary = lambda name: name.startswith(".sealkeep-") and name.endswith(".tmp")
        return sorted(path.relative_to(self.folder).as_posix() for path in paths if not temporary(path.name))

    def read(self, name):
        return (self.folder / name).read_bytes()

    def secret(self, key_id):
        """A data key; Closed when it may not be opened."""
        return self.store.find(key_id).secret

    def _own_key(self, key_id, label):
        key = self.store.find(key_id)
        scope = self.store.scopes[key.scope - 16].name
        require((scope, key.label) == (b"vault/" + self.id.hex().encode(), label), "vault: a key of something else")
        return key.secret

    # --- Packs ---

    def _read_indexes(self):
        found = {}
        for name in self.names("index"):
            with self.noted(name):
                index = files.read_index(self.file, self.maintenance, self.read(name), name)
                require(name == f"index/{index.id.hex()}", f"{name}: of another name")
                found[index.id] = index
        gone = {id for index in found.values() for id in index.superseded}
        self.packs, self.relocations = {}, {}
        for index in found.values():
            if index.id not in gone:
                self.packs.update(index.packs)
                self.relocations.update(index.relocations)

    def pack(self, pack_id):
        """All bytes of a pack; the last few that were read are kept."""
        if pack_id not in self._packs_read:
            while len(self._packs_read) >= 8:
                self._packs_read.pop(next(iter(self._packs_read)))
            name = pack_id.hex()
            self._packs_read[pack_id] = self.read(f"packs/{name[:2]}/{name}")
        return self._packs_read[pack_id]

    def blob(self, pack_id, offset, length):
        """What lies at a place, or where prune has put it since."""
        pack_id, offset = self.relocations.get((pack_id, offset, length), (pack_id, offset))
        require(pack_id in self.packs, f"pack {pack_id.hex()} is in no index")
        body = self.packs[pack_id].length - files.PACK_FOOTER
        require(files.PACK_HEADER <= offset and offset + length <= body, "a place beyond its pack")
        data = self.pack(pack_id)[offset : offset + length]
        require(len(data) == length, f"pack {pack_id.hex()} is shorter than it should be")
        return data

    # --- Snapshots ---

    def snapshots(self):
        """All of them, oldest first."""
        found = []
        for name in self.names("snapshots"):
            with self.noted(name):
                snapshot = files.read_snapshot(self.file, self.read(name), name)
                require(name == f"snapshots/{snapshot.id.hex()}", f"{name}: of another name")
                found.append(snapshot)
        return sorted(found, key=lambda snapshot: (snapshot.time, snapshot.id))

    def snapshot(self, wanted):
        """One by its id, or the newest complete one."""
        every = self.snapshots()
        fitting = [one for one in every if (one.id.hex() == wanted if wanted else one.complete)]
        require(fitting, "there is no such snapshot")
        return fitting[-1]

    def about(self, snapshot):
        """The description of a snapshot."""
        context = self.id + snapshot.id
        plain = files.open_box(self.suite, self.secret(snapshot.key), b"description", context, snapshot.description)
        return json.loads(plain)

    def segments(self, snapshot):
        """The places of the segments of a snapshot, each with its entries."""
        for place in files.read_manifest(self.file, self.maintenance, snapshot):
            with self.noted(f"segment {place.segment.hex()}"):
                blob = self.blob(place.pack, place.offset, place.length)
                place.read = files.read_segment(self.file, self.maintenance, place, blob)
                yield place

    def objects(self, snapshot):
        """All objects of a snapshot, in order: `found` is the record, or None, and `closed` says why."""
        for place in self.segments(snapshot):
            for entry in place.read:
                with self.noted(f"object {entry.key.hex()}"):
                    yield self.object(entry)

    def object(self, entry):
        try:
            found = files.read_object(self.file, self.secret(entry.key), entry.box)
        except Closed as closed:
            return SimpleNamespace(key=entry.key, mark=entry.mark, found=None, closed=str(closed))
        chunks = [extent for extent in found.extents if extent.kind != files.HOLE]
        require(len(chunks) == len(entry.chunks), "another number of chunks than of places")
        for extent, place in zip(chunks, entry.chunks):
            extent.place = place
        return SimpleNamespace(key=entry.key, mark=entry.mark, found=found, closed=None)

    def content(self, found):
        """The bytes of a file piece by piece; None and a length for a hole."""
        for extent in found.extents:
            if extent.kind == files.HOLE:
                yield None, extent.length
            else:
                plain = files.open_chunk(self.suite, extent, self.blob(*extent.place))
                yield plain, extent.length


def listing(vault, snapshot, digests):
    """What a snapshot holds, as JSON."""
    return {
        "snapshot": snapshot.id.hex(),
        "time": snapshot.time,
        "complete": bool(snapshot.complete),
        "about": vault.about(snapshot),
        "objects": [_object_listing(vault, one, digests) for one in vault.objects(snapshot)],
    }


def _object_listing(vault, one, digests):
    if one.closed:
        return {"key": one.key.hex(), "closed": one.closed}
    found = one.found
    listed = {
        "key": one.key.hex(),
        "path": found.path.hex(),
        "kind": files.KINDS[found.kind],
        "mode": found.mode,
        "mtime": list(found.mtime),
        "size": found.size,
        "level": found.level,
        "scope": found.scope,
        "class": found.class_,
        "subjects": found.subjects,
        "residency": found.residency,
        "target": found.target.hex(),
    }
    if digests and found.kind == files.FILE:
        parts = [bytes(length) if plain is None else plain for plain, length in vault.content(found)]
        listed["digest"] = vault.suite.hash(*parts).hex()
    return listed


def open_store(args):
    """The key store, if one is named."""
    if args.keys is None:
        return None
    passphrase = args.passphrase_file and args.passphrase_file.read_bytes().rstrip(b"\r\n")
    key_file = args.key_file and args.key_file.read_text()
    return Store(args.keys, args.cell, Held(passphrase, key_file, [path.read_text() for path in args.share or []]))


def run(args):
    store = open_store(args)
    vault = Vault(args.vault, store)
    if args.verb == "check":
        said = check(vault, args.catalogue)
    else:
        require(store, "this needs the key store")
        snapshot = vault.snapshot(args.snapshot)
        said = listing(vault, snapshot, args.digests) if args.verb == "ls" else restore(vault, snapshot, args.to, args.below)
    return said | {"problems": vault.problems}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("check", "ls", "restore"):
        command = verbs.add_parser(verb)
        command.add_argument("vault", type=Path)
        command.add_argument("--keys", type=Path)
        command.add_argument("--cell", type=Path)
        command.add_argument("--passphrase-file", type=Path)
        command.add_argument("--key-file", type=Path)
        command.add_argument("--share", type=Path, action="append")
        if verb == "check":
            command.add_argument("--catalogue", type=Path, help="listings, to be compared with the records")
        else:
            command.add_argument("snapshot", nargs="?")
        if verb == "ls":
            command.add_argument("--digests", action="store_true", help="of the content of files too")
        if verb == "restore":
            command.add_argument("--to", type=Path, required=True, help="a folder that is not there yet")
            command.add_argument("--below", type=Path, default=Path("/"), help="only what lies below; DIR stands for it")
    return parser.parse_args()


def main():
    try:
        said = run(parse())
    except (Refused, ValueError, OSError) as error:
        sys.exit(f"refused: {error}")
    json.dump(said, sys.stdout, indent=1)
    print()
    sys.exit(1 if said["problems"] else 0)


if __name__ == "__main__":
    main()
