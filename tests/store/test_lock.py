"""Two at once: one sweeps, or both resume the run of the quicker one."""

import errno
import fcntl
import multiprocessing
import os
import sys

import pytest

import jaxneuron as jn
from jaxneuron import sweep
from jaxneuron.runner import prepare as prepare_module
from jaxneuron.store.location import LOCK
from jaxneuron.store.status import status
from jaxneuron.study.bad_input import BadInput
from tests.stopping import hold
from tests.store.runs import bytes_under, study_of, trained_by


def test_a_second_process_is_refused_and_a_dead_one_keeps_nobody(unfinished, tmp_path):
    path = unfinished
    spawn = multiprocessing.get_context("spawn")
    locked, release = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(path, locked, release))
    other.start()
    assert locked.wait(60)
    before = bytes_under(tmp_path)
    for overwrite in (False, True):
        with pytest.raises(BadInput, match=f"is being swept by process {other.pid} on"):
            sweep(study_of(), path, overwrite=overwrite)
        assert bytes_under(tmp_path) == before
    assert status(path).swept_by == f"process {other.pid} on {os.uname().nodename}"
    other.kill()
    other.join()
    assert status(path).swept_by is None
    assert status(path).chunks_done == 1
    sweep(study_of(), path)
    sweep(study_of(), path, overwrite=True)


@pytest.mark.parametrize("is_same", [True, False])
def test_two_that_make_a_run_at_once(is_same, tmp_path, monkeypatch):
    """The later one resumes the run of the quicker one, or is refused where that is another study's."""
    path, quicker = tmp_path / "run.zarr", study_of() if is_same else study_of({"seed": 1})
    create, trained = prepare_module.create, []

    def late(location, **rest):
        monkeypatch.setattr(prepare_module, "create", create)
        trained.extend(trained_by(quicker, path)[1])
        create(location, **rest)

    monkeypatch.setattr(prepare_module, "create", late)
    if is_same:
        assert trained_by(study_of(), path)[1] == []
    else:
        with pytest.raises(BadInput, match=r"holds another run: sweep\.seed is 1 there and 0 here"):
            sweep(study_of(), path)
    assert len(trained) == 4  # once each
    assert jn.open_run(path).study == quicker
    assert [p.name for p in tmp_path.iterdir()] == ["run.zarr"]


def test_a_run_that_may_not_be_written_to_is_refused(unfinished):
    lock = unfinished / LOCK
    lock.unlink()
    lock.mkdir()
    with pytest.raises(BadInput, match=r"run\.zarr: cannot be written to \(Is a directory\)"):
        sweep(study_of(), unfinished)


def test_a_lock_holds_without_the_name_that_a_full_disk_does_not_take(unfinished):
    lock = unfinished / LOCK
    lock.unlink()
    lock.symlink_to("/dev/full")
    sweep(study_of(), unfinished)
    assert status(unfinished).is_whole


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL])
def test_where_there_are_no_locks_it_is_said_and_a_run_is_resumed(number, unfinished, monkeypatch, caplog):
    def flock(file, kind):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    for name in [name for name in sys.modules if name.startswith(("portalocker", "jaxneuron.store.lock"))]:
        monkeypatch.delitem(sys.modules, name)  # they are imported again, and find this flock
    with caplog.at_level("WARNING"):
        sweep(study_of(), unfinished)
    (said,) = [record.message for record in caplog.records if "locks" in record.message]
    assert said.endswith("or from replacing the run; start no other one")
    assert f"its file system has no locks ([Errno {number}] {os.strerror(number)}): nothing keeps" in said
    assert status(unfinished).is_whole
    assert status(unfinished).swept_by is None
