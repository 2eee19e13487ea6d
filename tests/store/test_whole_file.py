"""A file takes its place when it is whole; until then, and if it never is, what was there stays."""

import os
import stat

import pytest

from jaxneuron.store.whole_file import whole_file
from jaxneuron.study.bad_input import BadInput


def test_until_it_is_whole_what_was_there_stays(tmp_path):
    path = tmp_path / "new folder" / "cells.csv"
    for content in ("first", "second"):
        with whole_file(path) as draft:
            draft.write_text(content)
            assert (path.read_text() if path.exists() else "") != content
        assert path.read_text() == content
    assert os.listdir(path.parent) == ["cells.csv"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError()])
def test_what_fails_leaves_nothing(error, tmp_path):
    path = tmp_path / "cells.csv"
    path.write_text("whole")

    def write():
        with whole_file(path) as draft:
            draft.write_text("ha")
            raise error

    with pytest.raises(BadInput if isinstance(error, OSError) else type(error)) as raised:
        write()
    if isinstance(error, OSError):
        assert str(raised.value) == f"{path}: cannot be written (No space left on device)"
    assert path.read_text() == "whole"
    assert os.listdir(tmp_path) == ["cells.csv"]


def test_modes_and_links_stay(tmp_path):
    path, link = tmp_path / "cells.csv", tmp_path / "link.csv"
    path.write_text("first")
    path.chmod(0o640)
    link.symlink_to(path)
    with whole_file(link) as draft:
        draft.write_text("second")
    assert (link.is_symlink(), path.read_text()) == (True, "second")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    with whole_file(tmp_path / "new.csv") as draft:
        draft.write_text("new")
    usual = tmp_path / "usual.csv"
    usual.write_text("")
    assert (tmp_path / "new.csv").stat().st_mode == usual.stat().st_mode


def test_two_at_once_write_two_files_and_a_long_name_is_one(tmp_path):
    path = tmp_path / f"{'ä' * 120}.csv"
    with whole_file(path) as one, whole_file(path) as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"
    assert len(os.listdir(tmp_path)) == 1
