"""The ledger inside a key store's pages, docs/spec/ledger.md §§2 to 4."""

import json
from types import SimpleNamespace

import keystore_files as files
import ledger_tree
from keystore_custody import require

ENTRIES, REGISTERED, BODIES, REFERENCE = 3, 7, 8, 72
REGISTER = ("statement", "store", "alarm")


class Ledger:
    """The ledger's part of the root page, with all entries, checked against all trees."""

    def __init__(self, store, root, ledger_root):
        self.store, self.hash = store, store.suite.hash
        self.time, self.counted, self.clock = root.uint(8), root.uint(8), root.uint(8)
        root.uint(8), root.take(16)
        root.uint(8), root.uint(8), root.uint(8)
        self.size = root.uint(8)
        peaks = [root.take(32) for _ in range(root.uint(1))]
        self.window, self.opened, self.limit = root.uint(8), root.uint(8), root.uint(8)
        self.purpose, self.restricted, self.glass = root.uint(1), root.uint(1), root.uint(8)
        require(self.purpose <= 1, "a flag that is neither 0 nor 1")
        tops = [(root.uint(4), root.uint(1), root.take(REFERENCE)) for _ in range(5)]
        trees = {ENTRIES + n: store._leaves(ENTRIES + n, height, top, count) for n, (count, height, top) in enumerate(tops)}
        self.entries = [self._entry(index, record) for index, record in enumerate(trees[ENTRIES])]
        require(len(self.entries) == self.size, "the ledger has another size")
        self.leaves = [ledger_tree.leaf_hash(self.hash, entry.commitment) for entry in self.entries]
        self.root = ledger_tree.root(self.hash, self.leaves)
        require(self.root == ledger_root, "the ledger's entries have another root")
        self._check_hashes(trees, peaks)
        self._check_bodies(trees[REGISTERED])

    def _entry(self, index, record):
        reader = files.Reader(record, f"entry {index}")
        apart, salt = reader.uint(1), reader.take(16)
        require(apart <= 1, f"{reader.what}: unknown form")
        if apart:
            commitment, reference = reader.take(32), reader.take(REFERENCE)
            reader.end()
            body = self.store._child(BODIES, 0, index, reference)
            require(body is not None and len(body) > 400, f"{reader.what}: its page is absent or short")
        else:
            body = reader.rest()
            commitment = None
        entry = SimpleNamespace(index=index, salt=salt, body=body)
        entry.commitment = self.hash(b"sealkeep/v1/ledger/entry", salt, body)
        require(commitment in (None, entry.commitment), f"{reader.what}: another commitment")
        return entry

    def _check_hashes(self, trees, peaks):
        below = self.leaves
        for tree in (4, 5, 6):
            whole = [below[at : at + 256] for at in range(0, len(below) - 255, 256)]
            below = [ledger_tree.root(self.hash, hashes) for hashes in whole]
            require(trees[tree] == below, f"tree {tree} has other hashes")
        expected, start = [], 0
        for bit in range(63, -1, -1):
            if self.size >> bit & 1:
                expected.append(ledger_tree.root(self.hash, self.leaves[start : start + (1 << bit)]))
                start += 1 << bit
        require(peaks == expected, "other complete subtrees")

    def _check_bodies(self, registered):
        before, numbers = (0, 0), []
        for entry in self.entries:
            entry.says = json.loads(entry.body)
            now = (entry.says["time"], entry.says["counted"])
            require(now[0] >= before[0] and now[1] >= before[1], f"entry {entry.index} is earlier than the one before")
            before = now
            if entry.says["class"] in REGISTER:
                numbers.append(entry.index.to_bytes(8, "big"))
        require(before == (self.time, self.counted), "the last entry has another time")
        require(registered == numbers, "other entries are registered")
