"""Kill a writer before each of its file events, as `kill -9` would, and run it again.

Python reports every file that is opened, renamed or removed to audit hooks. Here one of them raises
an exception that nothing catches, and lets nothing more happen to files while the stack unwinds:
neither clean-up nor what was still in buffers reaches the disk, as with a process that died.
"""

import os
import sys
import traceback
from pathlib import Path

_PATHS_OF = {  # event → places of (path, folder descriptor) among its arguments
    "os.rename": ((0, 2), (1, 3)),
    "os.remove": ((0, 1),),
    "os.mkdir": ((0, 2),),
    "os.rmdir": ((0, 1),),
    "os.link": ((1, 3),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "open": ((0, None),),
}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Killed(BaseException):
    """The process ends here."""


class _Watch:
    """Counts the file events below a folder; from one on nothing happens any more."""

    def __init__(self, root, kill_at):
        self.root, self.kill_at, self.count = f"{os.path.realpath(root)}{os.sep}", kill_at, 0
        self.dead, self.open_files = False, {}

    def __call__(self, event, arguments):
        if event == "open" and not (arguments[2] or 0) & _WRITES:
            return
        if not any(self._is_mine(arguments, *places) for places in _PATHS_OF[event]):
            return
        if not self.dead and self.count == self.kill_at:
            self.dead, self.open_files = True, dict(_open_files(self.root))
        if self.dead:
            raise Killed
        self.count += 1

    def _is_mine(self, arguments, place, folder_place):
        path = arguments[place]
        if isinstance(path, int):
            return False
        path, folder = os.fsdecode(path), os.getcwd()
        if folder_place is not None and arguments[folder_place] not in (-1, None):
            folder = os.readlink(f"/proc/self/fd/{arguments[folder_place]}")
        return os.path.join(folder, path).startswith(self.root)


def _open_files(root):
    """Files that are open for writing, with the bytes that have reached them."""
    for name in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        try:
            path = os.readlink(f"/proc/self/fd/{name}")
            if path.startswith(root):
                yield path, os.stat(path).st_size
        except OSError:
            continue


_watch = None


def _hook(event, arguments):
    if _watch is not None and event in _PATHS_OF:
        _watch(event, arguments)


sys.addaudithook(
    _hook
)  # for as long as Python runs: so it does nothing unless something is watched


def kill(command, root, at):
    """Run a command and kill it before the file event `at` below `root`; whether that came."""
    global _watch
    watch = _watch = _Watch(root, at)
    try:
        command()
    except Killed as error:
        for one in _chain(error):  # what a dead process held, such as locks, is free
            traceback.clear_frames(one.__traceback__)
    finally:
        _watch = None
    for path, size in watch.open_files.items():
        if os.path.exists(path) and os.path.getsize(path) > size:
            os.truncate(path, size)  # buffers were written while the stack was unwound
    return watch.dead


def _chain(error):
    while error is not None:
        yield error
        error = error.__context__


def contents(folder):
    """Relative path → bytes of every file below a folder; None for a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def check_kills(tmp_path, monkeypatch, command, prepare=lambda: None, same=lambda name, data: data):
    """Kill a command before each of its file events; run again, it must end as if undisturbed.

    Each run has a folder of its own as the current one. After every kill all that was there before
    or all that the command writes must be there, under whatever name.

    Args:
        tmp_path, monkeypatch: of pytest.
        command: what writes. Run once more after its end it may say that the output exists.
        prepare: what lies there before.
        same: a file's name and bytes → what must be equal.

    Returns:
        The number of events, and at which of them the command said that the output exists.
    """

    def run_in(name):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        prepare()
        return folder, found(folder)

    def found(folder):
        return {name: same(name, data) for name, data in contents(folder).items()}

    folder, before = run_in("whole")
    command()
    expected = found(folder)
    at, refused = 0, {}
    while True:
        folder, _ = run_in(str(at))
        if not kill(command, folder, at):
            break
        left = list(found(folder).values())
        assert any(all(data in left for data in tree.values()) for tree in (before, expected)), at
        try:
            command()
        except FileExistsError as error:
            refused[at] = str(error)
        now = found(folder)
        differs = {name for name in now.keys() | expected if now.get(name) != expected.get(name)}
        assert not differs, (at, differs)
        at += 1
    assert found(folder) == expected
    assert at > 1, "nothing was written"
    assert all("exists already" in message for message in refused.values()), refused
    return at, list(refused)


def write(path, text):
    """Write a text file, and its folder."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
