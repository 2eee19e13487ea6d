"""A study: what a study.toml may say, what it stands for, and that it survives being written down."""

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxneuron.neuron.choices import ACTIVATIONS, OPTIMIZERS
from jaxneuron.neuron.draws import STANDARD_NORMAL, LogUniform, Normal, Uniform
from jaxneuron.population.axes import Linear, Log, Refined, Values
from jaxneuron.study.bad_input import BadInput
from jaxneuron.study.files import Table
from jaxneuron.study.quantity import FORMS, num_values
from jaxneuron.study.section import Section
from jaxneuron.study.sections import Neuron, Points, Sweep, Training
from jaxneuron.study.sources import Arrays, Synthetic, Teacher, UnitVector
from jaxneuron.study.study import Study, read_study, resolved

ENGEL = Path(__file__).parents[2] / "experiments" / "engel" / "study.toml"
DATA = {"x": [1.0, 2.0], "y": [1.0, 3.0]}


def study(**sweep) -> Study:
    return Study(data=DATA, sweep={"learning_rate": 0.1, **sweep})


def test_engel():
    engel = read_study(ENGEL)

    assert engel.data == Table(
        file=str(ENGEL.parent / "engel.csv"), inputs=("income",), target="foodexp", scale="standard"
    )
    assert engel.neuron == Neuron(activation="relu", train_bias=True, init_weight=Normal(0.0, 1.0))
    assert engel.training == Training(optimizer="sgd", num_steps=1000)
    assert engel.sweep.learning_rate == Log(1e-3, 10.0, 256)
    assert engel.sweep.init_bias == Linear(-4.0, 4.0, 256)
    assert engel.sweep.replicates == 16
    assert dict(engel.design.shape) == {"learning_rate": 256, "init_bias": 256}
    assert engel.drawn == {"init_weight": STANDARD_NORMAL}
    assert engel.fixed == {}


def test_the_data_is_found_from_the_studys_folder(tmp_path, monkeypatch):
    folder = tmp_path / "deep" / "folder"
    folder.mkdir(parents=True)
    text = '[data]\nfile = "{}"\ninputs = ["x"]\ntarget = "y"\n[sweep]\nlearning_rate = 0.1\n'
    monkeypatch.chdir(tmp_path)

    for name, expected in (("d.csv", "deep/folder/d.csv"), ("../d.csv", "deep/folder/../d.csv")):
        (folder / "study.toml").write_text(text.format(name))
        assert read_study("deep/folder/study.toml").data == Table(file=expected, inputs=("x",), target="y")
    (folder / "study.toml").write_text(text.format("/elsewhere/d.csv"))
    assert read_study(folder / "study.toml").data == Table(file="/elsewhere/d.csv", inputs=("x",), target="y")


STUDIES = {
    "Engel": lambda: read_study(ENGEL),
    "the least": lambda: Study(data=DATA, sweep={"learning_rate": 0.1}),
    "arrays": lambda: Study(
        data={"x": np.arange(6.0).reshape(3, 2), "y": np.arange(3)}, sweep={"learning_rate": Values([0.1, 1])}
    ),
    "teacher": lambda: Study(
        data={
            "teacher": {"weight": [1, -2], "inputs": {"uniform": [-1, 1]}, "num_examples": 9, "noise": 0.1}
        },
        sweep={"learning_rate": 0.1},
    ),
    "teacher on an axis": lambda: Study(
        data={"teacher": {"weight": [1], "inputs": {"log": [0.1, 1], "num": 4}}, "scale": "standard"},
        sweep={"learning_rate": 0.1},
    ),
    "refined axes": lambda: Study(
        data={"teacher": {"weight": [1], "inputs": [0, {"linear": [1, 2], "num": 3}]}},
        sweep={"learning_rate": [0.1, Linear(2.6, 2.64, 41), {"log": [3, 10], "num": 8}]},
    ),
    "several data sets": lambda: Study(
        data={"teacher": {"weight": {"unit_vector": 5}, "num_examples": 9, "num_datasets": 3}},
        sweep={"learning_rate": [0.1, 1.0]},
    ),
    "several files": lambda: Study(
        data={"file": ["a.csv", "b.csv"], "inputs": ["x"], "target": "y"}, sweep={"learning_rate": 0.1}
    ),
    "a scaled target": lambda: Study(
        data=DATA, sweep={"learning_rate": 0.1, "target_scale": {"linear": [-1, 1], "num": 3}}
    ),
    "all draws": lambda: Study(
        data=DATA,
        neuron={"activation": "leaky_relu", "train_bias": False, "init_weight": {"uniform": [-1, 1]}},
        training={"optimizer": "nesterov", "batch_size": 1, "precision": "float64", "num_steps": 0},
        sweep={
            "learning_rate": {"log_uniform": [1e-3, 1]},
            "momentum": {"uniform": [0, 0.99]},
            "negative_slope": {"normal": [0, 0.1]},
            "init_bias": [-1, 0, 1],
            "replicates": 3,
            "seed": 2**32 - 1,
            "records": "neurons",
            "chunk_size": 7,
        },
    ),
    "points": lambda: Study(
        data=DATA,
        training={"optimizer": "adamw"},
        sweep={"learning_rate": {"log_uniform": [1e-3, 1]}, "weight_decay": 0.1, "points": {"sobol": 12}},
    ),
}


@pytest.mark.parametrize("name", STUDIES)
def test_survives_being_written_down(name):
    study = STUDIES[name]()

    assert Study(**resolved(study)) == study
    text = json.dumps(resolved(study), allow_nan=False)
    assert Study(**json.loads(text)) == study
    assert json.loads(text) == resolved(study)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0.1, 0.1),
        (1, 1.0),
        (np.float32(0.5), 0.5),
        ([0.1, 1], Values([0.1, 1.0])),
        ((0.1, 1), Values([0.1, 1.0])),
        ({"linear": [0, 1], "num": 4}, Linear(0.0, 1.0, 4)),
        ({"linear": [1, 1], "num": 1}, Linear(1.0, 1.0, 1)),
        ({"log": [1e-3, 10], "num": 4}, Log(1e-3, 10.0, 4)),
        ([{"log": [3, 10], "num": 8}, 1], Refined((Log(3.0, 10.0, 8), 1.0))),
        ([1, Linear(3.0, 10.0, 8)], Refined((1.0, Linear(3.0, 10.0, 8)))),
        (Refined((1.0, Linear(3.0, 10.0, 8))), Refined((1.0, Linear(3.0, 10.0, 8)))),
        ({"uniform": [0, 1]}, Uniform(0.0, 1.0)),
        ({"log_uniform": [0.1, 1]}, LogUniform(0.1, 1.0)),
        (Log(1e-3, 10.0, 4), Log(1e-3, 10.0, 4)),
        (Uniform(0, 1), Uniform(0.0, 1.0)),
    ],
)
def test_the_forms_of_a_quantity(given, expected):
    learning_rate = study(learning_rate=given).sweep.learning_rate

    assert learning_rate == expected
    assert type(learning_rate) is type(expected)


@pytest.mark.parametrize(
    "given",
    [
        np.array([0.5, 2.0]),
        jnp.array([0.5, 2.0]),
        [jnp.float32(0.5), np.float16(2)],
        pd.Series([0.5, 2.0]),
        pd.Index([0.5, 2.0]),
        xr.DataArray([0.5, 2.0]),
        np.ma.array([0.5, 2.0]),
    ],
    ids=lambda given: type(given).__module__,
)
def test_an_axis_is_any_array_of_one_dimension(given):
    found = study(learning_rate=given)
    assert found.sweep.learning_rate == Values([0.5, 2.0])
    assert Study(**json.loads(json.dumps(resolved(found)))) == found


def test_numbers_and_paths_of_other_libraries_are_pythons_own():
    assert study(learning_rate=range(1, 3)).sweep.learning_rate == Values([1.0, 2.0])
    assert study(learning_rate=jnp.float32(0.5)).sweep.learning_rate == 0.5
    axis = Log(jnp.float32(0.5), np.float32(2), np.int64(3))
    assert axis == Log(0.5, 2.0, 3)
    assert json.dumps(resolved(study(learning_rate=axis)))
    training = Training(num_steps=jnp.int32(5), tolerance=np.float32(0.5), batch_size=np.array(2))
    assert training == Training(num_steps=5, tolerance=0.5, batch_size=2)
    assert Neuron(train_bias=np.True_).train_bias is True
    table = Table(file=Path("~/data.csv"), inputs=("x",), target="y")
    assert table.file == str(Path.home() / "data.csv")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.ma.array([0.5, 2.0], mask=[0, 1]), "masked"),
        (pd.array([1, None]), "masked|not a number"),
        (pd.to_datetime(["2020-01-01"]), "datetime64"),
        (np.array([True]), "True is not a number"),
        (np.ones((2, 2)), r"shape \(2, 2\)"),
        (np.array([1j]), "not a number"),
    ],
)
def test_an_array_of_anything_else_is_no_axis(given, words):
    with pytest.raises(BadInput, match=f"sweep.learning_rate: .*({words})"):
        study(learning_rate=given)


@pytest.mark.parametrize("optimizer", [name for name, o in OPTIMIZERS.items() if "epsilon" in o.takes])
@pytest.mark.parametrize("epsilon", [0, [0.0, 1e-8], {"linear": [0, 1], "num": 3}, {"uniform": [0, 1]}])
def test_nothing_is_divided_by_a_root_of_zero(optimizer, epsilon):
    with pytest.raises(BadInput, match=r"sweep\.epsilon: reaches 0.0; it must be above 0"):
        Study(
            data=DATA,
            training={"optimizer": optimizer},
            sweep={"learning_rate": 0.1, "weight_decay": 0.1, "epsilon": epsilon},
        )


@pytest.mark.parametrize(
    ("name", "optimizer"), [("momentum", "momentum"), ("beta2", "adam"), ("decay", "rmsprop")]
)
def test_what_is_below_1_stays_so_in_the_precision(name, optimizer):
    sweep = {"learning_rate": 0.1, name: [0.5, 1 - 1e-9]}
    Study(data=DATA, training={"optimizer": optimizer, "precision": "float64"}, sweep=sweep)
    with pytest.raises(BadInput, match=f"sweep.{name}: reaches 0.999999999, which is 1 in float32"):
        Study(data=DATA, training={"optimizer": optimizer}, sweep=sweep)


def test_a_normal_distribution_where_negative_values_make_sense():
    assert study(init_bias={"normal": [0, 0]}).sweep.init_bias == Normal(0.0, 0.0)
    leaky = Study(
        data=DATA,
        neuron={"activation": "leaky_relu"},
        sweep={"learning_rate": 0.1, "negative_slope": {"normal": [0, 1]}},
    )
    assert leaky.drawn["negative_slope"] == Normal(0.0, 1.0)


def test_what_is_swept_drawn_and_fixed():
    mixed = study(learning_rate=[0.1, 1.0], init_bias={"uniform": [-1, 1]}, weight_decay=0.5)

    assert dict(mixed.design.shape) == {"learning_rate": 2}
    assert mixed.drawn == {"init_bias": Uniform(-1.0, 1.0), "init_weight": STANDARD_NORMAL}
    assert mixed.fixed == {"weight_decay": 0.5}


def test_points_take_the_draws_of_the_sweep():
    for kind in ("sobol", "random"):
        spread = study(learning_rate={"log_uniform": [0.01, 1]}, points={kind: 6})

        assert dict(spread.design.shape) == {"point": 6}
        assert list(spread.design.coordinates) == ["learning_rate"]
        assert spread.drawn == {"init_weight": STANDARD_NORMAL}


def test_a_study_of_many_values_is_made_at_once():
    many = study(
        learning_rate={"linear": [0, 1], "num": 2**16}, init_bias={"linear": [0, 1], "num": 2**16}
    )  # 2³² cells, of which none is made

    assert many.sweep.learning_rate.num == 2**16


def test_a_refined_axis_is_a_grid_of_all_its_values_once():
    refined = study(learning_rate=[{"linear": [1, 2], "num": 5}, 1.6, 0.5, {"log": [1, 4], "num": 3}])

    rates = [0.5, 1.0, 1.25, 1.5, 1.6, 1.75, 2.0, 4.0]
    assert refined.design.coordinates["learning_rate"][1].tolist() == rates
    assert dict(refined.design.shape) == {"learning_rate": len(rates)}
    assert num_values(refined.sweep.learning_rate) == len(rates)


@pytest.mark.parametrize(
    "rates", [{"log": [1e-60, 1], "num": 2}, 1e-60, [1e-60, 0.1], [0.5, {"linear": [1e-60, 1], "num": 3}]]
)
def test_what_float32_cannot_work_with_float64_can(rates):
    """It would be 0 there."""
    sweep = {"learning_rate": rates}

    with pytest.raises(
        BadInput, match=r"sweep.learning_rate: has 1e-60; float32 can work with 1.*e-3[78] to 1e\+37"
    ):
        Study(data=DATA, sweep=sweep)
    Study(data=DATA, sweep=sweep, training={"precision": "float64"})


def test_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        study().sweep.seed = 1


SECTIONS: tuple[type[Section], ...] = (
    Study,
    Table,
    Arrays,
    Synthetic,
    Teacher,
    UnitVector,
    Neuron,
    Training,
    Sweep,
    Points,
)
KEYS = sorted({key for section in SECTIONS for key in section.model_fields} | {*FORMS, "num"})
NAMES = st.sampled_from([*KEYS, *OPTIMIZERS, *ACTIVATIONS, "standard", "none", "float64", "neurons"])
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(min_value=0, max_value=9),
        st.floats(),
        st.floats(min_value=0.0, max_value=1.0),
        st.just(10**400),
        st.text(max_size=5),
        NAMES,
        st.datetimes(),
        st.dates(),
        st.times(),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


ENDS = st.lists(st.floats(-9, 9) | st.floats(0, 1), min_size=2, max_size=2) | st.lists(
    st.floats(), max_size=3
)
QUANTITIES = st.one_of(
    VALUES,
    st.floats(0, 1),
    ENDS,
    ENDS.map(sorted),
    st.builds(
        lambda form, ends, num: {form: ends, "num": num},
        st.sampled_from(["linear", "log"]),
        ENDS.map(sorted),
        st.integers(0, 9),
    ),
    st.builds(lambda form, ends: {form: ends}, st.sampled_from(FORMS), ENDS | ENDS.map(sorted)),
)
QUANTITIES |= st.lists(QUANTITIES | st.floats(0, 9), max_size=3)


@st.composite
def nearly_good(draw) -> dict:
    """A good study of which some keys say something else."""
    tables = resolved(STUDIES[draw(st.sampled_from(sorted(STUDIES)))]())
    for _ in range(draw(st.integers(0, 2))):
        table = tables[draw(st.sampled_from(sorted(tables)))]
        table[draw(st.sampled_from(sorted(table)) | NAMES)] = draw(VALUES | QUANTITIES)
    return tables


TABLES = st.dictionaries(NAMES | st.text(max_size=5), VALUES, max_size=5) | nearly_good()


@given(tables=TABLES)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_tables_are_a_study_or_bad_input(tables):
    try:
        made = Study(**tables)
    except BadInput as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017
        assert len(str(error)) < 500  # noqa: PT017
    else:
        assert Study(**resolved(made)) == made


@given(
    quantity=QUANTITIES, optimizer=st.sampled_from(sorted(OPTIMIZERS)), points=st.none() | st.integers(1, 9)
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_quantity_is_a_study_or_bad_input(quantity, optimizer, points):
    tables = {
        "data": DATA,
        "training": {"optimizer": optimizer},
        "sweep": {
            "learning_rate": quantity,
            "weight_decay": 0.1,
            "points": points if points is None else {"sobol": points},
        },
    }

    try:
        made = Study(**tables)
    except BadInput as error:
        assert str(error).startswith("sweep.")  # noqa: PT017
    else:
        cells = np.arange(made.design.num_cells)
        assert all(np.isfinite(values).all() for values in made.design.values(cells).values())
