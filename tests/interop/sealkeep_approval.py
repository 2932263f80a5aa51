#!/usr/bin/env python3
"""A second implementation of the register of officers, policy and requests: docs/spec/approval.md alone.

    sealkeep_approval.py VECTORS...

Replays docs/spec/vectors/approval, entry by entry, and compares what is accepted, why the rest is refused, and how far requests
come. Needs Python 3.11 and the package `cryptography`; encodings and signatures are those of verify_certificate.py and gm.py.
"""

import copy
import json
import sys
import tomllib

from verify_certificate import Envelope, Refused, Suite, once, seconds, unbase64, well_written

DAY = 86_400
EXCLUDED = [{"auditor", "key-administrator"}, {"auditor", "operator"}, {"key-administrator", "operator"}, {"executor", "inspector"}]
ROLES = set(
    "authority data-administrator department-head legal security executor witness inspector auditor key-administrator operator".split()
)
WHEN_OVERDUE = set("policy hold hold-review suspend revoke leaver clock reject withdraw cancel break-glass justify".split())
# The members of each kind besides those of every statement (§3).
MEMBERS = {
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
    "break-glass": "scopes reason until",
    "justify": "grant text",
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


class Refusal(Exception):
    """Why something is not accepted: its code."""


def must(condition, code):
    if not condition:
        raise Refusal(code)


class Policy:
    """§5"""

    def __init__(self, text):
        table = tomllib.loads(text)
        self.version, self.changes = table["version"], table.get("changes", 2)
        self.age = seconds(table.get("statement_age", "30d"))
        self.within = seconds(table.get("approve_within", "180d"))
        self.hold = {"place": ["legal", "security"], "release": 2, "longest_review": "366d"} | table.get("hold", {})
        glass = {"roles": ["department-head", "security", "data-administrator"], "longest": "24h", "justify_within": "72h"}
        self.glass = glass | table.get("break_glass", {})
        self.level_tables = table["level"]
        self.effective, self.review_by = ((table[name].toordinal() - 719_163) * DAY - 8 * 3600 for name in ("effective", "review_by"))

    def level(self, number):
        rules = {
            "applicant": ["data-administrator"],
            "approvals": [["department-head"], ["legal", "security"]],
            "executor": ["executor"],
            "qualified": True,
            "witnesses": 2,
            "inspection": True,
        }
        return rules | self.level_tables.get(f"L{number}", self.level_tables["default"])


class Register:
    def __init__(self, suite, store, inventories):
        self.suite, self.store, self.inventories = suite, store, inventories
        self.at, self.founded, self.clock = None, False, None
        self.seen, self.numbers = set(), set()
        self.officers, self.requests, self.holds, self.grants = {}, {}, {}, {}

    def enter(self, index, body):
        """Takes an entry, or raises Refusal and stays as it was."""
        before = copy.copy(self.__dict__)
        saved = copy.deepcopy({name: value for name, value in before.items() if name not in ("suite", "inventories", "policy")})
        try:
            self.take(index, json.loads(body, object_pairs_hook=once))
        except Refusal:
            self.__dict__ = before | saved
            raise

    def take(self, index, body):
        here = (index, body["time"], body["counted"])
        ordered = self.at is None or (here[0] > self.at[0] and here[1] >= self.at[1] and here[2] >= self.at[2])
        must(ordered, "entry-order")
        self.at, (_, self.time, self.counted) = here, here
        detail = body.get("detail", {})
        if body["class"] == "statement":
            self.statement(unbase64(body["statement"]))
        elif body["class"] == "alarm" and body["alarm"] == "clock":
            self.clock = self.time
        elif body["class"] == "alarm" and body["alarm"] == "pending-use":
            for digest in detail.get("requests", []):
                request = self.requests.get(digest)
                if request and request["state"] == "waiting":
                    request["paused"], request["order"] = self.time, None
        elif body["class"] == "store":
            self.event(body["operation"], body.get("request"), detail)

    # Statements

    def statement(self, data):
        envelope = Envelope(data, "statement")
        said = json.loads(envelope.payload, object_pairs_hook=once)
        kind = said["kind"]
        names = set("schema kind store time nonce by".split()) | set(MEMBERS[kind].split())
        assert set(said) == names | (set() if kind == "genesis" else {"policy"}) and said["schema"] == "sealkeep/statement/v1"
        assert well_written(said)
        assert 1 <= len(said["by"]) <= 16 and len(set(said["by"])) == len(said["by"])
        signers = [name for name, _ in envelope.signatures]
        assert signers == [name for name in said["by"] if name in signers]
        self.said, self.by, self.digest = said, said["by"], self.suite.hash(envelope.payload).hex()
        self.signatures, self.signed_bytes = dict(envelope.signatures), envelope.signed
        must(said["store"] == self.store, "foreign-store")
        must(self.digest not in self.seen, "duplicate")
        if kind == "genesis":
            self.genesis()
        else:
            must(self.founded, "no-genesis")
            self.in_time(self.policy)
            must(said["policy"] == self.policy_digest, "other-policy")
            must(self.time < self.policy.review_by or kind in WHEN_OVERDUE, "policy-unreviewed")
            for name in self.by:
                self.check_signature(name, self.active(name))
            getattr(self, "on_" + kind.replace("-", "_"))()
        self.seen.add(self.digest)

    def in_time(self, policy):
        must(self.said["time"] <= self.time + 600, "signed-in-future")
        must(self.said["time"] + policy.age >= self.time, "signed-too-long-ago")

    def active(self, name):
        must(name in self.officers, "unknown-officer")
        must(self.officers[name]["state"] == "active", "officer-not-active")
        return self.officers[name]

    def check_signature(self, name, officer):
        must(name in self.signatures, "signature-missing")
        try:
            self.suite.verify(self.suite.key(officer["key"]), self.signed_bytes, self.signatures[name])
        except Refused:
            raise Refusal("signature-invalid") from None

    def one(self, roles=ROLES):
        must(len(self.by) == 1, "persons")
        must(set(roles) & set(self.active(self.by[0])["roles"]), "role")
        return {"officer": self.by[0], "person": self.officers[self.by[0]]["person"], "statement": self.digest, "counted": self.counted}

    def several(self, count, roles):
        for name in self.by:
            must(set(roles) & set(self.active(name)["roles"]), "role")
        must(len(self.by) >= count, "persons")

    # Officers and policy

    def genesis(self):
        must(not self.founded, "second-genesis")
        policy = self.new_policy(self.said["policy_text"])
        self.in_time(policy)
        officers = {one["id"]: one for one in self.said["officers"]}
        authority = [name for name, one in officers.items() if "authority" in one["roles"]]
        self.enough([officers[name] for name in authority], policy)
        must(set(authority) <= set(self.by), "signature-missing")
        for name in self.by:
            must(name in officers, "unknown-officer")
            must(name in authority, "role")
            self.check_signature(name, officers[name])
        for officer in self.said["officers"]:
            self.enroll(officer, None)
        self.founded = True
        self.put_in_force(policy)

    def new_policy(self, text):
        policy = Policy(text)
        must(policy.effective <= self.time < policy.review_by, "policy-not-effective")
        return policy

    def put_in_force(self, policy):
        self.policy, self.policy_digest = policy, self.suite.hash(self.said["policy_text"].encode()).hex()

    @staticmethod
    def enough(authority, policy):
        must(len({officer["person"] for officer in authority}) >= policy.changes, "authority")

    def spared(self, name, instead=()):
        """Without this officer enough persons with authority stay active."""
        others = [one for id, one in self.officers.items() if one["state"] == "active" and id != name]
        self.enough([one for one in [*others, *instead] if "authority" in one["roles"]], self.policy)

    def enroll(self, officer, replaces):
        roles = officer["roles"]
        fine = roles and len(set(roles)) == len(roles) and set(roles) <= ROLES
        must(fine and not any(pair <= set(roles) for pair in EXCLUDED), "officer-invalid")
        must(officer["id"] not in self.officers, "id-used")
        if replaces is not None:
            old = self.officer(replaces)
            must(old["state"] != "revoked" and old["person"] == officer["person"], "replaces")
        for name, other in self.officers.items():
            must(other["key"] != officer["key"], "key-used")
            must(name == replaces or other["state"] == "revoked" or other["person"] != officer["person"], "person-enrolled")
        if replaces is not None:
            self.spared(replaces, [officer])
            self.set_state(replaces, "revoked")
        self.officers[officer["id"]] = officer | {"state": "active", "compromised": False}

    def officer(self, name):
        must(name in self.officers, "unknown-officer")
        return self.officers[name]

    def set_state(self, name, state, compromised=False):
        self.officers[name].update(state=state, compromised=compromised)
        if state == "active":
            return
        for request in self.requests.values():
            parts = [one["officer"] for one in request["approvals"]]
            if request["state"] in ("requested", "waiting"):
                if request["applicant"]["officer"] == name:
                    request.update(state="cancelled", order=None)
                elif name in parts:
                    request.update(state="requested", order=None)
                    del request["approvals"][parts.index(name) :]
                elif request["order"] and request["order"]["officer"] == name:
                    request["order"] = None
            elif compromised and request["state"] in ("executed", "partial"):
                for part in ("witnesses", "inspections"):
                    request[part] = [one for one in request[part] if one["officer"] != name]

    def on_enroll(self):
        self.several(self.policy.changes, ["authority"])
        self.enroll(self.said["officer"], self.said["replaces"])

    def on_qualify(self):
        self.several(self.policy.changes, ["authority"])
        must(self.officer(self.said["officer"])["state"] != "revoked", "officer-state")
        self.officers[self.said["officer"]]["qualification"] = self.said["qualification"]

    def on_reinstate(self):
        self.several(self.policy.changes, ["authority"])
        must(self.officer(self.said["officer"])["state"] == "suspended", "officer-state")
        self.set_state(self.said["officer"], "active")

    def on_suspend(self):
        self.one(["authority"])
        must(self.officer(self.said["officer"])["state"] == "active", "officer-state")
        self.spared(self.said["officer"])
        self.set_state(self.said["officer"], "suspended")

    def on_leaver(self):
        self.one(["authority"])
        must(self.officer(self.said["officer"])["state"] in ("active", "suspended"), "officer-state")
        must(self.said["left"] <= self.time + 600, "until")
        self.spared(self.said["officer"])
        self.set_state(self.said["officer"], "leaving")

    def on_revoke(self):
        self.one(["authority"])
        officer, compromised = self.officer(self.said["officer"]), self.said["compromised"]
        must(officer["state"] != "revoked" or (compromised and not officer["compromised"]), "officer-state")
        self.spared(self.said["officer"])
        self.set_state(self.said["officer"], "revoked", compromised)

    def on_policy(self):
        self.several(self.policy.changes, ["authority"])
        policy = self.new_policy(self.said["policy_text"])
        must(policy.version > self.policy.version, "policy-version")
        active = [one for one in self.officers.values() if one["state"] == "active"]
        self.enough([one for one in active if "authority" in one["roles"]], policy)
        self.put_in_force(policy)

    def on_clock(self):
        self.several(2, ["authority"])
        must(self.clock is not None and self.said["time"] >= self.clock, "clock-not-in-doubt")
        self.clock = None

    # Holds and broken glass

    def check_until(self, until, longest):
        must(self.time < until <= self.time + seconds(longest), "until")

    def on_hold(self):
        self.one(self.policy.hold["place"])
        must(self.said["targets"] and len(set(self.said["targets"])) == len(self.said["targets"]), "targets")
        self.check_until(self.said["review"], self.policy.hold["longest_review"])
        begun = [one for one in self.requests.values() if one["state"] == "executing" and not one["destroyed"]]
        must(not any(set(self.said["targets"]) & set(self.inventories.get(one["digest"], [])) for one in begun), "destruction-begun")
        self.holds[self.digest] = {"targets": set(self.said["targets"]), "released": False}

    def standing(self, digest):
        must(digest in self.holds, "unknown-hold")
        must(not self.holds[digest]["released"], "released")
        return self.holds[digest]

    def inherit(self, keys, digest):
        must(len(set(keys)) == len(keys), "targets")
        hold = self.standing(digest)
        must(not hold["targets"] & set(keys), "targets")
        hold["targets"] |= set(keys)

    def on_hold_review(self):
        self.one(self.policy.hold["place"])
        self.check_until(self.said["review"], self.policy.hold["longest_review"])
        self.standing(self.said["hold"])

    def on_release(self):
        self.several(self.policy.hold["release"], self.policy.hold["place"])
        self.standing(self.said["hold"])["released"] = True

    def on_break_glass(self):
        signed = self.one(self.policy.glass["roles"])
        must(len(set(self.said["scopes"])) == len(self.said["scopes"]), "targets")
        self.check_until(self.said["until"], self.policy.glass["longest"])
        self.grants[self.digest] = {"person": signed["person"], "justified": False}

    def on_justify(self):
        signed = self.one()
        must(self.said["grant"] in self.grants, "unknown-grant")
        grant = self.grants[self.said["grant"]]
        must(grant["person"] == signed["person"], "not-yours")
        must(not grant["justified"], "justified")
        grant["justified"] = True

    # Requests

    def not_held(self, digest):
        held = set().union(*(hold["targets"] for hold in self.holds.values() if not hold["released"]))
        must(not held & set(self.inventories.get(digest, [])), "held")

    def on_request(self):
        kinds = self.said["inventory"]["kinds"]
        sound = 0 <= self.said["level"] <= 5 and all(kinds.values()) and sum(kinds.values()) == self.said["inventory"]["items"] > 0
        must(sound, "request-invalid")
        rules = self.policy.level(self.said["level"])
        applicant = self.one(rules["applicant"])
        must(self.said["number"] not in self.numbers, "number-used")
        self.not_held(self.digest)
        self.numbers.add(self.said["number"])
        self.requests[self.digest] = {
            "digest": self.digest, "said": self.said, "rules": rules, "policy": self.policy_digest, "state": "requested",
            "deadline": self.time + self.policy.within, "applicant": applicant, "approvals": [], "paused": None, "order": None,
            "begun": False, "destroyed": False, "execution": None, "witnesses": [], "inspections": [],
        }  # fmt: skip

    def known(self, digest):
        must(digest in self.requests, "unknown-request")
        return self.requests[digest]

    def about(self, *states, live=True):
        request = self.known(self.said["request"])
        expired = request["state"] in ("requested", "waiting") and self.time > request["deadline"]
        must(not (live and expired), "expired")
        must(request["state"] in states, "request-state")
        if "inventory" in self.said:
            must(self.said["inventory"] == request["said"]["inventory"]["root"], "other-inventory")
        return request

    @staticmethod
    def persons(request):
        parts = [request["applicant"], *request["approvals"], *request["witnesses"], *request["inspections"]]
        return {one["person"] for one in parts + ([request["order"]] if request["begun"] else [])}

    def new_person(self, request, signed):
        must(signed["person"] not in self.persons(request), "same-person")

    def still_valid(self, request):
        must(request["policy"] == self.policy_digest, "other-policy")
        for one in [request["applicant"], *request["approvals"]]:
            self.active(one["officer"])
        self.not_held(request["digest"])

    def on_approve(self):
        request = self.about("requested")
        self.still_valid(request)
        steps = request["rules"]["approvals"]
        must(self.said["step"] == len(request["approvals"]) + 1, "step")
        signed = self.one(steps[len(request["approvals"])])
        self.new_person(request, signed)
        request["approvals"].append(signed)
        if len(request["approvals"]) == len(steps):
            request["state"] = "waiting"

    def end(self, request, state):
        request.update(state=state, order=None)

    def on_reject(self):
        request = self.about("requested")
        self.one(sum(request["rules"]["approvals"], []))
        self.end(request, "rejected")

    def on_withdraw(self):
        request = self.about("requested", "waiting")
        must(self.one()["person"] == request["applicant"]["person"], "not-yours")
        self.end(request, "withdrawn")

    def on_cancel(self):
        request = self.about("waiting")
        approved = self.by[0] in [one["officer"] for one in request["approvals"]]
        self.one(ROLES if approved else sum(request["rules"]["approvals"], []))
        self.end(request, "cancelled")

    def on_resume(self):
        request = self.about("waiting")
        must(self.one(request["rules"]["approvals"][-1])["person"] != request["applicant"]["person"], "same-person")
        must(request["paused"] is not None and self.said["time"] >= request["paused"], "not-paused")
        request["paused"] = None

    def ready(self, request):
        must(request["state"] == "waiting", "request-state")
        self.still_valid(request)
        must(self.time < self.policy.review_by, "policy-unreviewed")
        must(self.time <= request["deadline"], "expired")
        must(self.clock is None, "clock-in-doubt")
        must(request["paused"] is None, "paused")
        must(self.counted - request["approvals"][-1]["counted"] >= seconds(request["rules"]["wait"]), "waiting")

    def executor(self, request, signed):
        self.new_person(request, signed)
        qualification = self.active(signed["officer"])["qualification"]
        must(not request["rules"]["qualified"] or (qualification and self.time < qualification["until"]), "unqualified")

    def on_execute(self):
        request = self.known(self.said["request"])
        must(self.said["inventory"] == request["said"]["inventory"]["root"], "other-inventory")
        self.ready(request)
        signed = self.one(request["rules"]["executor"])
        self.executor(request, signed)
        request["order"] = signed

    def evidence(self, role):
        request = self.about("executed", "partial")
        must(self.said["execution"] == request["execution"], "other-execution")
        return request, self.one([role])

    def on_witness(self):
        request, signed = self.evidence("witness")
        self.new_person(request, signed)
        request["witnesses"].append(signed)
        self.finish(request)

    def on_inspect(self):
        request, signed = self.evidence("inspector")
        if signed["person"] not in [one["person"] for one in request["inspections"]]:
            self.new_person(request, signed)
        request["inspections"].append(signed | {"passed": self.said["passed"]})
        self.finish(request)

    @staticmethod
    def finish(request):
        rules = request["rules"]
        inspected = not rules["inspection"] or (request["inspections"] and request["inspections"][-1]["passed"])
        if request["state"] == "executed" and len(request["witnesses"]) >= rules["witnesses"] and inspected:
            request["state"] = "done"

    def event(self, operation, digest, detail):
        if operation == "hold-inherited":
            self.inherit(detail["keys"], detail["hold"])
            return
        if operation not in ("destroy-begun", "destroyed", "finished", "expired"):
            return
        request = self.known(digest)
        if operation == "destroy-begun":
            self.ready(request)
            order = request["order"]
            must(order and order["statement"] == detail["order"], "no-order")
            self.executor(request, order)
            request.update(state="executing", begun=True)
        elif operation == "destroyed":
            must(request["state"] == "executing" and not request["destroyed"], "request-state")
            request["destroyed"] = True
        elif operation == "finished":
            targets = request["said"]["inventory"]["targets"] != self.suite.hash(b"").hex()
            must(request["state"] == "executing" and (request["destroyed"] or not targets), "request-state")
            request.update(state=detail["state"], execution=detail["execution"])
            self.finish(request)
        else:
            must(request["state"] in ("requested", "waiting"), "request-state")
            must(self.time > request["deadline"], "not-expired")
            self.end(request, "expired")


def replay(vectors, case):
    """Whether this case goes as it is written."""
    register = Register(Suite(vectors["suite"]), vectors["store"], vectors["inventories"])
    before = vectors["preludes"].get(case["after"], [])
    for number, entry in enumerate(before + case["entries"]):
        try:
            register.enter(entry["index"], entry["body"])
            came = "accepted"
        except Refusal as refusal:
            came = str(refusal)
        expected = entry.get("expect", "accepted")
        assert came == expected, f"{case['name']}: entry {number}: {came}, not {expected}"
    states = {digest: request["state"] for digest, request in register.requests.items()}
    assert states == case["states"], f"{case['name']}: {states}"


def main(paths):
    for path in paths:
        with open(path, "rb") as file:
            vectors = json.load(file, object_pairs_hook=once)
        for case in vectors["cases"]:
            replay(vectors, case)
        print(f"{vectors['suite']}: {len(vectors['cases'])} cases")


if __name__ == "__main__":
    main(sys.argv[1:])
