"""A key store, a vault, copies of both, and nine officers, driven by the program itself: for tests and measurements of many objects.

    from office import Office
"""

import os
import pathlib
import re
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("SEALKEEP_PROGRAM", ROOT / "target/release/sealkeep"))
OFFICERS = {"chen": "authority", "zhao": "authority", "wang": "data-administrator", "li": "department-head",
            "zhang": "legal", "sun": "executor", "zhou": "witness", "wu": "witness", "zheng": "inspector"}


class Office:
    """Key store and officers below `disk`, whose flushes count; vault and copies below `memory`."""

    def __init__(self, disk, memory, suite="aes256-gcm"):
        self.disk, self.memory = disk, memory
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SEALKEEP_")}
        self.environment = dict(kept, XDG_CONFIG_HOME=str(disk), SEALKEEP_KEYSTORE=str(disk / "keys"),
                                SEALKEEP_KEY_FILE=str(disk / "key-file"), SEALKEEP_VAULT=str(memory / "vault"),
                                SEALKEEP_OFFICER_PASSPHRASE_FILE=str(disk / "passphrase"))
        (disk / "passphrase").write_text("passphrase\n")
        self.run("init", "--new-key-file", disk / "key-file", "--suite", suite)
        self.run("vault", "init")

    def run(self, *arguments, officer=None, ends=0):
        """What the program says; it has to end with the code `ends`."""
        environment = dict(self.environment)
        if officer:
            environment["SEALKEEP_OFFICER_KEY"] = str(self.disk / officer)
        done = subprocess.run([PROGRAM, *map(str, arguments)], env=environment, capture_output=True, text=True, cwd=self.disk)
        if done.returncode != ends:
            raise SystemExit(f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def enrol(self):
        """Nine officers and the usual policy, but for what tests cannot wait for."""
        listed = ""
        for number, (name, role) in enumerate(OFFICERS.items()):
            told = self.run("officer", "new", f"{name}.pem")
            key = re.search(r"(ed25519|sm2):[0-9a-f]+", told)[0]
            listed += f'[[officer]]\nid = "{name}"\nname = "{name}"\nperson = "p{number}"\nroles = ["{role}"]\nkey = "{key}"\n'
            if role == "executor":
                listed += 'qualification = { number = "Q-1", until = 2099-12-31 }\n'
        (self.disk / "officers.toml").write_text(listed)
        # No waiting, and no alarm for very many keys: all is restored over and over.
        alarms = "[alarms]\nopened_per_hour = 0\n\n[level.default]"
        policy = self.run("policy", "default").replace('"7d"', '"0s"').replace("[level.default]", alarms)
        (self.disk / "policy.toml").write_text(policy)
        self.run("officer", "init", "officers.toml", "--policy", "policy.toml", "--output", "one.json", officer="chen.pem")
        self.run("statement", "sign", "one.json", "zhao", "--output", "both.json", officer="zhao.pem")
        self.run("statement", "submit", "both.json")

    def ready(self, number, *chosen):
        """Requested and approved; execution may follow."""
        self.run("destroy", "request", *chosen, "--number", number, "--trigger", "consent-withdrawn", "--reason", "r", "--yes",
                 officer="wang.pem")
        self.run("destroy", "approve", number, "--yes", officer="li.pem")
        self.run("destroy", "approve", number, "--yes", officer="zhang.pem")

    def execute(self, number, key="sun.pem"):
        """How many seconds it took."""
        os.sync()
        start = time.perf_counter()
        self.run("destroy", "execute", number, "--yes", officer=key)
        return time.perf_counter() - start

    def finish(self, number, output):
        """Witnessed, inspected and certified; the certificate."""
        for witness in ("zhou", "wu"):
            self.run("destroy", "witness", number, "--yes", officer=f"{witness}.pem")
        self.run("destroy", "inspect", number, "--yes", officer="zheng.pem")
        self.run("destroy", "certify", number, "--output", output)
        return next(pathlib.Path(self.disk / output).glob("*certificate*.json"))
