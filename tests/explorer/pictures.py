"""Pictures as tests read them: the messages of a stream, put together."""

import json
import struct
import threading

import numpy as np

VIEW = {
    "study": {
        "data": {"x": [0.5, 1.0, 2.0], "y": [1.0, 1.5, 2.5]},
        "neuron": {"init_weight": -0.5},
        "training": {"num_steps": 60},
        "sweep": {},
    },
    "x": {"name": "learning_rate", "low": 0.01, "high": 10.0, "isLog": True},
    "y": {"name": "init_bias", "low": -1.0, "high": 1.5, "isLog": False},
    "cells": [40, 24],
    "quantity": "fate",
}


def view(cells=None, x=None, y=None, quantity="fate", **tables):
    """A view with some of its keys, and some of its study's tables, in place of those above."""
    found = json.loads(json.dumps(VIEW)) | {"cells": cells or VIEW["cells"], "quantity": quantity}
    found["x"] |= x or {}
    found["y"] |= y or {}
    for table, keys in tables.items():
        found["study"][table] |= keys
    return found


def messages(content):
    """(header, {name: array}) of each message in the bytes of a stream."""
    while content:
        length, size = struct.unpack("<II", content[:8])
        header, at, arrays = json.loads(content[8 : 8 + length]), 8 + length, {}
        for fact in header.pop("arrays"):
            values = np.frombuffer(content, fact["dtype"], int(np.prod(fact["shape"])), at)
            arrays[fact["name"]] = values.reshape(fact["shape"])
            at += -(-values.nbytes // 8) * 8
        assert at == 8 + length + size
        yield header, arrays
        content = content[at:]


def assembled(found):
    """(the picture's facts, {level: {name: whole array}}) of its messages."""
    (facts, _), *parts, (end, _) = found
    assert (facts["kind"], end["kind"]) == ("view", "end")
    levels = {}
    for header, arrays in parts:
        level = levels.setdefault(header["level"], {})
        row, last_row, column, last_column = header["region"]
        for name, values in arrays.items():
            shape = (*values.shape[:-2], *header["shape"])
            whole = level.setdefault(name, np.full(shape, np.nan))
            assert np.isnan(whole[..., row:last_row, column:last_column]).all(), "trained twice"
            whole[..., row:last_row, column:last_column] = values
    assert not any(np.isnan(level["counts"]).any() for level in levels.values())
    return facts, levels


def picture_of(trainer, asked, read):
    """The facts and the levels of a picture, trained by a trainer."""
    found = b"".join(trainer.picture(read(asked), threading.Event()))
    return assembled(list(messages(found)))
