"""Runs in an object store: resumed and verified as on a disk, whatever fails."""

import contextlib
import socket
import threading
import time
from typing import NamedTuple

import numpy as np
import pytest
import s3fs
import xarray as xr
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import make_server

import jaxneuron as jn
from jaxneuron import sweep
from jaxneuron.runner.work import Stopped
from jaxneuron.store.status import status
from jaxneuron.study.bad_input import BadInput
from tests.conftest import REPEAT
from tests.stopping import Stop, stop_after
from tests.store.runs import WHOLE_CELLS, study_of
from tests.values import values_of


class Faulty:
    """An application for a server, which counts its requests, and fails from one of them on."""

    def __init__(self, app):
        self.app, self.number = app, 0
        self.mend()

    def mend(self):
        self.fault, self.first, self.number = None, 0, 0

    def fail(self, fault, first):
        self.fault, self.first, self.number = fault, first, 0

    def __call__(self, environ, start_response):
        self.number += 1
        fault = self.fault
        if fault is None or self.number <= self.first:
            return self.app(environ, start_response)
        if fault == "hang":
            time.sleep(1.3 * PATIENCE)
        if fault in ("cut", "hang"):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, code = fault
        said = f"<Error><Code>{code}</Code><Message>said so</Message></Error>".encode()
        start_response(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(said)))])
        return [said]


FAULTS = {
    "expired": ("403 Forbidden", "AccessDenied"),
    "not there": ("404 Not Found", "NoSuchKey"),
    "internal": ("500 Internal Server Error", "InternalError"),
    "slow down": ("503 Service Unavailable", "SlowDown"),
    "cut": "cut",
    "hang": "hang",
}
PATIENCE = 3.0  # seconds that a client waits for an answer


@pytest.fixture(scope="module")
def faulty():
    """What the server answers with."""
    return Faulty(create_backend_app("s3"))


@pytest.fixture(scope="module")
def bucket(faulty):
    """A bucket of a server in this process that speaks S3."""
    # Moto's own server would look up what a request is for, which takes longer than the answer.
    server = make_server("127.0.0.1", 0, faulty, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        # Clients are kept, the first one too: none tries again and again what fails.
        patch.setenv("AWS_MAX_ATTEMPTS", "1")
        patch.setattr(s3fs.S3FileSystem, "retries", 1)
        patch.setattr(s3fs.S3FileSystem, "read_timeout", PATIENCE)
        files = s3fs.S3FileSystem(skip_instance_cache=True)
        files.mkdir("bucket")
        yield "s3://bucket", files
    server.shutdown()


@pytest.mark.thorough
def test_an_object_store_keeps_runs_as_a_disk_does(bucket, swept, caplog):
    sound, (url, files) = swept(learning_rate=[0.1, 10.0], chunk_size=WHOLE_CELLS), bucket
    study, another = sound.study, study_of({"learning_rate": [0.1, 10.0], "seed": 1})
    url = f"{url}/folder/run.zarr"
    with pytest.raises(BadInput, match="there is no such run"):
        jn.open_run(url)
    with pytest.raises(Stop):
        sweep(study, url, progress=stop_after(1))
    assert status(url).chunks_done == 1
    with pytest.raises(BadInput, match="is unfinished, 1 of"):
        jn.open_run(url)
    shard = next(path for path in files.find(url) if "/neurons/fate/c/" in path)
    files.rm_file(shard)
    assert list(status(url, verify=True).damaged.values()) == ["neurons/fate"]
    assert values_of(sweep(study, url)) == sound.values
    assert "1 chunk is damaged" in caplog.text
    with pytest.raises(BadInput, match=r"holds another run: sweep\.seed is 0 there and 1 here"):
        sweep(another, url)
    weights = {"neurons/final_weight"}
    assert values_of(sweep(another, url, overwrite=True), weights) != values_of(sound.run, weights)


class Kept(NamedTuple):
    """A run that is whole in the bucket, and how many requests it took to make it and to open it again."""

    study: jn.Study
    url: str
    cells: xr.Dataset
    requests_to_make: int
    requests_to_open: int


@pytest.fixture(scope="module")
def kept(bucket, faulty, tmp_path_factory):
    study = study_of({"learning_rate": [0.1, 10.0], "records": "cells"})
    cells = sweep(study, tmp_path_factory.mktemp("kept") / "run.zarr").cells.load()
    numbers, url = [], f"{bucket[0]}/kept.zarr"
    for _ in range(2):
        faulty.mend()
        sweep(study, url)
        numbers.append(faulty.number)
    return Kept(study, url, cells, *numbers)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", FAULTS if REPEAT > 1 else ["expired", "cut"])
def test_an_outage_of_an_object_store_loses_nothing(kind, kept, bucket, faulty):
    """From any request on, until the sweep ends: a finished run stays, and one that is begun is resumed."""
    url, files = bucket
    before = tags_of(kept.url, files)
    # While the run is made, and while its chunks are written.
    for share in (0.05, 0.8) if REPEAT == 1 else np.linspace(0, 1, 4 * REPEAT, endpoint=False):
        begun = f"{url}/{kind}/{share}.zarr"
        to_open, to_make = int(share * kept.requests_to_open), 3 + int(share * (kept.requests_to_make - 3))
        for path, first in ((kept.url, to_open), (begun, to_make)):
            faulty.fail(FAULTS[kind], first)
            with contextlib.suppress(BadInput, Stopped):
                sweep(kept.study, path)
            assert faulty.number > faulty.first  # it was met
            faulty.mend()
        assert tags_of(kept.url, files) == before
        xr.testing.assert_identical(sweep(kept.study, begun).cells.load(), kept.cells)
    xr.testing.assert_identical(sweep(kept.study, kept.url).cells.load(), kept.cells)


def tags_of(url, files):
    """What the store says of the content of every file of a run."""
    files.invalidate_cache()
    return {key: found["ETag"] for key, found in files.find(url, detail=True).items()}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nowhere://run.zarr", "'nowhere' is no known kind of store"),
        ("s3://no-such-bucket/run.zarr", "cannot be made"),
    ],
)
def test_a_store_that_cannot_be_had_is_refused(url, words, bucket):
    with pytest.raises(BadInput, match=words):
        sweep(study_of(), url)
