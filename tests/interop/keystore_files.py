"""The files of a key store as they lie on disk: root cell, database, copy. docs/spec/keystore.md §§6, 7, 9."""

import contextlib
import fcntl
import re
import sqlite3
from pathlib import Path
from types import SimpleNamespace

from keystore_custody import PASSPHRASE, SHARES, custody_id, key_pair, require, unwrap
from suite import SUITES

SLOT = 135_168
STRIPES = 4_000


class Reader:
    """Takes a byte string apart from the front; running out of bytes is refused."""

    def __init__(self, data, what):
        self.data, self.at, self.what = data, 0, what

    def take(self, length):
        require(len(self.data) - self.at >= length, f"{self.what}: too short")
        self.at += length
        return self.data[self.at - length : self.at]

    def uint(self, length):
        return int.from_bytes(self.take(length), "big")

    def bytes16(self):
        return self.take(self.uint(2))

    def rest(self):
        return self.take(len(self.data) - self.at)

    def end(self):
        require(self.at == len(self.data), f"{self.what}: bytes left over")


def read_kind(reader):
    """A custody's *kind* as its bytes."""
    start = reader.at
    kind = reader.uint(1)
    require(1 <= kind <= SHARES, f"custody of unknown kind {kind}")
    if kind == PASSPHRASE:
        reader.take(12 + 16)
    elif kind == SHARES:
        threshold, total = reader.uint(1), reader.uint(1)
        require(2 <= threshold <= total <= 16, "a share set with impossible numbers")
        reader.take(16 * total)
    return reader.data[start : reader.at]


# --- The root cell ------------------------------------------------------------------------------------------------------


def read_cell(path):
    """The whole slots of a cell file."""
    data = Path(path).read_bytes()
    require(len(data) == 2 * SLOT, f"{path} has not the size of a root cell")
    slots = (read_slot(data[at : at + SLOT]) for at in (0, SLOT))
    return [slot for slot in slots if slot]


def read_slot(data):
    """One slot; None when it is erased or torn."""
    reader = Reader(data[:96], "cell")
    if reader.take(8) != b"SKCELL1\n" or reader.uint(1) != 1:
        return None
    suite = SUITES.get(reader.uint(1))
    if suite is None or suite.hash(data[:4_064], data[4_096:132_112]) != data[4_064:4_096]:
        return None
    slot = SimpleNamespace(data=data, suite=suite, incarnation=reader.uint(2))
    count = reader.uint(1)
    require(1 <= count <= 7, "the cell has no custody or too many")
    require(reader.take(3) == bytes(3), "cell: reserved bytes are not zero")
    slot.store_id, slot.cell_id = reader.take(16), reader.take(16)
    slot.epoch, slot.generation = reader.uint(8), reader.uint(8)
    slot.salt = reader.take(32)
    slot.custodies = [_entry(data[at : at + 512]) for at in range(96, 96 + 512 * count, 512)]
    require(not any(data[96 + 512 * count : 4_064]) and not any(data[132_112:]), "cell: reserved bytes are not zero")
    return slot


def _entry(data):
    reader = Reader(data, "custody entry")
    entry = SimpleNamespace(id=reader.take(16), kind=read_kind(reader), wrapped=reader.bytes16())
    require(not any(reader.rest()), "custody entry: reserved bytes are not zero")
    return entry


def open_slot(slot, held):
    """The root page key, with whatever `held` opens."""
    suite = slot.suite
    for entry in slot.custodies:
        seed = held.seed(suite, entry)
        if seed is None:
            continue
        private, public = key_pair(suite, seed)
        if custody_id(suite, public) != entry.id:
            continue
        context = b"sealkeep/v1/cell/wrap" + slot.store_id + slot.cell_id + entry.id
        context += slot.epoch.to_bytes(8, "big") + slot.generation.to_bytes(8, "big")
        cell_key = unwrap(suite, private, public, entry.wrapped, context)
        okm = suite.hkdf(cell_key, slot.salt, b"sealkeep/v1/cell", suite.key_len + 12)
        sealed = slot.data[4_096:132_112]
        stripes = suite.open(okm[: suite.key_len], okm[suite.key_len :], slot.data[:4_064], sealed)
        return merge_stripes(suite, stripes)
    require(False, "what was given opens none of this cell's custodies")


def merge_stripes(suite, stripes):
    """AF-merge of LUKS1 with 32-byte stripes."""
    d = bytes(32)
    for at in range(0, 32 * (STRIPES - 1), 32):
        mixed = int.from_bytes(d, "big") ^ int.from_bytes(stripes[at : at + 32], "big")
        d = suite.hash(bytes(4), mixed.to_bytes(32, "big"))
    return bytes(a ^ b for a, b in zip(d, stripes[-32:]))


# --- The database -------------------------------------------------------------------------------------------------------


def read_database(folder):
    """Head, pages by address, feed and unfinished intents of `store.db`."""
    with contextlib.ExitStack() as stack:
        if (folder / "lock").exists():
            lock = stack.enter_context(open(folder / "lock", "rb"))
            fcntl.flock(lock, fcntl.LOCK_SH)
        db = sqlite3.connect(f"{(folder / 'store.db').resolve().as_uri()}?mode=ro", uri=True)
        stack.callback(db.close)
        return _from_tables(db)


def _from_tables(db):
    require(db.execute("PRAGMA user_version").fetchone()[0] == 1, "the database is of an unknown version")
    db.execute("BEGIN")
    db.row_factory = sqlite3.Row
    row = db.execute("SELECT * FROM head").fetchone()
    require(row, "the database has no head: it is an unfinished restore")
    head = SimpleNamespace(store_id=row["store"], suite=SUITES.get(row["suite"]), chain=row["chain"])
    require(head.suite, "the store is of an unknown suite")
    head.incarnation, head.epoch, head.generation = row["incarnation"], row["epoch"], row["generation"]
    head.sequence = row["sequence"]
    head.feed_count, head.feed_chain = row["feed_count"], row["feed_chain"]
    head.feed_signature = row["feed_signature"]
    pages = {address: (version, sealed) for address, version, sealed in db.execute("SELECT * FROM page")}
    tombstones = db.execute("SELECT id, moment, certificate FROM tombstone ORDER BY number")
    feed = [id + moment.to_bytes(8, "big") + certificate for id, moment, certificate in tombstones]
    intents = [body for (body,) in db.execute("SELECT body FROM intent ORDER BY number")]
    return SimpleNamespace(head=head, pages=pages, feed=feed, intents=intents)


# --- A copy -------------------------------------------------------------------------------------------------------------


def read_copy(folder):
    """The same of a copy: its newest row file up to the last commit whose running hash is right."""
    reader = Reader((folder / "copy").read_bytes(), "copy")
    require(reader.take(8) == b"SKCOPY1\n", "not a copy")
    suite = SUITES.get(reader.uint(1))
    require(suite, "the copy is of an unknown suite")
    identity = reader.take(32)
    reader.end()
    pattern = re.compile("rows-[0-9a-fA-F]{4}-[0-9a-fA-F]{16}")
    names = sorted(path.name for path in folder.iterdir() if pattern.fullmatch(path.name))
    require(names, "the copy has no rows")
    rows = (folder / names[-1]).read_bytes()
    source = read_rows(suite, identity, rows)
    source.intents = [(folder / "intent").read_bytes()] if (folder / "intent").exists() else []
    return source


PAGE, DROPPED, TOMBSTONE, COMMIT = 1, 2, 3, 4
ROW_LENGTHS = {PAGE: range(16, (64 << 20) + 1), DROPPED: (4,), TOMBSTONE: (56,), COMMIT: (194,)}


def read_rows(suite, identity, rows):
    """What the row file holds at its last good commit."""
    reader = Reader(rows, "rows")
    header = reader.take(41)
    require(header == b"SKROWS1\n" + bytes([suite.id]) + identity, "the rows are of another copy")
    source, pages, feed, batch = None, {}, [], []
    running, since = suite.hash(header), reader.at
    while len(rows) - reader.at >= 5:
        kind, length = reader.uint(1), reader.uint(4)
        fits = length in ROW_LENGTHS.get(kind, ())
        if not fits or len(rows) - reader.at < length:
            break
        body = Reader(reader.take(length), "row")
        batch.append((kind, body))
        if kind != COMMIT:
            continue
        running = suite.hash(running, rows[since : reader.at - 32])
        if body.data[-32:] != running:
            break
        for kind, body in batch[:-1]:
            pages = _apply(kind, body, pages, feed)
        source = SimpleNamespace(head=_commit(suite, identity[:16], batch[-1][1]), pages=dict(pages), feed=list(feed))
        batch, since = [], reader.at
    require(source, "the rows have no commit")
    return source


def _apply(kind, body, pages, feed):
    """What one record of a whole commit does to the pages, which are returned, and to the feed."""
    if kind == PAGE:
        address, version = body.uint(8), body.uint(8)
        pages[address] = (version, body.rest())
    elif kind == DROPPED:
        tree = body.uint(4)
        pages = {address: page for address, page in pages.items() if address >> 32 != tree}
    else:
        feed.append(body.take(56))
    return pages


def _commit(suite, store_id, body):
    head = SimpleNamespace(store_id=store_id, suite=suite, incarnation=body.uint(2))
    head.epoch, head.generation, head.sequence, head.chain = body.uint(8), body.uint(8), body.uint(8), body.take(32)
    head.feed_count, head.feed_chain, head.feed_signature = body.uint(8), body.take(32), body.take(64)
    return head
