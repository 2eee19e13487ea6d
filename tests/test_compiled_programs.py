"""Compiled programs are kept where nobody else may put one, in bounded room; a damaged one is made again."""

import os
import stat
import subprocess
import sys

import pytest

from jaxneuron.cli import compiled_programs
from jaxneuron.cli.compiled_programs import keep_compiled_programs

DATA = "x,y\n0,1\n1,3\n2,4\n3,8\n"


SETTINGS = "JAX_COMPILATION_CACHE_DIR", "JAXNEURON_COMPILED_PROGRAMS"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where they are kept, not yet there."""
    for name in SETTINGS:
        monkeypatch.setenv(name, "")  # so that it is restored, whatever is set meanwhile
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "jaxneuron" / "compiled"


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_is_the_users_alone(folder):
    keep_compiled_programs()
    assert mode_of(folder) == 0o700
    assert os.environ["JAXNEURON_COMPILED_PROGRAMS"] == str(folder)


def test_what_others_may_have_put_there_is_deleted(folder):
    folder.mkdir(parents=True)
    (folder / "evil-cache").write_text("code")
    folder.chmod(0o777)
    keep_compiled_programs()
    assert mode_of(folder) == 0o700
    assert list(folder.iterdir()) == []


def test_a_link_and_another_users_folder_are_refused(folder, tmp_path, monkeypatch, capsys):
    (tmp_path / "others").mkdir()
    folder.parent.mkdir()
    folder.symlink_to(tmp_path / "others")
    keep_compiled_programs()
    folder.unlink()
    folder.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    keep_compiled_programs()
    assert "JAXNEURON_COMPILED_PROGRAMS" not in os.environ
    assert capsys.readouterr().err == 2 * f"compiled programs are not kept: {folder} is somebody else's\n"


def test_the_oldest_make_room(folder, monkeypatch):
    folder.mkdir(parents=True, mode=0o700)
    for age, name in enumerate("abcd"):
        (folder / name).write_bytes(bytes(100))
        os.utime(folder / name, (1000 - age, 1000 - age))
    monkeypatch.setattr(compiled_programs, "MOST_BYTES", 250)
    keep_compiled_programs()
    assert sorted(path.name for path in folder.iterdir()) == ["a", "b"]


@pytest.mark.thorough
def test_a_damaged_program_is_replaced_by_the_next_command(tmp_path):
    (tmp_path / "data.csv").write_text(DATA)
    words = "train data.csv --input x --target y --num-steps 5 --no-figure"
    line = [sys.executable, "-m", "jaxneuron", *words.split()]
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    environment |= {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": os.pathsep.join(sys.path)}
    environment |= {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}  # which compiles quickly

    def train():
        ended = subprocess.run(
            line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        assert ended.stderr == ""
        return ended.stdout

    def programs():
        paths = tmp_path.glob("cache/jaxneuron/compiled/*.compiled")
        return {path: (path.stat().st_ino, path.stat().st_size) for path in paths}

    printed, sound = train(), programs()
    assert sound
    for path, (_, size) in sound.items():
        os.truncate(path, size // 2)
    assert train() == printed
    replaced = programs()
    assert replaced.keys() == sound.keys()
    assert all(size > sound[path][1] // 2 for path, (_, size) in replaced.items())
    assert train() == printed
    assert programs() == replaced  # read, not written again
