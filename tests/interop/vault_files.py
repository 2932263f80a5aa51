"""The files of a vault and what is in them, byte by byte. docs/spec/vault.md §§3 to 11."""

import base64
import hmac
import json
from types import SimpleNamespace

import zstandard

from keystore_custody import require
from keystore_files import Reader as KeystoreReader
from sealkeep_keystore import verify
from suite import SUITES

BLOCK = 64 << 10
PACK_HEADER, PACK_FOOTER = 48, 16
SIGNED_HEADER, SIGNATURE = 29, 64
CONTENT, MANIFEST = 1, 2
KINDS = {1: "file", 2: "folder", 3: "link", 4: "fifo", 5: "character device", 6: "block device", 7: "socket"}
FILE, FOLDER, LINK, FIFO, CHARACTER, DEVICE, SOCKET = KINDS
HOLE, STORED, COMPRESSED = 0, 1, 2


class Reader(KeystoreReader):
    """What the formats of a vault have besides."""

    def int64(self):
        return int.from_bytes(self.take(8), "big", signed=True)

    def bytes32(self):
        return self.take(self.uint(4))

    def var(self):
        """LEB128, no longer than need be."""
        value, shift = 0, 0
        while True:
            byte = self.uint(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        require(byte or shift == 7, f"{self.what}: a number that is longer than need be")
        require(value < 1 << 64, f"{self.what}: a number of more than 64 bits")
        return value

    def text(self):
        return self.bytes16().decode()


# --- Boxes, §3 ------------------------------------------------------------------------------------------------------------


def open_box(suite, key, label, context, box):
    """What is in a box; ValueError when it is not this key's, or was changed."""
    reader = Reader(box, f"box {label.decode()}")
    salt, commitment, sealed = reader.take(16), reader.take(32), reader.rest()
    okm = suite.hkdf(key, salt, b"sealkeep/v1/vault/" + label + bytes([suite.id]), suite.key_len + 44)
    if not hmac.compare_digest(okm[suite.key_len + 12 :], commitment):
        raise ValueError(f"{reader.what}: another key's")
    return suite.open(okm[: suite.key_len], okm[suite.key_len : suite.key_len + 12], context, sealed)


# --- Signed files and `vault`, §5 ------------------------------------------------------------------------------------------


def read_vault(path):
    """What the file `vault` says; it is signed with the key that it names."""
    data = path.read_bytes()
    reader = Reader(data, "vault")
    require(reader.take(8) == b"SKVAULT1", "not a vault")
    require(reader.uint(4) == len(data), "vault: another length than it says")
    suite = SUITES.get(reader.uint(1))
    require(suite, "vault: of an unknown suite")
    vault = SimpleNamespace(suite=suite, id=reader.take(16), created=reader.uint(8), pack_size=reader.uint(4))
    vault.maintenance, vault.signing, vault.public = reader.take(16), reader.take(16), reader.bytes16()
    signature = reader.take(SIGNATURE)
    reader.end()
    require(verify(suite, vault.public, data[:-SIGNATURE], signature), "vault: the signature is wrong")
    vault.fingerprint = suite.hash(vault.public).hex()
    return vault


def signed(vault, magic, data, what):
    """A reader of the payload of a signed file."""
    require(len(data) >= SIGNED_HEADER + SIGNATURE, f"{what}: too short")
    require(data[:8] == magic, f"{what}: another magic than {magic.decode()}")
    require(int.from_bytes(data[8:12], "big") == len(data), f"{what}: another length than it says")
    require(data[12:29] == bytes([vault.suite.id]) + vault.id, f"{what}: of another vault")
    good = verify(vault.suite, vault.public, data[:-SIGNATURE], data[-SIGNATURE:])
    require(good, f"{what}: the signature is wrong")
    return Reader(data[SIGNED_HEADER:-SIGNATURE], what)


# --- Packs, §4 ------------------------------------------------------------------------------------------------------------


def pack_digest(vault, pack_id, kind, data):
    """The digest of a pack's bytes, each block of which is checked."""
    what = f"pack {pack_id.hex()}"
    require(len(data) >= PACK_HEADER + PACK_FOOTER, f"{what}: too short")
    header = b"SKPACK1\n" + bytes([vault.suite.id, kind]) + bytes(6) + vault.id + pack_id
    length, magic = data[-PACK_FOOTER:-8], data[-8:]
    require(magic == b"SKPACKE\n", f"{what}: the footer is not one")
    end = int.from_bytes(length, "big")
    digests = data[end:-PACK_FOOTER]
    require(len(digests) == 32 * -(-end // BLOCK), f"{what}: the length does not fit")
    for n, at in enumerate(range(0, end, BLOCK)):
        digest = vault.suite.hash(data[at : min(at + BLOCK, end)])
        require(digest == digests[32 * n : 32 * n + 32], f"{what}: block {n} was changed")
    require(data[:PACK_HEADER] == header, f"{what}: the header is of something else")
    return vault.suite.hash(b"sealkeep/v1/pack", length, digests)


def blobs(data):
    """Offset and bytes of all that a manifest pack holds."""
    at, end = PACK_HEADER, int.from_bytes(data[-PACK_FOOTER:-8], "big")
    while at < end:
        length = int.from_bytes(data[at + 8 : at + 12], "big")
        require(12 <= length <= end - at, "a manifest pack that cannot be taken apart")
        yield at, data[at : at + length]
        at += length


# --- Index files, snapshots, heads, §§7 to 9 -------------------------------------------------------------------------------


def read_index(vault, key, data, what):
    """Packs and relocations of one index file."""
    reader = signed(vault, b"SKINDEX1", data, what)
    index = SimpleNamespace(id=reader.take(16), packs={}, relocations={})
    index.superseded = [reader.take(16) for _ in range(reader.uint(4))]
    for _ in range(reader.uint(4)):
        pack_id = reader.take(16)
        pack = SimpleNamespace(id=pack_id, kind=reader.uint(1), length=reader.uint(8), digest=reader.take(32))
        require(pack.kind in (CONTENT, MANIFEST), f"{what}: a pack of an unknown kind")
        index.packs[pack_id] = pack
    box = reader.bytes32()
    reader.end()
    if key:
        moved = Reader(open_box(vault.suite, key, b"relocations", vault.id + index.id, box), what)
        while moved.at < len(moved.data):
            old = (moved.take(16), moved.uint(4), moved.uint(4))
            index.relocations[old] = (moved.take(16), moved.uint(4))
    return index


def read_snapshot(vault, data, what):
    """What stands in the clear in a snapshot, and its two boxes."""
    reader = signed(vault, b"SKSNAPS1", data, what)
    snapshot = SimpleNamespace(data=data, id=reader.take(16), time=reader.uint(8), complete=reader.uint(1))
    snapshot.key, snapshot.manifest, snapshot.description = reader.take(16), reader.bytes32(), reader.bytes32()
    reader.end()
    require(snapshot.complete <= 1, f"{what}: neither complete nor a checkpoint")
    return snapshot


def read_manifest(vault, key, snapshot):
    """Where the segments of a snapshot are."""
    context = vault.id + snapshot.id
    reader = Reader(open_box(vault.suite, key, b"manifest", context, snapshot.manifest), "manifest")
    places = []
    for _ in range(reader.uint(4)):
        place = SimpleNamespace(segment=reader.take(16), pack=reader.take(16), offset=reader.uint(4))
        place.length, place.entries = reader.uint(4), reader.uint(4)
        places.append(place)
    reader.end()
    return places


def read_head(vault, data, what):
    reader = signed(vault, b"SKHEADS1", data, what)
    head = SimpleNamespace(sequence=reader.uint(8), time=reader.uint(8), before=reader.take(32))
    head.files = [(reader.text(), reader.uint(8), reader.take(32)) for _ in range(reader.uint(4))]
    reader.end()
    names = [name for name, _, _ in head.files]
    require(names == sorted(set(names), key=str.encode), f"{what}: the names are not in order")
    return head


# --- Register and records, §10 --------------------------------------------------------------------------------------------


def read_record(vault, data, what):
    """Kind and content of a DSSE envelope that the vault signed."""
    envelope = json.loads(data)
    kind, payload = envelope["payloadType"], base64.b64decode(envelope["payload"], validate=True)
    encoded = f"DSSEv1 {len(kind.encode())} {kind} {len(payload)} ".encode() + payload
    ours = [one for one in envelope["signatures"] if one["keyid"] == vault.fingerprint]
    require(ours, f"{what}: not signed by this vault")
    good = verify(vault.suite, vault.public, encoded, base64.b64decode(ours[0]["sig"], validate=True))
    require(good, f"{what}: the signature is wrong")
    named = kind.startswith("application/vnd.sealkeep.") and kind.endswith("+json")
    require(named, f"{what}: a payload of an unknown type")
    return kind.removeprefix("application/vnd.sealkeep.").removesuffix("+json"), json.loads(payload)


# --- Segments and records, §6 ---------------------------------------------------------------------------------------------


def read_segment(vault, key, place, data):
    """Entries with mark, key id, sealed record and the places of their chunks."""
    what = f"segment {place.segment.hex()}"
    reader = Reader(data, what)
    require(reader.take(8) == b"SKSEGMT1" and reader.uint(4) == len(data), f"{what}: not a segment of this length")
    require(reader.take(16) == place.segment, f"{what}: another id")
    count, box = reader.uint(4), reader.bytes32()
    require(count == place.entries, f"{what}: another number of entries")
    context = vault.id + place.segment
    locators = Reader(open_box(vault.suite, key, b"locators", context, box), f"locators of {what}")
    packs = [locators.take(16) for _ in range(locators.uint(4))]
    entries = []
    for _ in range(count):
        entry = SimpleNamespace(key=reader.take(16), box=reader.bytes32(), mark=locators.take(16), chunks=[])
        for _ in range(locators.var()):
            number = locators.var()
            require(number < len(packs), f"{what}: a locator without a pack")
            entry.chunks.append((packs[number], locators.uint(4), locators.uint(4)))
        entries.append(entry)
    reader.end()
    locators.end()
    return entries


def read_object(vault, key, box):
    """The record of an object: its description and its extents."""
    reader = Reader(open_box(vault.suite, key, b"record", vault.id, box), "record")
    require(reader.uint(1) == 1, "a record of an unknown version")
    found = read_description(reader)
    found.extents = [_extent(reader) for _ in range(reader.var())]
    reader.end()
    require(sum(extent.length for extent in found.extents) == found.size, "the extents do not add up to the size")
    return found


def read_description(reader):
    start = reader.at
    found = SimpleNamespace(kind=reader.uint(1), flags=reader.uint(1), level=reader.uint(1), mode=reader.uint(4))
    require(found.kind in KINDS and found.flags <= 1 and found.level <= 5, "unknown kind, flag or level")
    require(found.mode <= 0o7777, "mode: more than permission bits")
    found.uid, found.gid = reader.var(), reader.var()
    found.mtime, found.ctime = _time(reader), _time(reader)
    found.device, found.inode, found.links, found.size = (reader.var() for _ in range(4))
    found.special, found.first, found.start = reader.var(), reader.var(), reader.int64()
    found.path, found.user, found.group = reader.bytes16(), reader.bytes16(), reader.bytes16()
    found.scope, found.class_, found.residency = reader.text(), reader.text(), reader.text()
    found.subjects = [reader.text() for _ in range(reader.uint(1))]
    found.target = reader.bytes16()
    found.attributes = [(reader.bytes16(), reader.bytes32()) for _ in range(reader.var())]
    bad = found.path and any(part in (b"", b".", b"..") or b"\0" in part for part in found.path.split(b"/"))
    require(not bad, "a path that breaks the rules")
    require(found.kind == FILE or not found.size, "content of something that is not a file")
    require(found.kind in (CHARACTER, DEVICE) or not found.special, "the number of something that is not a device")
    require(max(found.uid, found.gid, found.links) < 1 << 32, "a number that is too large")
    names = [name for name, _ in found.attributes]
    require(names == sorted(set(names)), "the attributes are not sorted")
    require(not found.target or found.kind == LINK, "the target of something that is not a link")
    found.bytes = reader.data[start : reader.at]
    return found


def _time(reader):
    seconds, nanoseconds = reader.int64(), reader.uint(4)
    require(nanoseconds < 1_000_000_000, "a time with more nanoseconds than a second has")
    return seconds, nanoseconds


def _extent(reader):
    kind, length = reader.uint(1), reader.var()
    require(kind in (HOLE, STORED, COMPRESSED), "an extent of an unknown kind")
    key, digest = (reader.take(32), reader.take(32)) if kind else (None, None)
    require(length and (kind == HOLE or length < 1 << 32), "an extent without length, or a chunk of 4 GiB")
    return SimpleNamespace(kind=kind, length=length, key=key, digest=digest)


def open_chunk(suite, extent, sealed):
    """The plain bytes of a chunk."""
    plain = suite.open(extent.key[: suite.key_len], bytes(12), b"", sealed)
    if extent.kind == COMPRESSED:
        plain = decompress(plain, extent.length)
    require(len(plain) == extent.length, "a chunk of another length than its record says")
    require(suite.hash(plain) == extent.digest, "a chunk of another content than its record says")
    return plain


def decompress(frame, most):
    """What is in one zstd frame; Refused when it is more than `most` bytes, or more than a frame."""
    inflater = zstandard.ZstdDecompressor().decompressobj()
    try:
        plain = inflater.decompress(frame)
    except zstandard.ZstdError as error:
        require(False, f"not a zstd frame: {error}")
    require(inflater.eof and not inflater.unused_data, "not one whole zstd frame")
    require(len(plain) <= most, "a zstd frame of more bytes than there should be")
    return plain


# --- The catalogue, §11 ---------------------------------------------------------------------------------------------------

MOST_ROWS = 1 << 30


def read_listing(vault, index_key, segment, data):
    """The rows of a listing: key id, and description and tags of the objects that could be opened."""
    plain = open_box(vault.suite, index_key, b"listing", vault.id + segment, data[16:])
    reader = Reader(decompress(plain, MOST_ROWS), f"listing {segment.hex()}")
    rows = []
    while reader.at < len(reader.data):
        row = SimpleNamespace(key=reader.take(16), open=reader.uint(1))
        require(row.open <= 1, f"{reader.what}: neither open nor not")
        if row.open:
            row.found = read_description(reader)
            row.tags = [reader.take(16) for _ in range(reader.uint(4))]
        rows.append(row)
    return rows
