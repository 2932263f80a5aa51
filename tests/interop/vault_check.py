"""Everything about a vault that can be found wrong. docs/spec/vault.md."""

from pathlib import Path

import vault_files as files
from keystore_custody import require
from sealkeep_keystore import Closed

INDEX_SCOPE = b"sealkeep/index"
MOST_ENTRIES, MOST_BYTES, FEW_ENTRIES = 1_024, 8 << 20, 64
NOT_NAMED = ("packs/", "heads/", "catalogue/")


def check(vault, catalogue):
    """Checks what can be checked with the keys that there are, and counts."""
    checking = Checking(vault)
    counts = {
        "vault": vault.id.hex(),
        "suite": vault.suite.name,
        "fingerprint": vault.file.fingerprint,
        "packs": checking.packs(),
        "strays": checking.strays,
        "heads": checking.heads(),
        "records": checking.records(),
        "relocations": len(vault.relocations),
    }
    if vault.store:
        counts["snapshots"] = checking.snapshots()
        counts["listings"] = checking.listings(Path(catalogue)) if catalogue else 0
        counts["segments"], counts["objects"] = len(checking.segments), checking.objects
        counts["early"] = checking.early
        counts["closed"] = sorted(checking.closed)
        counts["chunks"] = len(checking.chunks)
    return counts


class Checking:
    def __init__(self, vault):
        self.vault, self.strays = vault, []
        # Segments by id, with what their objects said; places of chunks with the extents that they were opened for.
        self.segments, self.chunks, self.objects, self.closed = {}, {}, 0, set()
        # How many segments end where only a checkpoint ends one.
        self.early = 0

    def packs(self):
        """Each pack of an index, and those of none."""
        vault = self.vault
        for pack in vault.packs.values():
            with vault.noted(f"pack {pack.id.hex()}"):
                data = vault.pack(pack.id)
                require(len(data) == pack.length, "another length than the index says")
                digest = files.pack_digest(vault.file, pack.id, pack.kind, data)
                require(digest == pack.digest, "another digest than the index says")
                if pack.kind == files.MANIFEST:
                    self._manifest_pack(data)
        known = {f"packs/{id.hex()[:2]}/{id.hex()}" for id in vault.packs}
        self.strays += [name for name in vault.names("packs") if name not in known]
        return len(vault.packs)

    def _manifest_pack(self, data):
        for _, blob in files.blobs(data):
            magic = blob[:8]
            if magic == b"SKSNAPS1":
                files.read_snapshot(self.vault.file, blob, "snapshot in a pack")
            elif magic == b"SKINDEX1":
                index = files.read_index(self.vault.file, self.vault.maintenance, blob, "index in a pack")
                require(not index.packs, "an index in a pack that names packs")
            else:
                require(magic == b"SKSEGMT1", "something unknown in a manifest pack")

    def heads(self):
        """All heads are signed and form a chain; what the newest one names is there."""
        vault, before = self.vault, None
        for name in vault.names("heads"):
            with vault.noted(name):
                data = vault.read(name)
                head = files.read_head(vault.file, data, name)
                require(name == f"heads/{head.sequence:016x}", f"{name}: of another name")
                follows = before is None or head.before == before
                require(follows, f"{name}: does not name the head before")
                before, newest = vault.suite.hash(data), head
        require(before, "there is no head")
        for name, length, digest in newest.files:
            with vault.noted(name):
                data = vault.read(name)
                require((len(data), vault.suite.hash(data)) == (length, digest), "not what the head says")
        named = {name for name, _, _ in newest.files} | {"lock"}
        others = (name for name in vault.names("") if not name.startswith(NOT_NAMED))
        self.strays += [name for name in others if name not in named]
        return len(vault.names("heads"))

    def records(self):
        """All that was signed as a record, by kind."""
        kinds = {}
        for name in self.vault.names("register") + self.vault.names("records"):
            with self.vault.noted(name):
                kind, _ = files.read_record(self.vault.file, self.vault.read(name), name)
                kinds[kind] = kinds.get(kind, 0) + 1
        return kinds

    def snapshots(self):
        """Everything that hangs on a snapshot."""
        every = self.vault.snapshots()
        for snapshot in every:
            with self.vault.noted(f"snapshot {snapshot.id.hex()}"):
                self.vault.about(snapshot)
                self._snapshot(snapshot)
        return len(every)

    def _snapshot(self, snapshot):
        before, ended = None, True
        for place in self.vault.segments(snapshot):
            # Where a checkpoint was written.
            self.early += not ended
            ended = self._ends_well(place.read)
            if place.segment not in self.segments:
                self.segments[place.segment] = (place, [self._object(entry) for entry in place.read])
            for one in self.segments[place.segment][1]:
                if one and one.found:
                    at = walk_order(one.found.path)
                    require(before is None or before < at, "the objects are not in walk order")
                    before = at

    def _ends_well(self, entries):
        """Whether a segment ends with the first entry that ends one (§6)."""
        length, ends = 0, []
        for count, entry in enumerate(entries, 1):
            length += 40 + len(entry.box) + 12 * len(entry.chunks)
            full = count == MOST_ENTRIES or length >= MOST_BYTES
            ends.append(full or count >= FEW_ENTRIES and entry.mark[0] == 0)
        require(not any(ends[:-1]), "a segment goes on where it must end")
        return ends[-1]

    def _object(self, entry):
        vault = self.vault
        with vault.noted(f"object {entry.key.hex()}"):
            self.objects += 1
            one = vault.object(entry)
            if one.closed:
                self.closed.add(one.key.hex())
                return one
            mark_key = vault.suite.hkdf(vault.maintenance, b"", b"sealkeep/v1/vault/mark", 32)
            require(vault.suite.hmac(mark_key, one.found.path)[:16] == one.mark, "the mark is not its path's")
            self._chunks(one.found)
            return one

    def _chunks(self, found):
        for extent in found.extents:
            if extent.kind == files.HOLE:
                continue
            same = (extent.key, extent.digest)
            if self.chunks.get(extent.place) != same:
                files.open_chunk(self.vault.suite, extent, self.vault.blob(*extent.place))
                self.chunks[extent.place] = same

    # --- The catalogue, §11 ---

    def listings(self, catalogue):
        """Each listing of a segment that is still there says what the objects' records say."""
        read = 0
        for path in sorted(catalogue.iterdir()):
            with self.vault.noted(f"catalogue/{path.name}"):
                segment = bytes.fromhex(path.name)
                if segment in self.segments:
                    read += self._listing(segment, path.read_bytes())
        return read

    def _listing(self, segment, data):
        try:
            found = self.vault.store.find(data[:16])
        except Closed:
            return 0
        require(self.vault.store.scopes[found.scope - 16].name == INDEX_SCOPE, "sealed with a key of another scope")
        key = found.secret
        rows = files.read_listing(self.vault.file, key, segment, data)
        objects = self.segments[segment][1]
        require([row.key for row in rows] == [one.key for one in objects], "other objects than the segment's")
        for row, one in zip(rows, objects):
            require(bool(row.open) == bool(one.found), "a row of an object that does not open, or none of one that does")
            if row.open:
                require(row.found.bytes == one.found.bytes, "another description than the record's")
                require(row.tags == self._tags(key, one.found), "other tags than the chunks'")
        return 1

    def _tags(self, index_key, found):
        suite = self.vault.suite
        key = suite.hkdf(index_key, b"", b"sealkeep/v1/vault/tag" + found.scope.encode(), 32)
        return [suite.hmac(key, one.digest)[:16] for one in found.extents if one.kind != files.HOLE]


def walk_order(path):
    """By the folder that holds it, component by component, then by name."""
    parts = path.split(b"/") if path else []
    return parts[:-1], parts[-1:]
