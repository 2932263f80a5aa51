"""RFC 6962 trees with any hash, and checking proofs of them (RFC 9162 §2.1.3.2 and §2.1.4.2)."""


def leaf_hash(hash, leaf):
    return hash(b"\x00", leaf)


def node_hash(hash, left, right):
    return hash(b"\x01", left, right)


def root(hash, hashes):
    """The root over hashes of leaves, as RFC 6962 §2.1 defines it."""
    if not hashes:
        return hash(b"")
    while len(hashes) > 1:
        # One that is left over goes up as it is.
        pairs = [node_hash(hash, *hashes[at : at + 2]) for at in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(pairs) * 2 :]
    return hashes[0]


def is_included(hash, index, size, leaf, proof, expected):
    """Whether a proof shows that the leaf with this hash is number `index` of `size`."""
    if index >= size:
        return False
    node, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            reached = node_hash(hash, sibling, reached)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            reached = node_hash(hash, reached, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and reached == expected


def is_consistent(hash, old_size, old_root, size, new_root, proof):
    """Whether a proof shows that a tree begins with an older one."""
    if old_size in (0, size):
        expected = new_root if old_size == size else hash(b"")
        return not proof and old_root == expected
    if old_size > size:
        return False
    proof = list(proof)
    if old_size & (old_size - 1) == 0:
        proof.insert(0, old_root)
    if not proof:
        return False
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(hash, sibling, old), node_hash(hash, sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(hash, new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and (old, new) == (old_root, new_root)
