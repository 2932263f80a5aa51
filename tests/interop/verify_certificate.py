#!/usr/bin/env python3
"""An auditor's verification of a destruction certificate, written from docs/spec/{certificate,approval,ledger}.md alone.

    verify_certificate.py CERTIFICATE [--trust GENESIS]

Needs Python 3.11 and the package `cryptography`; SM2 and SM3 are in gm.py beside this file. Prints every check, and ends with 0
if the certificate holds, 1 if it does not. It needs no key store and no network.
"""

import base64
import hashlib
import json
import re
import sys
import tomllib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import gm

DAY = 86_400
AHEAD = 600


# How each member is written (§§3, 4, 6): nothing has a second form.
ID, DIGEST = "[0-9a-f]{32}", "[0-9a-f]{64}"
QUALIFICATION = {"number": str, "until": int}
OFFICER = {"id": str, "name": str, "person": str, "roles": [str], "key": str, "qualification": (QUALIFICATION, None)}
COPY = {"what": str, "id": str, "place": str, "reachable": bool, "seen": (int, None)}
INVENTORY = {"root": DIGEST, "items": int, "bytes": int, "targets": DIGEST, "kinds": {...: int}}
FORMS = {
    "store": ID, "nonce": ID, "by": [str], "policy": DIGEST, "officer": (str, OFFICER), "officers": [OFFICER],
    "replaces": (str, None), "qualification": QUALIFICATION, "targets": [ID], "scopes": [ID], "inventory": (DIGEST, INVENTORY),
    "copies": [COPY], "residual": [str], "not_covered": [str], "compromised": bool, "passed": bool,
} | {name: DIGEST for name in "hold grant request execution report".split()}  # fmt: skip
FORMS |= {name: int for name in "time left review until level step".split()}


# The record of execution (§8) and the report of inspection (§9), whole.
CELL = {"place": str, "erased": bool, "read_back": str, "medium": str, "residual": bool}
STORE_COPY = {"id": str, "place": str, "state": str, "residual": bool}
KEYS = {"targets": int, "digest": DIGEST, "epoch": int, "sequence": int, "index_key": bool, "cells": [CELL], "copies": [STORE_COPY]}
EXECUTION = {
    "schema": str, "store": ID, "request": DIGEST, "inventory": DIGEST,
    "executor": {"officer": str, "person": str, "qualification": (QUALIFICATION, None)},
    "order": DIGEST, "program": str, "host": str, "started": int, "ended": int, "begun": int, "destroyed": (int, None), "state": str,
    "keys": (KEYS, None), "wipes": [{"item": int, "verdict": str, "report": DIGEST}], "failed": [{"item": int, "why": str}],
}  # fmt: skip
PLACE = {
    "what": str, "id": str, "place": str, "reachable": bool, "items": int, "refused": {...: int}, "opened": int,
    "others": {"tried": int, "opened": int}, "residual_until": (int, None),
}  # fmt: skip
INSPECTION = {
    "schema": str, "request": DIGEST, "execution": DIGEST, "started": int, "ended": int, "program": str, "places": [PLACE],
    "passed": bool,
}  # fmt: skip


def written(value, form):
    """Whether a value is written in this form."""
    if isinstance(form, tuple):
        return any(written(value, one) for one in form)
    if isinstance(form, list):
        return type(value) is list and all(written(one, form[0]) for one in value)
    if isinstance(form, dict):
        names = type(value) is dict and (... in form or set(value) == set(form))
        return names and all(written(value[name], form.get(name, form.get(...))) for name in value)
    if isinstance(form, str):
        return type(value) is str and re.fullmatch(form, value) is not None
    return value is None if form is None else type(value) is form and (form is not int or value >= 0)


def well_written(said):
    """Whether a statement is written in its one form, member by member."""
    kind = said["kind"]
    fits = all(written(value, FORMS.get(name, str)) for name, value in said.items())
    enrolled = type(said.get("officer", "")) is (dict if kind == "enroll" else str)
    return fits and enrolled and type(said.get("inventory", "")) is (dict if kind == "request" else str)



class Refused(Exception):
    """A check that failed, and why."""


def need(condition, why):
    if not condition:
        raise Refused(why)


def shown(text):
    """Other people's text, in which nothing moves the cursor or turns the direction of writing."""
    print("".join(letter if letter.isprintable() else f"\\u{{{ord(letter):x}}}" for letter in text))


# --- Encodings ------------------------------------------------------------------------------------------------------------


def unbase64(text):
    """RFC 4648 §4 in its one encoding."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("base64") from None
    need(base64.b64encode(data).decode() == text, "base64 in another encoding")
    return data


def once(pairs):
    members = dict(pairs)
    need(len(members) == len(pairs), "a member stands twice")
    return members


def read_json(data):
    try:
        return json.loads(data, object_pairs_hook=once)
    except ValueError as error:
        raise Refused(f"JSON: {error}") from None


def members(value, names):
    need(isinstance(value, dict) and set(value) == set(names), f"members are not {sorted(names)}")
    return value


# --- Suites ---------------------------------------------------------------------------------------------------------------


def _sm3(data):
    try:
        return hashlib.new("sm3", data).digest()
    except ValueError:
        return gm.sm3(data)


class Suite:
    """Hash and signatures of `aes256-gcm` or `sm4-gcm`."""

    def __init__(self, name):
        need(name in ("aes256-gcm", "sm4-gcm"), "the suite is not known")
        self.gm = name == "sm4-gcm"
        self.prefix = "sm2" if self.gm else "ed25519"
        self.item_hash = "sm3" if self.gm else "sha256"

    def hash(self, *parts):
        data = b"".join(parts)
        return _sm3(data) if self.gm else hashlib.sha256(data).digest()

    def key(self, text):
        """The bytes of a public key."""
        prefix, _, digits = text.partition(":")
        need(prefix == self.prefix and re.fullmatch("[0-9a-f]+", digits), "the key is of another suite")
        return bytes.fromhex(digits)

    def verify(self, key, message, signature):
        need(len(signature) == 64, "a signature has 64 bytes")
        if self.gm:
            need(gm.sm2_verify(gm.point_parse(key), message, signature), "the signature does not hold")
            return
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        except InvalidSignature:
            raise Refused("the signature does not hold") from None

    # RFC 6962 §2.1

    def leaf(self, leaf):
        return self.hash(b"\0", leaf)

    def node(self, left, right):
        return self.hash(b"\1", left, right)

    def root(self, leaves):
        level = [self.leaf(leaf) for leaf in leaves]
        if not level:
            return self.hash(b"")
        while len(level) > 1:
            pairs = [self.node(*level[at : at + 2]) for at in range(0, len(level) - 1, 2)]
            level = pairs + level[len(pairs) * 2 :]
        return level[0]

    def included(self, index, size, leaf, proof, root):
        """RFC 9162 §2.1.3.2."""
        need(index < size, "the entry is beyond the checkpoint")
        node, last = index, size - 1
        for sibling in proof:
            need(last > 0, "the proof is too long")
            if node & 1 or node == last:
                leaf = self.node(sibling, leaf)
                while not node & 1 and node:
                    node, last = node >> 1, last >> 1
            else:
                leaf = self.node(leaf, sibling)
            node, last = node >> 1, last >> 1
        need(last == 0 and leaf == root, "the proof does not lead to the root")

    def consistent(self, old, old_root, new, new_root, proof):
        """RFC 9162 §2.1.4.2."""
        need(0 < old <= new, "sizes")
        if old == new:
            need(not proof and old_root == new_root, "two roots for one size")
            return
        proof = list(proof)
        if old & (old - 1) == 0:
            proof.insert(0, old_root)
        node, last = old - 1, new - 1
        while node & 1:
            node, last = node >> 1, last >> 1
        need(proof, "the proof is empty")
        first = second = proof[0]
        for one in proof[1:]:
            need(last > 0, "the proof is too long")
            if node & 1 or node == last:
                first, second = self.node(one, first), self.node(one, second)
                while not node & 1 and node:
                    node, last = node >> 1, last >> 1
            else:
                second = self.node(second, one)
            node, last = node >> 1, last >> 1
        need(last == 0 and first == old_root and second == new_root, "the ledgers are not the same")


# --- DSSE and notes -------------------------------------------------------------------------------------------------------


class Envelope:
    """A DSSE envelope in its one encoding."""

    def __init__(self, data, kind):
        value = members(read_json(data), ["payload", "payloadType", "signatures"])
        need(value["payloadType"] == f"application/vnd.sealkeep.{kind}+json", "another type of payload")
        self.payload = unbase64(value["payload"])
        self.signatures = [(one["keyid"], unbase64(one["sig"])) for one in value["signatures"]]
        signatures = [{"keyid": name, "sig": base64.b64encode(sig).decode()} for name, sig in self.signatures]
        again = {"payload": value["payload"], "payloadType": value["payloadType"], "signatures": signatures}
        need(json.dumps(again, separators=(",", ":")).encode() + b"\n" == data, "another encoding")
        kind = value["payloadType"].encode()
        self.signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(self.payload), self.payload)

    def by_store(self, suite, key):
        need([name for name, _ in self.signatures] == ["store"], "not signed by the store alone")
        suite.verify(key, self.signed, self.signatures[0][1])


class Note:
    """A C2SP signed note around a checkpoint."""

    def __init__(self, text):
        head, blank, lines = text.rpartition("\n\n")
        need(blank and lines.endswith("\n"), "not a signed note")
        self.text = head + "\n"
        found = [re.fullmatch("\u2014 ([^ +]+) ([^ ]+)", line) for line in lines[:-1].split("\n")]
        need(all(found), "a signature line is none")
        self.lines = [(one[1], unbase64(one[2])) for one in found]
        self.origin, size, root = self.text[:-1].split("\n")[:3]
        need(re.fullmatch("0|[1-9][0-9]*", size), "the size is none")
        self.size, self.root = int(size), unbase64(root)

    def signed_by(self, suite, name, key, witness=False):
        """Whether this key signed; Refused if a signature of this key does not hold."""
        if suite.gm:
            kind = b"\xffsealkeep/sm2-sm3" + (b"-cosignature" if witness else b"")
        else:
            kind = b"\x04" if witness else b"\x01"
        key_id = suite.hash(name.encode(), b"\n", kind, key)[:4]
        found = False
        for who, line in self.lines:
            if who == name and line[:4] == key_id:
                signature, message = line[4:], self.text.encode()
                if witness:
                    time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
                    message = b"cosignature/v1\ntime %d\n" % time + message
                suite.verify(key, message, signature)
                found = True
        return found


# --- The rules of approval.md ---------------------------------------------------------------------------------------------

COMMON = "schema kind store time nonce by".split()
KINDS = {
    "genesis": "key officers policy_text",
    "enroll": "officer replaces",
    "qualify": "officer qualification",
    "reinstate": "officer",
    "suspend": "officer reason",
    "revoke": "officer reason compromised",
    "leaver": "officer left",
    "policy": "policy_text",
    "clock": "opinion",
    "hold": "targets reason basis review",
    "hold-review": "hold review opinion",
    "release": "hold opinion",
    "request": "number trigger reason basis owner department level remark inventory copies residual not_covered",
    "approve": "request inventory step opinion",
    "reject": "request inventory opinion",
    "withdraw": "request opinion",
    "cancel": "request opinion",
    "resume": "request opinion",
    "execute": "request inventory",
    "witness": "request inventory execution opinion",
    "inspect": "request inventory execution report passed",
}
GONE = ("revoked", "compromised")
EXCLUSIONS = [("auditor", "key-administrator"), ("auditor", "operator"), ("key-administrator", "operator"), ("executor", "inspector")]
SAFER = "policy hold hold-review suspend revoke leaver clock reject withdraw cancel".split()
UNITS = {"d": DAY, "h": 3600, "m": 60, "s": 1}


def seconds(text):
    return int(text[:-1]) * UNITS[text[-1]]


class Policy:
    """A policy, with its defaults."""

    def __init__(self, text, suite):
        table = tomllib.loads(text)
        self.digest = suite.hash(text.encode()).hex()
        self.version, self.changes = table["version"], table.get("changes", 2)
        self.effective, self.review_by = (self.begins(table[name]) for name in ("effective", "review_by"))
        self.statement_age = seconds(table.get("statement_age", "30d"))
        self.approve_within = seconds(table.get("approve_within", "180d"))
        self.hold = {"place": ["legal", "security"], "release": 2, "longest_review": "366d"} | table.get("hold", {})
        self.levels = table["level"]
        need(self.changes >= 2, "changes by one person")

    @staticmethod
    def begins(day):
        """The day's beginning at UTC+8."""
        return (day.toordinal() - 719_163) * DAY - 8 * 3600

    def level(self, number):
        given = self.levels.get(f"L{number}", self.levels["default"])
        defaults = {
            "applicant": ["data-administrator"],
            "approvals": [["department-head"], ["legal", "security"]],
            "executor": ["executor"],
            "qualified": True,
            "witnesses": 2,
            "inspection": True,
        }
        return defaults | given


class Register:
    """What follows from the statements, in their order."""

    def __init__(self, suite, store, request, ids):
        self.suite, self.store, self.ours, self.ids = suite, store, request, ids
        self.officers, self.active_after = {}, []
        self.policy = self.genesis = self.store_key = self.record = None
        self.seen, self.holds, self.idle, self.clock_alarm = set(), {}, set(), None
        self.last = (-1, 0, 0)

    def entry(self, index, body):
        """The next entry of the ledger."""
        body = read_json(body)
        here = (index, body["time"], body["counted"])
        need(here[0] > self.last[0] and here[1] >= self.last[1] and here[2] >= self.last[2], "out of order")
        self.last = here
        self.index, self.time, self.counted = here
        if body["class"] == "statement":
            self.statement(unbase64(body["statement"]))
        elif body["class"] == "store":
            self.event(body["operation"], body.get("request"), body.get("detail", {}))
        elif body["class"] == "alarm":
            self.alarm(body["alarm"], body.get("detail", {}))
        else:
            raise Refused("an entry from which nothing follows")
        self.active_after.append((index, {name: one for name, one in self.officers.items() if one["state"] == "active"}))

    def statement(self, data):
        need(len(data) <= 44_000, "the statement is too long")
        envelope = Envelope(data, "statement")
        digest = self.suite.hash(envelope.payload).hex()
        said = read_json(envelope.payload)
        need(said["kind"] in KINDS, "an unknown kind of statement")
        common = COMMON if said["kind"] == "genesis" else COMMON + ["policy"]
        members(said, common + KINDS[said["kind"]].split())
        need(said["schema"] == "sealkeep/statement/v1" and said["store"] == self.store, "of another store")
        need(digest not in self.seen, "accepted before")
        need(well_written(said), "a statement in another form")
        need(0 < len(said["by"]) <= 16 and len(set(said["by"])) == len(said["by"]), "the list of signers")
        need([name for name, _ in envelope.signatures] == said["by"], "somebody did not sign")
        self.envelope, self.said, self.digest, self.by = envelope, said, digest, said["by"]
        need(said["time"] <= self.time + AHEAD, "from the future")
        if said["kind"] == "genesis":
            self.found()
        else:
            need(self.policy, "nothing was founded")
            self.not_old()
            need(said["policy"] == self.policy.digest, "of another policy")
            need(self.time < self.policy.review_by or said["kind"] in SAFER, "the policy is past its review")
            for name in self.by:
                self.signed(name, self.officers.get(name, {}))
            getattr(self, "say_" + said["kind"].replace("-", "_"))()
        self.seen.add(digest)

    def not_old(self):
        need(self.said["time"] + self.policy.statement_age >= self.time, "too old")

    def signed(self, name, officer):
        need(officer.get("state") == "active", f"{name} is no active officer")
        signature = dict(self.envelope.signatures)[name]
        self.suite.verify(self.suite.key(officer["key"]), self.envelope.signed, signature)

    # Officers and policy

    def found(self):
        need(self.genesis is None, "a second genesis")
        self.genesis, self.store_key = self.digest, self.said["key"]
        self.set_policy(self.said["policy_text"])
        self.not_old()
        for officer in self.said["officers"]:
            self.enroll(officer, None)
        authority = [name for name, one in self.officers.items() if "authority" in one["roles"]]
        need(sorted(authority) == sorted(self.by), "not signed by all with authority")
        need(len(authority) >= max(2, self.policy.changes), "too few persons")
        for name in self.by:
            self.signed(name, self.officers[name])

    def set_policy(self, text):
        policy = Policy(text, self.suite)
        need(policy.effective <= self.time < policy.review_by, "the policy is not in force")
        self.policy = policy

    def enroll(self, officer, replaces):
        roles = officer["roles"]
        need(officer["id"] not in self.officers and roles, "the officer is known, or has no roles")
        need(not any(a in roles and b in roles for a, b in EXCLUSIONS), "roles that exclude each other")
        self.suite.key(officer["key"])
        for name, other in self.officers.items():
            need(other["key"] != officer["key"], "a key that was enrolled before")
            need(name == replaces or other["state"] in GONE or other["person"] != officer["person"], "the person is an officer")
        if replaces:
            old = self.officers[replaces]
            need(old["person"] == officer["person"] and old["state"] not in GONE, "replaces another person")
            self.spared(replaces, [officer])
            self.state(replaces, "revoked")
        self.officers[officer["id"]] = officer | {"state": "active"}

    def several(self, count, roles):
        for name in self.by:
            need(set(roles) & set(self.officers[name]["roles"]), f"{name} has not the role")
        need(len(self.by) >= count, "too few persons")

    def one(self, roles):
        need(len(self.by) == 1, "not by one person")
        self.several(1, roles)
        return self.officers[self.by[0]]["person"]

    def state(self, name, state):
        self.officers[name]["state"] = state
        if state != "active" and self.record:
            self.record.take_back(name, state == "compromised")

    def say_enroll(self):
        self.several(self.policy.changes, ["authority"])
        self.enroll(self.said["officer"], self.said["replaces"])

    def was(self, *states):
        """The state of the officer whom the statement is about."""
        need(self.officers[self.said["officer"]]["state"] in states, "the officer's state")

    def say_qualify(self):
        self.several(self.policy.changes, ["authority"])
        self.was("active", "suspended", "leaving")
        self.officers[self.said["officer"]]["qualification"] = self.said["qualification"]

    def say_reinstate(self):
        self.several(self.policy.changes, ["authority"])
        self.was("suspended")
        self.state(self.said["officer"], "active")

    def spared(self, name, instead=()):
        others = [one for id, one in self.officers.items() if one["state"] == "active" and id != name]
        persons = {one["person"] for one in [*others, *instead] if "authority" in one["roles"]}
        need(len(persons) >= max(2, self.policy.changes), "too few would have authority")

    def say_suspend(self):
        self.one(["authority"])
        self.spared(self.said["officer"])
        self.was("active")
        self.state(self.said["officer"], "suspended")

    def say_leaver(self):
        self.one(["authority"])
        self.spared(self.said["officer"])
        self.was("active", "suspended")
        need(self.said["left"] <= self.time + AHEAD, "leaves in the future")
        self.state(self.said["officer"], "leaving")

    def say_revoke(self):
        self.one(["authority"])
        self.spared(self.said["officer"])
        compromised = self.said["compromised"]
        self.was("active", "suspended", "leaving", *(["revoked"] if compromised else []))
        self.state(self.said["officer"], "compromised" if compromised else "revoked")

    def say_policy(self):
        self.several(self.policy.changes, ["authority"])
        version = self.policy.version
        self.set_policy(self.said["policy_text"])
        need(self.policy.version > version, "an older policy")
        active = [one for one in self.officers.values() if one["state"] == "active" and "authority" in one["roles"]]
        need(len(active) >= self.policy.changes, "too few persons with authority")

    def say_clock(self):
        self.several(2, ["authority"])
        need(self.clock_alarm is not None and self.said["time"] >= self.clock_alarm, "no alarm before it was signed")
        self.clock_alarm = None

    def reviewed(self):
        need(self.time < self.said["review"] <= self.time + seconds(self.policy.hold["longest_review"]), "time of the review")

    def standing(self):
        need(self.said["hold"] in self.holds, "no hold on what was requested")

    def say_hold(self):
        self.one(self.policy.hold["place"])
        begun = self.record and self.record.state == "executing" and self.record.destroyed is None
        need(not (begun and self.ids & set(self.said["targets"])), "it is being destroyed")
        self.reviewed()
        targets = self.said["targets"]
        need(targets and len(set(targets)) == len(targets), "targets: none, or one twice")
        self.holds[self.digest] = targets
        # It belongs here only if a key of the list inherits it.
        if not self.ids & set(targets):
            self.idle.add(self.digest)

    def say_hold_review(self):
        self.one(self.policy.hold["place"])
        self.reviewed()
        self.standing()

    def say_release(self):
        self.several(self.policy.hold["release"], self.policy.hold["place"])
        self.standing()
        del self.holds[self.said["hold"]]

    # The request

    def say_request(self):
        need(self.digest == self.ours and self.record is None, "another request")
        need(0 <= self.said["level"] <= 5 and self.said["inventory"]["items"] > 0, "no such level, or nothing in it")
        rules = self.policy.level(self.said["level"])
        self.record = Request(self, rules, self.one(rules["applicant"]))
        self.not_held()

    def about(self, *states):
        record = self.record
        need(record and self.said["request"] == self.ours, "about another request")
        need(record.state in states, f"the request is {record.state}")
        if "inventory" in self.said:
            need(self.said["inventory"] == record.said["inventory"]["root"], "another inventory")
        if "execution" in self.said:
            need(self.said["execution"] == record.execution, "another record of execution")
        return record

    def not_held(self):
        need(not any(self.ids & set(targets) for targets in self.holds.values()), "something is on hold")

    def say_approve(self):
        record = self.about("requested")
        record.still_valid()
        need(self.said["step"] == len(record.approvals) + 1, "another step")
        person = self.one(record.rules["approvals"][len(record.approvals)])
        record.another(person)
        record.approvals.append((self.by[0], person))
        if len(record.approvals) == len(record.rules["approvals"]):
            record.state, record.approved = "waiting", self.counted

    def every_role(self):
        return [role for roles in self.record.rules["approvals"] for role in roles]

    def say_reject(self):
        record = self.about("requested")
        self.one(self.every_role())
        record.state = "rejected"

    def say_withdraw(self):
        record = self.about("requested", "waiting")
        need(self.one(self.officers[self.by[0]]["roles"]) == record.applicant[1], "not by the applicant")
        record.state = "withdrawn"

    def say_cancel(self):
        record = self.about("waiting")
        if self.by[0] not in [name for name, _ in record.approvals]:
            self.one(self.every_role())
        record.state = "cancelled"

    def say_resume(self):
        record = self.about("waiting")
        need(self.one(record.rules["approvals"][-1]) != record.applicant[1], "by the applicant")
        need(record.paused is not None and self.said["time"] >= record.paused, "not paused before it was signed")
        record.paused = None

    def say_execute(self):
        record = self.about("waiting")
        record.ready()
        record.order = (self.digest, self.by[0], self.one(record.rules["executor"]))
        record.may_execute()

    def say_witness(self):
        record = self.about("executed", "partial")
        person = self.one(["witness"])
        record.another(person)
        record.witnesses.append((self.by[0], person))
        record.finish()

    def say_inspect(self):
        record = self.about("executed", "partial")
        person = self.one(["inspector"])
        if person not in [one[1] for one in record.inspections]:
            record.another(person)
        record.inspections.append((self.by[0], person, self.said["report"], self.said["passed"], self.time))
        record.finish()

    def event(self, operation, request, detail):
        record = self.record
        if operation == "hold-inherited":
            need(detail["hold"] in self.holds, "no such hold")
            heirs = set(detail["keys"])
            need(self.ids & heirs, "a hold that nothing on the list inherits")
            need(len(heirs) == len(detail["keys"]) and not heirs & set(self.holds[detail["hold"]]), "held already")
            self.holds[detail["hold"]] += detail["keys"]
            self.idle.discard(detail["hold"])
            return
        need(record and request == self.ours, "an event of another request")
        if operation == "destroy-begun":
            record.ready()
            need(record.order and record.order[0] == detail["order"], "nobody ordered it")
            record.may_execute()
            record.state, record.begun, record.began = "executing", self.index, self.time
        elif operation == "destroyed":
            need(record.state == "executing" and record.destroyed is None, "not being executed")
            record.destroyed = self.index
        elif operation == "finished":
            need(record.state == "executing", "not being executed")
            need(record.destroyed is not None or not record.has_targets(), "the keys were not destroyed")
            record.state, record.execution = detail["state"], detail["execution"]
            need(record.state in ("executed", "partial"), "an unknown state")
            record.finished, record.qualification = self.time, self.officers[record.order[1]]["qualification"]
            record.finish()
        else:
            raise Refused(f"an event `{operation}`")

    def alarm(self, alarm, detail):
        if alarm == "clock":
            self.clock_alarm = self.time
            return
        need(alarm == "pending-use" and self.ours in detail["requests"], "an alarm about something else")
        if self.record and self.record.state == "waiting":
            self.record.paused, self.record.order = self.time, None


class Request:
    """The request, and how far it has come."""

    def __init__(self, register, rules, person):
        self.register, self.rules, self.said = register, rules, register.said
        self.applicant, self.time, self.policy = (register.by[0], person), register.time, register.policy.digest
        self.approve_within = register.policy.approve_within
        self.state, self.approvals, self.approved, self.paused = "requested", [], 0, None
        self.order = self.begun = self.began = self.finished = self.destroyed = self.execution = self.qualification = None
        self.witnesses, self.inspections = [], []

    def has_targets(self):
        return self.said["inventory"]["targets"] != self.register.suite.hash(b"").hex()

    def persons(self):
        parts = [self.applicant] + self.approvals + self.witnesses + [one[:2] for one in self.inspections]
        return {one[1] for one in parts} | ({self.order[2]} if self.begun is not None else set())

    def another(self, person):
        need(person not in self.persons(), f"{person} has two parts in it")

    def still_valid(self):
        register = self.register
        need(register.policy.digest == self.policy, "the policy changed")
        need(register.time <= self.time + self.approve_within, "too late")
        for name, _ in [self.applicant] + self.approvals:
            need(register.officers[name]["state"] == "active", f"{name} is not active any more")
        register.not_held()

    def ready(self):
        self.still_valid()
        need(self.state == "waiting" and self.paused is None, f"the request is {self.state}")
        need(self.register.clock_alarm is None, "the clock is in doubt")
        need(self.register.time < self.register.policy.review_by, "the policy is past its review")
        need(self.register.counted - self.approved >= seconds(self.rules["wait"]), "it has not waited long enough")

    def may_execute(self):
        """Whoever gave the order is active, an executor, qualified, and has no other part in it."""
        _, name, person = self.order
        officer = self.register.officers[name]
        need(officer["state"] == "active" and set(officer["roles"]) & set(self.rules["executor"]), f"{name} is no executor")
        self.another(person)
        qualification = officer["qualification"]
        need(not self.rules["qualified"] or (qualification and self.register.time < qualification["until"]), f"{name} is not qualified")

    def finish(self):
        inspected = not self.rules["inspection"] or (self.inspections and self.inspections[-1][3])
        if self.state == "executed" and len(self.witnesses) >= self.rules["witnesses"] and inspected:
            self.state = "done"

    def take_back(self, name, compromised):
        if self.state in ("requested", "waiting"):
            if name == self.applicant[0]:
                self.state = "cancelled"
            names = [one[0] for one in self.approvals]
            if name in names:
                self.state, self.order = "requested", None
                del self.approvals[names.index(name) :]
            if self.order and self.order[1] == name:
                self.order = None
        elif compromised and self.state in ("executed", "partial"):
            self.witnesses = [one for one in self.witnesses if one[0] != name]
            self.inspections = [one for one in self.inspections if one[0] != name]


# --- The inventory --------------------------------------------------------------------------------------------------------

FIELDS = "item kind key scope state held level suite created size digest tag method copies class due extra".split()
KEYED = ("object", "sealed", "key")


def read_line(number, line):
    pairs = [field.partition("=")[::2] for field in line.split(" ")]
    need([name for name, _ in pairs] == FIELDS, f"item {number}: fields")
    item = dict(pairs)
    need(item["item"] == str(number), f"item {number} is out of place")
    return item


def inventory_summary(suite, lines):
    """What a request says of its inventory, the highest level, and the items."""
    items = [read_line(number, line) for number, line in enumerate(lines)]
    scopes = {item["scope"] for item in items if item["kind"] == "scope"}
    targets, kinds = {}, {}
    for item in items:
        kinds[item["kind"]] = kinds.get(item["kind"], 0) + 1
        if item["kind"] == "scope":
            targets[item["scope"]] = None
        elif item["kind"] in KEYED and item["scope"] not in scopes:
            targets[item["key"]] = None
    summary = {
        "root": suite.root([line.encode() for line in lines]).hex(),
        "items": len(items),
        "bytes": sum(int(item["size"]) for item in items if item["size"] != "-"),
        "targets": suite.hash(b"".join(bytes.fromhex(one) for one in targets)).hex(),
        "kinds": kinds,
    }
    level = max((int(item["level"]) for item in items if item["level"] != "-"), default=0)
    return summary, level, items, len(targets)


def is_wiped(item):
    return item["kind"] in ("file", "device") or item["method"].startswith("crypto-erase+")


# --- Claims, certificate.md §2 --------------------------------------------------------------------------------------------


GRADES = {"verified": ["verified", "removed"]}
GRADES["verified-device"] = GRADES["verified"] + ["verified-device"]
GRADES["best-effort"] = GRADES["verified-device"] + ["best-effort"]
OVERWRITTEN = [
    (
        "verified",
        "overwritten in place and read back. In the words of SP 800-88 that is Clear at most.",
        "原位覆写并回读。按 SP 800-88 的用语至多为 Clear。",
    ),
    (
        "verified-device",
        "overwritten and read back; of devices, everything that can be addressed. In the words of SP 800-88 that is Clear at most.",
        "覆写并回读;对设备而言,为其全部可寻址范围。按 SP 800-88 的用语至多为 Clear。",
    ),
    (
        "best-effort",
        "overwritten; of some, nobody can tell whether nothing is left elsewhere on the medium.",
        "覆写;其中一部分无法断定介质其他位置没有残留。",
    ),
]


def claim(name, grade, assumes, en, zh):
    return {"claim": name, "grade": grade, "assumes": assumes.split(), "text": {"en": en, "zh": zh}}


def left(what, place, why, until=None):
    return {"what": what, "place": place, "why": why, "until": until}


def old_roots(keys):
    for cell in keys["cells"]:
        if not cell["erased"] or cell["residual"]:
            yield left("cell", cell["place"], "medium" if cell["erased"] else "not-erased")
    for copy in keys["copies"]:
        if copy["state"] != "current":
            yield left("keystore-copy", copy["place"], copy["state"])


def is_overwritten(place):
    return place["what"] in ("file", "device") and place["id"] == "overwritten"


def follow_claims(listed, execution, inspection, media, witnesses, cosigners):
    found = [claim(
        "approved", "full", "A-OFFICERS",
        "Everybody whom the policy asks for signed exactly this list before it was destroyed.",
        "政策要求的每一方均在销毁前对这份清单原样签名。",
    )]
    keys, wipes = execution["keys"], execution["wipes"]
    looked_at = [one for one in (inspection or {"places": []})["places"] if one["reachable"] and one["items"]]
    # Nothing is claimed of the review key.
    count = keys["targets"] - ("key" in listed["kinds"]) if keys else 0
    if count > 0:
        roots = len(list(old_roots(keys)))
        assumes = "A-CIPHER A-RANDOM A-OVERWRITE A-REGISTERED"
        if roots:
            found.append(claim(
                "keys-destroyed", "residual", assumes,
                f"{count} keys or scopes were destroyed; in {roots} places the old root may still be found, with which old copies of the key store open.",
                f"已销毁 {count} 个密钥或范围;有 {roots} 处可能仍留有旧根密钥,用它可以打开密钥库的旧副本。",
            ))
        else:
            found.append(claim(
                "keys-destroyed", "erased", assumes,
                f"{count} keys or scopes were destroyed; the old root was overwritten in place and read back wherever the key store is registered.",
                f"已销毁 {count} 个密钥或范围;在密钥库登记的每一处,旧根密钥均已原位覆写并回读。",
            ))
        assumes = "A-CIPHER A-RANDOM A-NEVER-PLAIN A-REGISTERED"
        reached = [one for one in looked_at if not is_overwritten(one)]
        if reached:
            count, tried = len(reached), sum(one["items"] for one in reached)
            found.append(claim(
                "ciphertext-unreadable", "inspected", assumes,
                f"In {count} places {tried} attempts to open what was destroyed were made, and none succeeded. Nothing is said of the places that are listed as residual.",
                f"在 {count} 处共尝试打开被销毁内容 {tried} 次,均未成功。列为残留的位置不在此列。",
            ))
        else:
            found.append(claim(
                "ciphertext-unreadable", "derived", assumes,
                "It follows from the destruction of its keys that what they sealed cannot be read; nobody tried. Nothing is said of the places that are listed as residual.",
                "由密钥已销毁推知其所加密的内容不可读;未作检测。列为残留的位置不在此列。",
            ))
    if wipes:
        count = len(wipes)
        grade, en, zh = next(found for found in OVERWRITTEN if all(one["verdict"] in GRADES[found[0]] for one in wipes))
        inspected = sum(one["items"] for one in looked_at if is_overwritten(one))
        found.append(claim(
            "overwritten", grade, "A-OVERWRITE",
            f"{count} files or devices were {en} Of these, {inspected} were inspected afterwards.",
            f"{count} 个文件或设备已{zh}事后经检测的有 {inspected} 个。",
        ))
    if media:
        found.append(claim(
            "physically-destroyed", "attested", "A-OFFICERS A-MEDIUM",
            f"Those who signed say that {media} media were physically destroyed. The program saw nothing of that.",
            f"签名人声明 {media} 件介质已被物理销毁。程序无从验证。",
        ))
    found.append(claim(
        "witnessed", str(witnesses), "A-OFFICERS",
        f"{witnesses} persons signed the record of execution as witnesses.",
        f"{witnesses} 人作为监销人对执行记录签名。",
    ))
    if cosigners:
        found.append(claim(
            "recorded", "cosigned", "A-CLOCK A-OFFICERS",
            f"The destruction is in the ledger of the key store, and {cosigners} persons signed a checkpoint of the ledger that covers it.",
            f"销毁已记入密钥库账本,且有 {cosigners} 人对覆盖该记录的账本检查点签名。",
        ))
    else:
        found.append(claim(
            "recorded", "logged", "A-CLOCK",
            "The destruction is in the ledger of the key store, by the signature of the store alone.",
            "销毁已记入密钥库账本,仅有密钥库自身的签名。",
        ))
    return found


def follow_residual(request, execution, inspection):
    keys, places = execution["keys"], (inspection or {"places": []})["places"]
    found = list(old_roots(keys)) if keys else []
    uncertain = [str(one["item"]) for one in execution["wipes"] if one["verdict"] == "best-effort"]
    if uncertain:
        more = f" (+{len(uncertain) - 20})" if len(uncertain) > 20 else ""
        found.append(left("overwritten", "item=" + ",".join(uncertain[:20]) + more, "best-effort"))
    for place in places:
        if not place["reachable"] or place["residual_until"] is not None:
            why = "kept" if place["reachable"] else "unreachable"
            found.append(left(place["what"], place["place"], why, place["residual_until"]))
    seen = {(one["what"], one["id"]) for one in places}
    seen |= {("keystore-copy", one["id"]) for one in (keys or {"copies": []})["copies"]}
    for copy in request["copies"]:
        if (copy["what"], copy["id"]) not in seen:
            found.append(left(copy["what"], copy["place"], "not-inspected"))
    return found + [left("declared", text, "declared") for text in request["residual"]]


# --- The certificate ------------------------------------------------------------------------------------------------------

MEMBERS = """schema number request issued program store genesis entries inventory execution wipe_reports inspection checkpoint cosigned
    proof claims residual not_covered""".split()


class Certificate:
    """The checks of certificate.md §4, in order; each builds on those before."""

    CHECKS = "file signature checkpoint entries proof inventory statements store request execution wipe_reports inspection cosigned claims residual"

    def __init__(self, data):
        self.data = data

    def file(self):
        self.envelope = Envelope(self.data, "certificate")
        self.said = said = members(read_json(self.envelope.payload), MEMBERS)
        need(said["schema"] == "sealkeep/certificate/v1", "the schema is not known")
        store = members(said["store"], ["id", "suite", "key", "created", "incarnation"])
        self.suite = Suite(store["suite"])
        need(isinstance(store["incarnation"], int) and 1 <= store["incarnation"] <= 65535, "no such incarnation")
        self.key, self.origin = self.suite.key(store["key"]), f"sealkeep.invalid/ledger/{store['id']}/"

    def signature(self):
        self.envelope.by_store(self.suite, self.key)

    def checkpoint(self):
        self.note = self.by_store(self.said["checkpoint"], self.said["store"]["incarnation"])

    def by_store(self, text, least):
        """A note of this store, of an incarnation from this one to that of the certificate."""
        note = Note(text)
        digits = note.origin.removeprefix(self.origin)
        need(re.fullmatch("[1-9][0-9]{0,4}", digits) and note.origin == self.origin + digits, "of another ledger")
        need(least <= int(digits) <= self.said["store"]["incarnation"], "of another incarnation")
        need(note.signed_by(self.suite, note.origin, self.key), "not signed by the store")
        return note

    def entries(self):
        last = -1
        for entry in self.said["entries"]:
            members(entry, ["index", "salt", "body", "proof"])
            need(entry["index"] > last, "out of order")
            last = entry["index"]
            self.included(entry, [unbase64(one) for one in entry["proof"]], self.note)
        need(last >= 0, "there are none")

    def included(self, entry, proof, note):
        salt, body = unbase64(entry["salt"]), unbase64(entry["body"])
        need(len(salt) == 16, "a salt has 16 bytes")
        leaf = self.suite.leaf(self.suite.hash(b"sealkeep/v1/ledger/entry", salt, body))
        self.suite.included(entry["index"], note.size, leaf, proof, note.root)

    def proof(self):
        head, blank, checkpoint = self.said["proof"].partition("\n\n")
        lines, last = head.split("\n"), self.said["entries"][-1]
        need(blank and lines[:2] == ["c2sp.org/tlog-proof@v1", f"index {last['index']}"], "not a tlog-proof of the last entry")
        need(checkpoint == self.said["checkpoint"], "of another checkpoint")
        self.included(last, [unbase64(line) for line in lines[2:]], Note(checkpoint))

    def inventory(self):
        listed = members(self.said["inventory"], ["root", "lines"])
        self.summary, self.level, self.items, self.targets = inventory_summary(self.suite, listed["lines"])
        need(self.summary["root"] == listed["root"], "another root")
        need(all(item["held"] == "no" for item in self.items), "an item was on hold")

    def statements(self):
        ids = {item[name] for item in self.items for name in ("key", "scope")} - {"-"}
        self.register = Register(self.suite, self.said["store"]["id"], self.said["request"], ids)
        for entry in self.said["entries"]:
            try:
                self.register.entry(entry["index"], unbase64(entry["body"]))
            except (KeyError, IndexError, AttributeError, TypeError, ValueError) as error:
                raise Refused(f"entry {entry['index']}: {error!r}") from None
            except Refused as refused:
                raise Refused(f"entry {entry['index']}: {refused}") from None

        need(not self.register.idle, "a hold that has nothing to do with the request")

    def store(self):
        need(self.register.genesis == self.said["genesis"], "another genesis statement")
        need(self.register.store_key == self.said["store"]["key"], "the genesis names another key")
        first = read_json(unbase64(self.said["entries"][0]["body"]))["time"]
        need(0 <= self.said["store"]["created"] <= first, "the store was made after its first entry")
        need(self.said["issued"] >= self.register.time, "issued before its last entry")

    def request(self):
        self.record = record = self.register.record
        need(record and record.state == "done", f"the request is {record.state if record else 'not there'}")
        need(record.said["number"] == self.said["number"], "another number")
        need(record.said["inventory"] == self.summary, "the list is not the one that was approved")
        need(self.level <= record.said["level"], "an item is of a higher level")

    def execution(self):
        envelope = Envelope(unbase64(self.said["execution"]), "execution")
        envelope.by_store(self.suite, self.key)
        need(self.suite.hash(envelope.payload).hex() == self.record.execution, "not the record that was witnessed")
        self.done = done = read_json(envelope.payload)
        need(written(done, EXECUTION), "a record in another form")
        order, officer, person = self.record.order
        expected = {
            "schema": "sealkeep/execution/v1",
            "store": self.said["store"]["id"],
            "request": self.said["request"],
            "inventory": self.summary["root"],
            "order": order,
            "begun": self.record.begun,
            "destroyed": self.record.destroyed,
            "state": "executed",
            "failed": [],
            "started": self.record.began,
        }
        need({name: done[name] for name in expected} == expected, "its members are not what they should be")
        executor = {"officer": officer, "person": person, "qualification": self.record.qualification}
        need(done["executor"] == executor, "another executor")
        need(done["started"] <= done["ended"] <= self.record.finished, "it ended at another time")
        keys = done["keys"] or {"targets": 0, "digest": self.suite.hash(b"").hex(), "cells": [], "copies": []}
        need((keys["targets"], keys["digest"]) == (self.targets, self.summary["targets"]), "other keys were destroyed")
        current = sum(one["state"] == "current" for one in keys["copies"])
        need(len(keys["cells"]) == (current + 1 if self.targets else 0), "root cells")
        need(all(one["verdict"] in GRADES["best-effort"] for one in done["wipes"]), "a wipe failed")
        wiped = [number for number, item in enumerate(self.items) if is_wiped(item)]
        need(sorted(one["item"] for one in done["wipes"]) == wiped, "what was overwritten is not what was to be")

    def wipe_reports(self):
        reports = [self.suite.hash(unbase64(one)).hex() for one in self.said["wipe_reports"]]
        need(sorted(reports) == sorted({one["report"] for one in self.done["wipes"]}), "not the reports of the execution")

    def inspection(self):
        signed, self.report = self.record.inspections, None
        need(bool(signed) == (self.said["inspection"] is not None), "not the one that was signed")
        if not signed:
            return
        data = unbase64(self.said["inspection"])
        need(self.suite.hash(data).hex() == signed[-1][2] and signed[-1][3], "not the one that was signed")
        self.report = report = read_json(data)
        need(written(report, INSPECTION) and report["schema"] == "sealkeep/inspection/v1", "a report in another form")
        need(report["request"] == self.said["request"] and report["execution"] == self.record.execution, "of another request")
        need(report["passed"] is True, "not passed")
        need(0 <= report["started"] <= report["ended"] <= signed[-1][4] + AHEAD, "of another time than its statement")
        for place in report["places"]:
            need(place["opened"] == 0 and set(place["refused"]) <= {"destroyed"}, "something opened, or was refused for another reason")
            need(sum(place["refused"].values()) == place["items"], "not everything was refused")
            need(place["others"]["tried"] == place["others"]["opened"], "something else did not open")

    def cosigned(self):
        self.persons = set()
        covers = self.done["begun"] if self.done["destroyed"] is None else self.done["destroyed"]
        for one in self.said["cosigned"]:
            members(one, ["checkpoint", "consistency"])
            note = self.by_store(one["checkpoint"], 1)
            proof = [unbase64(line) for line in one["consistency"]]
            self.suite.consistent(note.size, note.root, self.note.size, self.note.root, proof)
            need(note.size > covers, "older than the destruction")
            then = [active for index, active in self.register.active_after if index < note.size][-1]
            signed = set()
            for name, officer in then.items():
                if self.register.officers[name]["state"] != "compromised":
                    if note.signed_by(self.suite, name, self.suite.key(officer["key"]), witness=True):
                        signed.add(officer["person"])
            need(signed, "nobody who was an officer signed")
            self.persons |= signed

    def claims(self):
        media = sum(item["kind"] == "medium" for item in self.items)
        follow = follow_claims(self.summary, self.done, self.report, media, len(self.record.witnesses), len(self.persons))
        need(self.said["claims"] == follow, "other claims than follow")

    def residual(self):
        need(self.said["residual"] == follow_residual(self.record.said, self.done, self.report), "not what follows")
        need(self.said["not_covered"] == self.record.said["not_covered"], "not what the request says is not covered")


def main(arguments):
    trust = None
    if "--trust" in arguments:
        at = arguments.index("--trust")
        trust = arguments[at + 1]
        del arguments[at : at + 2]
    if len(arguments) != 1:
        sys.exit(__doc__)
    with open(arguments[0], "rb") as file:
        certificate = Certificate(file.read())
    for name in Certificate.CHECKS.split():
        try:
            getattr(certificate, name)()
        except Refused as refused:
            shown(f"BAD:  {name}: {refused}")
            return 1
        except (KeyError, TypeError, ValueError, AttributeError, UnicodeError) as error:
            shown(f"BAD:  {name}: {error!r}")
            return 1
        print(f"good: {name}")
    said = certificate.said
    for one in said["claims"]:
        shown(f"claim: {one['claim']}: {one['grade']} ({' '.join(one['assumes'])})")
    for one in said["residual"]:
        shown(f"may be left: {one['what']} {one['place']} ({one['why']})")
    if trust is None:
        print(f"valid, UNANCHORED: compare the digest of the genesis statement, {said['genesis']}")
    elif trust == said["genesis"]:
        print("valid, anchored")
    else:
        print(f"BAD:  trust: the genesis statement is {said['genesis']}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
