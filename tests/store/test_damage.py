"""What is damaged is found and trained again; what cannot be written loses nothing."""

import itertools
import random
from pathlib import Path

import pytest

import jaxneuron as jn
from jaxneuron import sweep
from jaxneuron.runner.work import Stopped
from jaxneuron.store.status import status
from jaxneuron.study.bad_input import BadInput
from tests.conftest import REPEAT
from tests.stopping import Stop, stop_after
from tests.store.runs import PARTS, WHOLE_CELLS, files_of, markers_of, read, study_of, trained_by
from tests.studies import all_but_few_thorough
from tests.values import values_of


def damage(path, rng):
    """Flip a bit of a file, or cut some of it off."""
    content = path.read_bytes()
    place = rng.randrange(len(content))
    if rng.random() < 0.7:
        changed = bytearray(content)
        changed[place] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
    else:
        path.write_bytes(content[:place])


def is_reported(path):
    try:
        return not status(path, verify=True).is_whole
    except BadInput:
        return True


SIZES_AND_SEEDS = itertools.product((WHOLE_CELLS, PARTS), range(4 * REPEAT))


@pytest.mark.parametrize("case", all_but_few_thorough(SIZES_AND_SEEDS, [(WHOLE_CELLS, 0)]), ids=str)
def test_no_damage_changes_a_number_silently(case, swept, tmp_path):
    """A bit of a file is flipped, or its end cut off: 27 times a seed."""
    chunk_size, seed = case
    # A run of few files: two chunks, or eight of parts.
    whole = swept(learning_rate=[0.1, 10.0], chunk_size=chunk_size)
    path, rng = whole.copied_to(tmp_path / "run.zarr"), random.Random(seed)
    files = files_of(path)
    for number in range(20 if chunk_size == WHOLE_CELLS else 7):
        file = rng.choice(files)
        content = file.read_bytes()
        damage(file, rng)
        # What is in other files is as it was.
        array = "/".join(file.relative_to(path).parts[:2])
        arrays = {array} & whole.values.keys() if "c" in file.parts else whole.values.keys()
        found = read(path, arrays)
        assert found in (None, {name: whole.values[name] for name in arrays}), file
        if found is None:
            assert is_reported(path) or file.parts[-3:-1] == ("cells", "c"), file
        if number == 0:
            assert repair(whole.study, path, whole.values)
        file.write_bytes(content)


def repair(study, path, sound):
    """A sweep makes the run whole again, or refuses it."""
    try:
        repaired = values_of(sweep(study, path))
    except BadInput as error:
        return "is damaged" in str(error) or "is not a run" in str(error)
    return repaired == sound and status(path, verify=True).is_whole


ARRAYS, KINDS = (
    ("neurons/final_bias", "cells/fate_count", "work/marker"),
    ("flipped", "cut", "empty", "gone", "another's"),
)
QUICK = [
    *(("neurons/final_bias", how) for how in ("flipped", "empty", "gone")),
    *((array, how) for array in ("cells/fate_count", "work/marker") for how in ("cut", "another's")),
]


@pytest.mark.parametrize(
    "damage", all_but_few_thorough(itertools.product(ARRAYS, KINDS), QUICK), ids=" ".join
)
def test_damaged_chunks_are_named_and_trained_again(damage, sound, tmp_path, caplog):
    (array, how), path = damage, sound.copied_to(tmp_path / "run.zarr")
    shards = sorted(p for p in (path / array / "c").rglob("*") if p.is_file())
    content = shards[1].read_bytes()
    match how:
        case "flipped":
            shards[1].write_bytes(bytes([*content[:-9], content[-9] ^ 4, *content[-8:]]))
        case "cut":
            shards[1].write_bytes(content[:-3])
        case "empty":
            shards[1].write_bytes(b"")
        case "gone":
            shards[1].unlink()
        case "another's":
            others = (shard.read_bytes() for shard in shards)
            shards[1].write_bytes(next(other for other in others if other != content))
    found = status(path, verify=True)
    assert not found.is_whole
    assert found.chunks_done == found.num_chunks - 1
    if array != "work/marker":
        assert found.damaged == {1: array}
    with pytest.raises(BadInput, match="the same `jaxneuron sweep`"):
        values_of(jn.open_run(path))
    run, trained = trained_by(sound.study, path)
    assert values_of(run) == sound.values
    assert len(trained) == 1
    warned = f"{path}: 1 chunk is damaged: 1 ({array}); trained again"
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ([] if array == "work/marker" else [warned])
    assert status(path, verify=True).is_whole


def test_sums_that_are_missing_are_told_and_added_up(swept, tmp_path):
    in_parts = swept(chunk_size=PARTS)
    path = in_parts.copied_to(tmp_path / "run.zarr")
    for file in (path / "work/sum/c").iterdir():
        file.unlink()
    found = status(path)
    assert found.chunks_done == found.num_chunks
    assert found.sums_missing
    assert not found.is_whole
    with pytest.raises(BadInput, match="is unfinished"):
        jn.open_run(path)
    run, trained = trained_by(in_parts.study, path)
    assert (values_of(run), trained) == (in_parts.values, [])
    assert status(path).is_whole


def test_a_damaged_marker_of_a_sum_is_told(swept, tmp_path):
    in_parts = swept(chunk_size=PARTS)
    path = in_parts.copied_to(tmp_path / "run.zarr")
    marker = next((path / "work/sum/c").iterdir())
    marker.write_bytes(marker.read_bytes()[:-1])
    assert not status(path, verify=True).is_whole
    with pytest.raises(BadInput, match="is damaged"):
        values_of(jn.open_run(path))
    assert values_of(sweep(in_parts.study, path)) == in_parts.values


def test_leftovers_are_removed(unfinished):
    left = unfinished / "neurons" / "fate" / "c" / "0.0123.partial"
    left.write_bytes(b"half")
    sweep(study_of(), unfinished)
    assert not left.exists()


def test_a_damaged_description_is_only_replaced(sound, tmp_path):
    path = sound.copied_to(tmp_path / "run.zarr")
    file = path / "cells/learning_rate/c/0"
    file.write_bytes(file.read_bytes()[:-1])
    for call in (lambda: jn.open_run(path), lambda: status(path), lambda: sweep(study_of(), path)):
        with pytest.raises(BadInput, match=r"is damaged \(cells/learning_rate/c/0\) beyond repair"):
            call()
    assert values_of(sweep(study_of(), path, overwrite=True)) == sound.values


CHUNKS_AND_ARRAYS = [(0, 0), (1, 1), (3, 26)]


@pytest.mark.parametrize("at", all_but_few_thorough(CHUNKS_AND_ARRAYS, [(1, 1)]), ids=str)
def test_a_write_that_fails_keeps_what_is_done(at, whole, tmp_path):
    """An array of a chunk cannot be written, as there is a folder where its file is to be."""
    (chunk, array), path = at, tmp_path / "run.zarr"
    with pytest.raises(Stop):
        sweep(whole.study, path, progress=stop_after(0))
    # A chunk writes 15 arrays of cells, or of parts, and 13 of neurons, and then its marker.
    arrays = list(markers_of(whole.run.path)[chunk].checksums)
    assert len(arrays) == 28
    folder = Path(whole.run.path)
    in_the_way = path / files_of(folder / arrays[array] / "c")[chunk].relative_to(folder)
    in_the_way.mkdir(parents=True)
    told = []
    with pytest.raises(Stopped, match=r"\(Is a directory\); \d+ of 40 neurons are kept") as stopped:
        sweep(whole.study, path, progress=lambda done, total: told.append(done))
    found = status(path, verify=True)
    assert (found.chunks_done, found.neurons_done, found.damaged) == (len(told) - 1, told[-1], {})
    assert f"; {found.neurons_done} of" in str(stopped.value)
    assert chunk not in markers_of(path)
    in_the_way.rmdir()
    assert values_of(sweep(whole.study, path)) == whole.values
