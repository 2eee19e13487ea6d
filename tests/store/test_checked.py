"""What a reader is given was checked: no file of another place, run or writer is read as a result."""

import itertools
import json
import random
import re
import shlex
import shutil
import subprocess

import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

import jaxneuron as jn
from jaxneuron import sweep
from jaxneuron.runner.prepare import prepare
from jaxneuron.runner.program import Program
from jaxneuron.runner.worker import open_to_work
from jaxneuron.store import location as location_module
from jaxneuron.store.checked import checksum_of_bytes
from jaxneuron.store.checksum import checksum_of
from jaxneuron.store.location import Location
from jaxneuron.store.skeleton import open_skeleton
from jaxneuron.store.status import status
from jaxneuron.store.store import Store
from jaxneuron.study.bad_input import BadInput
from tests.conftest import REPEAT
from tests.store.runs import PARTS, WHOLE_CELLS, read
from tests.values import values_of


@pytest.fixture(params=[WHOLE_CELLS, PARTS], ids=["whole cells", "parts"])
def whole(request, swept):
    """A run of two chunks of whole cells, and one of eight of parts."""
    return swept(learning_rate=[0.1, 10.0], chunk_size=request.param)


# For what does not depend on it.
IN_PARTS = pytest.mark.parametrize("whole", [PARTS], ids=["parts"], indirect=True)


@pytest.fixture
def study(whole):
    """Its study."""
    return whole.study


@pytest.fixture
def other(study):
    """The same study with another seed."""
    return study.model_copy(update={"sweep": study.sweep.model_copy(update={"seed": 1})})


@pytest.fixture
def copied(whole, tmp_path):
    """The path of a copy of the run."""
    return whole.copied_to(tmp_path / "run.zarr")


def chunks_of(path):
    """The files of results, of sums and parts too."""
    return sorted(p for p in path.glob("*/*/c/**/*") if p.is_file())


def array_at(file, path):
    return "/".join(file.relative_to(path).parts[:2])


@pytest.mark.parametrize("number", [10, pytest.param(40 * REPEAT, marks=pytest.mark.thorough)])
def test_no_two_files_are_taken_for_one_another(number, whole, copied):
    """Pairs of files of the same array, and of others: swapped, they are told."""
    path, values = copied, whole.values
    files = [p for p in chunks_of(path) if array_at(p, path) in values]
    pairs = [
        pair for pair in itertools.combinations(files, 2) if pair[0].read_bytes() != pair[1].read_bytes()
    ]
    for pair in random.Random(0).sample(pairs, min(number, len(pairs))):
        one, other = (file.read_bytes() for file in pair)
        pair[0].write_bytes(other), pair[1].write_bytes(one)
        assert read(path, {array_at(file, path) for file in pair}) is None, pair
        pair[0].write_bytes(one), pair[1].write_bytes(other)
    assert values_of(jn.open_run(path)) == values


def test_files_of_another_run_of_the_same_shape_are_told(study, other, whole, copied, tmp_path):
    """Its markers too: they are of another study, or of the same one made again."""
    for number, other_study in enumerate([other, study]):
        other = tmp_path / f"other{number}.zarr"
        sweep(other_study, other)
        for group in ("cells", "neurons", "work"):
            path = shutil.copytree(copied, tmp_path / f"{group}{number}.zarr")
            for file in (other / group).rglob("c/**/*"):
                if file.is_file():
                    shutil.copy(file, path / file.relative_to(other))
            if group == "work" or number == 0:
                assert read(path) is None
                assert not status(path, verify=True).is_whole
            else:
                assert read(path) == whole.values


@given(st.binary(min_size=1, max_size=200), st.data())
def test_another_bit_anywhere_is_another_checksum(content, data):
    other = bytearray(content)
    other[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert checksum_of_bytes(content) != checksum_of_bytes(bytes(other))
    assert checksum_of_bytes(content) != checksum_of_bytes(content + b"\0")


def metadata_of(path):
    """The files that are made before any work is done."""
    return [p for p in path.rglob("*") if p.is_file() and p not in set(path.glob("*/*/c/**/*"))] + [
        path / key for key in open_skeleton(Location(path)).files if "/c" in key
    ]


@pytest.mark.parametrize("step", [1000, pytest.param(max(1, 150 // REPEAT), marks=pytest.mark.thorough)])
def test_every_byte_of_what_describes_a_run_is_seen(step, whole, copied):
    """A bit of it is flipped: nothing is read of the run then."""
    rng, tried = random.Random(step), 0
    files = [file for file in metadata_of(copied) if file.name != "lock"]
    assert len(files) > 40
    for file in files:
        content = file.read_bytes()
        for place in range(rng.randrange(min(step, len(content))), len(content), step):
            changed = bytearray(content)
            changed[place] ^= 1 << rng.randrange(8)
            file.write_bytes(changed)
            with pytest.raises(BadInput, match=r"is damaged|not a run|and this version reads"):
                open_skeleton(Location(copied))
            tried += 1
        file.write_bytes(content)
    assert tried > 20_000 / step
    assert values_of(jn.open_run(copied)) == whole.values


@IN_PARTS
def test_a_worker_of_another_run_does_not_write_into_this_one(study, other, whole, tmp_path):
    path = tmp_path / "run.zarr"
    prepare(Program(other), Location(path))
    store, program = open_to_work(Location(path))
    shutil.rmtree(path)
    results = program.train_chunk(0)
    with pytest.raises(BadInput, match="is not the run any more that was opened"):
        store.write(0, results, 0.0)
    assert not path.exists()
    whole.copied_to(path)
    with pytest.raises(BadInput, match="is not the run any more that was opened"):
        store.write(0, results, 0.0)
    assert values_of(jn.open_run(path)) == whole.values
    # Had it looked a moment earlier, what it then writes is told.
    store._check_there = lambda: None
    store.write(0, results, 0.0)
    assert read(path) is None
    assert values_of(sweep(study, path)) == whole.values


@IN_PARTS
def test_an_open_run_is_the_one_that_was_opened(other, copied):
    run = jn.open_run(copied)
    cells = run.cells
    sweep(other, copied, overwrite=True)
    for call in (lambda: cells.final_loss_min.values, lambda: run.neurons.fate.values, run.best):
        with pytest.raises(BadInput, match="is not the run any more that was opened; open it again"):
            call()


@IN_PARTS
def test_what_cannot_be_read_is_not_damaged(study, whole, copied):
    """A link to itself is a file whose content nobody can tell, as of a disk that fails for a moment."""
    for key in ("neurons/fate/c/0/0/0", "work/marker/c/1", "cells/fate_count/zarr.json", "zarr.json"):
        file = copied / key
        content = file.read_bytes()
        file.unlink()
        file.symlink_to(file)
        for call in (lambda: status(copied, verify=True), lambda: sweep(study, copied)):
            with pytest.raises(BadInput, match=r"cannot be read \(Too many levels of symbolic links\)"):
                call()
        file.unlink()
        file.write_bytes(content)
        assert status(copied, verify=True).is_whole
    assert values_of(jn.open_run(copied)) == whole.values


# Runs that are replaced


@IN_PARTS
@pytest.mark.parametrize("is_at_once", [True, False])
def test_one_of_two_runs_is_always_there(is_at_once, other, whole, copied, monkeypatch):
    """Where a folder cannot take another one's place at once, one is named whom to bring back."""
    seen, rename = [], location_module._rename

    def look(*args):
        seen.append(status(copied).chunks_done)
        if not is_at_once:
            raise OSError(22, "Invalid argument")
        rename(*args)
        seen.append(status(copied).chunks_done)

    monkeypatch.setattr(location_module, "_rename", look)
    prepare(Program(other), Location(copied), overwrite=True)
    assert seen == [status(whole.run.path).chunks_done, 0][: 1 + is_at_once]
    assert status(copied).chunks_done == 0
    assert [path.name for path in copied.parent.iterdir()] == ["run.zarr"]


@IN_PARTS
def test_what_a_kill_left_is_named(study, whole, tmp_path):
    """An --overwrite was killed between two renames, or before the first."""
    path, other = tmp_path / "run.zarr", tmp_path / ".run.zarr.0123456789ab.old"
    whole.copied_to(other)
    for call in (lambda: jn.open_run(path), lambda: status(path), lambda: sweep(study, path)):
        with pytest.raises(BadInput, match=r"was killed; `mv .*\.old .*run\.zarr` brings it back") as told:
            call()
        assert not path.exists()
    back = re.search("`(.*)`", str(told.value))
    assert back is not None
    subprocess.run(shlex.split(back[1]), check=True)
    assert values_of(jn.open_run(path)) == whole.values
    draft = shutil.copytree(path, tmp_path / ".run.zarr.0123456789ab.draft")
    assert status(path).left_behind == [str(draft)]
    assert values_of(sweep(study, path)) == whole.values


# Runs that somebody else made


def described_anew(path, key, **changes):
    """Change a description of a run, and all checksums with it, as its author can."""
    file, root = path / key, path / "zarr.json"
    description = json.loads(file.read_text())
    file.write_text(json.dumps(description | changes))
    found = json.loads(root.read_text())
    attrs = found["attributes"]
    attrs["files"][key] = checksum_of_bytes(file.read_bytes())
    attrs["checksum"] = checksum_of({name: value for name, value in attrs.items() if name != "checksum"})
    root.write_text(json.dumps(found))


@IN_PARTS
@pytest.mark.parametrize(
    "changes",
    [
        {"codecs": [{"name": "bytes"}, {"name": "numcodecs.pickle", "configuration": {"protocol": 5}}]},
        {"codecs": ["numcodecs.pickle"]},
        {"codecs": [5]},
        {"codecs": [{"name": ["bytes"]}]},
        {"storage_transformers": [{"name": "any"}]},
        {"zarr_format": 2},
        {"consolidated_metadata": {"kind": "inline", "metadata": {}}},
    ],
)
def test_only_what_jaxneuron_writes_is_opened(changes, copied):
    described_anew(copied, "cells/fate_count/zarr.json", **changes)
    for call in (lambda: jn.open_run(copied), lambda: status(copied, verify=True)):
        with pytest.raises(BadInput, match=r"fate_count/zarr\.json describes what jaxneuron does not write"):
            call()


@IN_PARTS
@pytest.mark.parametrize(
    "files", [[], {"../other.zarr/zarr.json": ""}, {"/dev/zero": ""}, {"cells//zarr.json": ""}, None]
)
def test_a_root_names_only_what_is_in_the_run(files, copied):
    root = copied / "zarr.json"
    found = json.loads(root.read_text())
    attrs = {name: value for name, value in found["attributes"].items() if name != "checksum"}
    attrs |= {"files": files} if files is not None else {}
    attrs = attrs if files is not None else {"format": attrs["format"]}
    root.write_text(json.dumps(found | {"attributes": attrs | {"checksum": checksum_of(attrs)}}))
    with pytest.raises(BadInput, match=r"is damaged \(zarr\.json\) beyond repair"):
        jn.open_run(copied)


def test_a_run_in_zarrs_second_format_is_none(tmp_path):
    attrs = {"format": "jaxneuron run, format 3", "contents": {}, "coordinates": []}
    root = zarr.create_group(tmp_path / "run.zarr", zarr_format=2, attributes=attrs)
    root.create_array("cells", shape=(4,), dtype="int64")
    with pytest.raises(BadInput, match="is not a run of jaxneuron"):
        jn.open_run(tmp_path / "run.zarr")


@IN_PARTS
def test_what_a_run_was_not_made_with_is_not_there(whole, copied):
    added = zarr.open_group(copied, mode="r+").create_array("cells/added", shape=(2, 2), dtype="int64")
    added[...] = 1
    shutil.copy(copied / "cells/added/c/0/0", copied / "cells/fixed_count/c/7")
    assert "added" not in jn.open_run(copied).cells
    assert values_of(jn.open_run(copied)) == whole.values


# What Zarr is told elsewhere


@IN_PARTS
@pytest.mark.parametrize(
    "settings",
    [{"default_zarr_format": 2}, {"array.write_empty_chunks": False}, {"array.order": "F"}],
)
def test_settings_of_zarr_change_no_run(settings, study, whole, tmp_path):
    with zarr.config.set(settings):
        assert values_of(sweep(study, tmp_path / "run.zarr")) == whole.values
        assert status(tmp_path / "run.zarr", verify=True).is_whole
        assert values_of(jn.open_run(whole.run.path)) == whole.values


@IN_PARTS
def test_codecs_that_are_not_installed_are_named(whole, copied):
    with (
        zarr.config.set({"codec_pipeline.path": "not_installed.Pipeline"}),
        pytest.raises(BadInput, match=r"cannot be opened by Zarr \(.*not_installed"),
    ):
        status(copied, verify=True)
    assert values_of(jn.open_run(copied)) == whole.values


@IN_PARTS
def test_a_store_that_is_read_has_no_way_to_be_written_to(whole):
    store = Store(Location(whole.run.path))
    with pytest.raises(ValueError, match="read-only"):
        store.root["cells/fate_count"][...] = 0


def test_a_root_that_brings_descriptions_along_is_not_opened(whole, copied):
    root = json.loads((copied / "zarr.json").read_text())
    root["consolidated_metadata"] = {"kind": "inline", "must_understand": False, "metadata": {}}
    (copied / "zarr.json").write_text(json.dumps(root))
    with pytest.raises(BadInput, match=r"zarr\.json describes what jaxneuron does not write"):
        jn.open_run(copied)


def test_what_describes_a_run_is_read_once(whole, monkeypatch):
    asked, read_file = [], Location.read
    monkeypatch.setattr(Location, "read", lambda self, key: asked.append(key) or read_file(self, key))
    jn.open_run(whole.run.path).best()
    # The root is looked at again: whether the run is still there.
    descriptions = [key for key in asked if key.endswith("/zarr.json") and not key.startswith("rounds/")]
    assert "cells/fate_count/zarr.json" in descriptions
    assert len(descriptions) == len(set(descriptions))
