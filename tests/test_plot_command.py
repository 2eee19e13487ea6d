"""`jaxneuron plot`: every figure from the command line, and what is wrong in one line."""

import pytest

import jaxneuron as jn

MAP = "plot run.zarr figure.svg --show map"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a run of three axes."""
    folder = tmp_path_factory.mktemp("plot")
    study = jn.Study(
        data={"x": [-1.0, 0.5, 2.0], "y": [0.0, 1.0, 2.0]},
        training={"num_steps": 9, "optimizer": "momentum"},
        sweep={
            "learning_rate": [0.1, 1.0, 9.0],
            "init_bias": [-2.0, 0.0],
            "momentum": [0.0, 0.9],
            "replicates": 3,
        },
    )
    jn.sweep(study, folder / "run.zarr")
    return folder


@pytest.fixture(autouse=True)
def _in_the_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("", "phase diagram of"),
        ("--over momentum --over init_bias --at learning_rate=1", "momentum from 0 to 0.9"),
        ("--others highest", "highest over initial bias"),
        ("--show map", "share dead over learning rate and momentum"),
        ("--show map --quantity final_loss --over init_bias", "median final loss over initial bias"),
        ("--show map --at momentum=0.8 --others lowest", "at momentum = 0.9"),
        ("--show curves", "share dead over learning rate"),
        ("--show curves --quantity died --over momentum", "share died over momentum"),
        ("--show panels", "by initial bias"),
        ("--show panels --by learning_rate --quantity fate --at init_bias=0", "by learning rate"),
        ("--show importance --quantity died", "share of the variance of the share died"),
        ("--show incidence --over init_bias", "along initial bias"),
        pytest.param("--show surface", "loss of one neuron", marks=pytest.mark.thorough),
    ],
)
def test_every_figure_is_drawn(found, folder, options, words):
    plotted = found(f"plot run.zarr new/figure.svg {options} --width 3.3")
    assert plotted["figure"] == "new/figure.svg"
    assert words in plotted["description"].lower()
    assert (folder / "new" / "figure.svg").stat().st_size > 3000
    (folder / "new" / "figure.svg").unlink()


def test_the_path_of_the_figure_is_printed(succeed, folder):
    assert succeed("plot run.zarr figure.pdf") == "figure: figure.pdf\n"
    assert (folder / "figure.pdf").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("plot run.zarr figure.jpg", "FILE: figure.jpg must end in .png, .svg or .pdf"),
        ("plot run.zarr run.zarr", "FILE: run.zarr must end in"),
        ("plot nothing.zarr figure.png", "nothing.zarr: there is no such run"),
        (f"{MAP} --quantity losses", "quantity: 'losses' is not among those of run.zarr"),
        (f"{MAP} --quantity final_los", "did you mean 'final_loss'?"),
        (f"{MAP} --over momentum --over init_bias --over learning_rate", "a map has at most two axes"),
        (f"{MAP} --at momentum", "--at: is 'momentum'; it must be NAME=VALUE, such as momentum=0.9"),
        (f"{MAP} --at momentum=half", "momentum is held at 'half'; it must be a number"),
        (f"{MAP} --at momentum=nan", "--at: is 'momentum=nan'"),
        (f"{MAP} --at momentum=inf", "--at: is 'momentum=inf'"),
        (f"{MAP} --at =1", "'' is not swept"),
        (f"{MAP} --by momentum", "--by: --show map does not take it; it is for panels"),
        (f"{MAP} --width 1", "width: is 1 inches; it must lie between 2 and 40"),
        (f"{MAP} --width nan", "width: is nan inches"),
        (
            "plot run.zarr f.png --quantity dead",
            "--quantity: --show maps does not take it; it is for map, curves",
        ),
        ("plot run.zarr f.png --show surface --over momentum", "--over: --show surface does not take it"),
        ("plot run.zarr f.png --show curves --over momentum --over init_bias", "drawn over one axis"),
        ("plot run.zarr f.png --show incidence --over rate", "has no axis 'rate'"),
        ("plot run.zarr f.png --show panels --at momentum=0 --by momentum", "momentum is held at 0, so"),
        ("plot run.zarr f.png --show map,", "Invalid value for '--show'"),
        ("plot run.zarr", "Missing argument 'FILE'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(refused, folder, line, message):
    assert message in refused(line)
    assert not list(folder.glob("figure.*g"))
