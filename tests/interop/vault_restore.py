"""From a snapshot of a vault into a folder."""

import os
import stat
from collections import Counter

from keystore_custody import require
from vault_files import CHARACTER, DEVICE, FIFO, FILE, FOLDER, LINK, SOCKET

SPECIAL = {FIFO: stat.S_IFIFO, CHARACTER: stat.S_IFCHR, DEVICE: stat.S_IFBLK, SOCKET: stat.S_IFSOCK}


def restore(vault, snapshot, to, below):
    """Restores what lies below the absolute path `below` as the new folder `to`."""
    restoring = Restoring(vault, to, os.fsencode(below).strip(b"/"))
    for one in vault.objects(snapshot):
        if one.closed:
            restoring.closed.append({"key": one.key.hex(), "why": one.closed})
        else:
            with vault.noted(f"/{os.fsdecode(one.found.path)}"):
                restoring.place(one.found)
    restoring.finish_folders()
    return {
        "snapshot": snapshot.id.hex(),
        "restored": dict(restoring.restored),
        "closed": restoring.closed,
        "not_applied": restoring.not_applied,
    }


class Restoring:
    def __init__(self, vault, to, below):
        self.vault, self.top, self.below = vault, os.fsencode(to), below
        self.restored, self.closed, self.not_applied = Counter(), [], []
        self.folders, self.twins = [], {}
        os.mkdir(self.top)

    def place(self, found):
        """Puts one object where it belongs; what a folder is comes last, when nothing is put into it any more."""
        relative = self._relative(found.path)
        if relative is None:
            return
        path = self._path(relative)
        if found.kind == FOLDER:
            if relative:
                self._make_folder(path)
            self.folders.append((path, found))
        elif not self._link_again(path, found):
            self._make(path, found)
            self._apply(path, found)
        self.restored[found.kind] += 1

    def finish_folders(self):
        for path, found in sorted(self.folders, key=lambda one: one[0].count(b"/"), reverse=True):
            with self.vault.noted(os.fsdecode(path)):
                self._apply(path, found)

    def _relative(self, path):
        """The path in the output; None when it is not below what is restored."""
        if not self.below:
            return path
        if path == self.below:
            return b""
        return path[len(self.below) + 1 :] if path.startswith(self.below + b"/") else None

    def _path(self, relative):
        """The path to write to; folders on the way that the snapshot has not, or that are closed, are made."""
        path = self.top
        for part in relative.split(b"/")[:-1]:
            path = os.path.join(path, part)
            self._make_folder(path)
        return os.path.join(self.top, relative) if relative else self.top

    def _make_folder(self, path):
        if not os.path.lexists(path):
            os.mkdir(path, 0o700)
        require(stat.S_ISDIR(os.lstat(path).st_mode), f"{os.fsdecode(path)} is not a folder")

    def _link_again(self, path, found):
        """Whether this is another name of a file that was restored (docs/spec/vault.md §6, hard links)."""
        if found.links < 2:
            return False
        extents = tuple((extent.length, extent.digest) for extent in found.extents)
        first = self.twins.setdefault((found.kind, found.device, found.inode, extents), path)
        if first == path:
            return False
        os.link(first, path, follow_symlinks=False)
        return True

    def _make(self, path, found):
        if found.kind == FILE:
            with open(path, "xb") as file:
                for plain, length in self.vault.content(found):
                    if plain is None:
                        file.seek(length, os.SEEK_CUR)
                    else:
                        file.write(plain)
                file.truncate(found.size)
        elif found.kind == LINK:
            os.symlink(found.target, path)
        else:
            os.mknod(path, SPECIAL[found.kind] | 0o600, found.special)

    def _apply(self, path, found):
        """Owner, attributes, mode and time, in the order in which none undoes another."""
        if os.geteuid() == 0:
            self._try(path, "owner", lambda: os.lchown(path, found.uid, found.gid))
        for name, value in found.attributes:
            set_one = lambda: os.setxattr(path, name, value, follow_symlinks=False)
            self._try(path, os.fsdecode(name), set_one)
        if found.kind != LINK:
            self._try(path, "mode", lambda: os.chmod(path, found.mode))
        seconds, nanoseconds = found.mtime
        time = seconds * 1_000_000_000 + nanoseconds
        self._try(path, "time", lambda: os.utime(path, ns=(time, time), follow_symlinks=False))

    def _try(self, path, what, act):
        try:
            act()
        except OSError as error:
            self.not_applied.append(f"{os.fsdecode(path)}: {what}: {error.strerror}")
