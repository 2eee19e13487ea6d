"""The files for clusters: their command lines, what Slurm, Kubernetes and Ray make of them, what they say."""

import os
import re
import shlex
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path

import click
import pytest
import yaml

from jaxneuron.cli import commands
from jaxneuron.cli.process import BAD_INPUT, INCOMPLETE, INTERRUPTED

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "experiments" / "cluster"
SLURM = FOLDER / "slurm.sh"
KILLED = 137


def read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def parsed(words: list[str]) -> dict:
    """What the command makes of a line without running it; a click.UsageError where it would refuse it."""
    name, *rest = words
    # With its parent: click keeps the first help option that it makes of a command.
    parent = click.Context(commands, **commands.context_settings)
    return commands.commands[name].make_context(name, rest, parent=parent).params


# Slurm


@pytest.fixture
def submit(tmp_path):
    """Run the script as a task of Slurm would, with a jaxneuron that writes down what it is asked."""
    fake = tmp_path / "bin" / "jaxneuron"
    fake.parent.mkdir()
    fake.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$$ $JAX_PLATFORMS" "$@" "" >> "$LINES"\n'
        'if [ "$1" = create ]; then exit "${CREATE:-0}"; else exit "${WORKER:-0}"; fi\n'
    )
    fake.chmod(0o755)

    def run(*words: str, **variables: str) -> tuple[int, list[tuple[bool, str, list[str]]]]:
        """The exit code, and of each call whether it took the script's place, its platform and its words."""
        lines = tmp_path / "lines"
        lines.write_text("")
        slurm = {"ID": "3", "COUNT": "8", "MIN": "0", "MAX": "7", "STEP": "1"}
        env = {
            "PATH": f"{fake.parent}:{os.environ['PATH']}",
            "LINES": str(lines),
            **{f"SLURM_ARRAY_TASK_{name}": value for name, value in slurm.items()},
            **variables,
        }
        process = subprocess.Popen(["bash", SLURM, *words], env=env, stderr=subprocess.DEVNULL)
        code = process.wait(timeout=30)
        calls = [call.split("\n") for call in lines.read_text().split("\n\n") if call]
        heads = [head.split(" ") for head, *_ in calls]
        return code, [
            (int(pid) == process.pid, platform, words)
            for (pid, platform), (_, *words) in zip(heads, calls, strict=True)
        ]

    return run


def test_bash_and_shellcheck_accept_the_script():
    assert SLURM.stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", SLURM], check=True)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", SLURM], check=True)


def test_slurm_reads_all_of_its_options():
    """It stops reading at the first command; what comes later is ignored without a word."""
    lines = read("slurm.sh").splitlines()
    first = next(i for i, line in enumerate(lines) if line and not line.startswith("#"))
    places = [i for i, line in enumerate(lines) if line.startswith("#SBATCH ")]
    assert max(places) < first
    options = {lines[i].removeprefix("#SBATCH ") for i in places}
    # B: or only job steps would get the signal, and there are none.
    assert {"--requeue", "--open-mode=append", "--signal=B:TERM@60", "--ntasks=1"} <= options
    (log,) = [option for option in options if option.startswith("--output=")]
    assert "%A" in log
    assert "%a" in log


def test_a_task_makes_the_run_and_becomes_its_worker(submit):
    code, (create, worker) = submit("my study.toml", "runs/my run.zarr")
    assert code == 0
    assert create == (False, "cpu", ["create", "my study.toml", "--out", "runs/my run.zarr"])
    assert worker == (True, "cpu", ["worker", "runs/my run.zarr"])
    for _, _, words in (create, worker):
        parsed(words)


def test_a_task_of_so_many_says_which_it_is(submit):
    _, (_, (became, _, words)) = submit("study.toml", "run.zarr", "8")
    assert became
    assert words == ["worker", "run.zarr", "--index", "3", "--of", "8"]
    assert parsed(words).items() >= {"index": 3, "of": 8}.items()


@pytest.mark.parametrize(("gpus", "platform"), [({"SLURM_JOB_GPUS": "0"}, "cuda"), ({}, "cpu")])
def test_a_task_trains_on_the_gpu_that_it_was_given_or_on_the_cpu(submit, gpus, platform):
    """Whatever the variable was where the job was submitted, since Slurm takes it along."""
    for before in ("cpu", "cuda"):
        _, calls = submit("study.toml", "run.zarr", JAX_PLATFORMS=before, **gpus)
        assert [call[1] for call in calls] == [platform] * 2


def test_a_run_in_an_object_store_is_not_made_by_the_tasks(submit):
    _, calls = submit("study.toml", "s3://bucket/run.zarr")
    assert [words for *_, words in calls] == [["worker", "s3://bucket/run.zarr"]]


def test_exit_codes_reach_slurm(submit):
    assert submit("study.toml", "run.zarr", WORKER=str(INTERRUPTED))[0] == INTERRUPTED
    code, calls = submit("study.toml", "run.zarr", CREATE=str(BAD_INPUT))
    assert code == BAD_INPUT
    assert len(calls) == 1
    for words in ([], ["study.toml"], ["study.toml", "run.zarr", "8", "9"]):
        assert submit(*words) == (BAD_INPUT, [])


# Kubernetes

JOB = yaml.safe_load(read("kubernetes.yaml"))
VOLUME = yaml.safe_load(read("kubernetes-volume.yaml"))
SPEC = JOB["spec"]
POD = SPEC["template"]["spec"]
(CREATE,), (WORKER,) = POD["initContainers"], POD["containers"]


@pytest.mark.thorough
@pytest.mark.parametrize("document", [JOB, VOLUME], ids=lambda document: document["kind"])
def test_kubernetes_knows_every_field(document):
    validate = pytest.importorskip("kubernetes_validate")
    from kubernetes_validate.utils import all_versions

    versions = {version for version in all_versions() if int(version.split(".")[1]) >= 33}
    assert versions
    for version in versions:
        validate.validate(document, version, strict=True)


def test_there_are_as_many_indexes_as_workers():
    """And other rules of Kubernetes that are not in its schema."""
    assert SPEC["completionMode"] == "Indexed"
    assert parsed(WORKER["args"])["of"] == SPEC["completions"]
    assert parsed(WORKER["args"])["index"] is None
    assert 1 <= SPEC["parallelism"] <= SPEC["completions"]
    assert SPEC["backoffLimitPerIndex"] > 0
    assert SPEC["maxFailedIndexes"] < SPEC["completions"]
    assert POD["restartPolicy"] == "Never"  # as a podFailurePolicy demands
    assert SPEC.get("podReplacementPolicy", "Failed") == "Failed"  # likewise
    pod_names = f"{JOB['metadata']['name']}-{SPEC['completions'] - 1}"
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", pod_names)


def action(exit_code: int, *conditions: str) -> str:
    """What becomes of a pod, by the first rule that fits; "Count" is what Kubernetes does without one."""
    for rule in SPEC["podFailurePolicy"]["rules"]:
        assert len(rule.keys() & {"onExitCodes", "onPodConditions"}) == 1
        if codes := rule.get("onExitCodes"):
            assert codes["operator"] == "In"
            assert codes["values"] == sorted(set(codes["values"]) - {0})
            # One that names a container says nothing of the init container.
            assert "containerName" not in codes
            fits = exit_code in codes["values"]
        else:
            assert {condition["status"] for condition in rule["onPodConditions"]} == {"True"}
            fits = bool({condition["type"] for condition in rule["onPodConditions"]} & set(conditions))
        if fits:
            return rule["action"]
    return "Count"


def test_the_failure_policy_knows_the_exit_codes():
    assert action(BAD_INPUT) == action(BAD_INPUT, "DisruptionTarget") == "FailJob"
    assert action(INTERRUPTED) == "Ignore"
    assert action(INTERRUPTED, "DisruptionTarget") == action(KILLED, "DisruptionTarget") == "Ignore"
    assert action(INCOMPLETE) == action(KILLED) == "Count"


def test_the_init_container_makes_the_run_that_the_worker_fills():
    made, filled = parsed(CREATE["args"]), parsed(WORKER["args"])
    assert CREATE["args"][0] == "create"
    assert WORKER["args"][0] == "worker"
    assert made["out"] == filled["run"]
    for same in ("image", "env", "resources", "securityContext", "volumeMounts"):
        assert CREATE[same] == WORKER[same]


def test_the_pod_suits_the_image():
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    entry, folder, user = (
        re.findall(rf"^{word} (.+)$", dockerfile, flags=re.MULTILINE)[-1]
        for word in ("ENTRYPOINT", "WORKDIR", "USER")
    )
    assert entry == '["jaxneuron"]'
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert WORKER["image"] == f"jaxneuron:{project['version']}"
    security = POD["securityContext"]
    assert security["runAsNonRoot"]
    assert security["runAsUser"] == security["fsGroup"] == int(user)
    assert WORKER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    volumes = {volume["name"]: volume for volume in POD["volumes"]}
    mounts = {mount["mountPath"]: mount for mount in WORKER["volumeMounts"]}
    assert volumes.keys() == {mount["name"] for mount in mounts.values()}
    # With a read-only root these two must be there to be written to.
    assert not any(mounts[path].get("readOnly") for path in (folder, "/tmp"))
    assert volumes[mounts["/tmp"]["name"]]["emptyDir"] == {}
    claim = volumes[mounts[folder]["name"]]["persistentVolumeClaim"]["claimName"]
    assert claim == VOLUME["metadata"]["name"]
    assert VOLUME["spec"]["accessModes"] == ["ReadWriteMany"]


def test_the_config_map_has_the_study_and_its_data():
    """Of its command, which the manifest and the page show."""
    study = parsed(CREATE["args"])["study"]
    (volume,) = [volume for volume in POD["volumes"] if "configMap" in volume]
    (mount,) = [mount for mount in WORKER["volumeMounts"] if mount["name"] == volume["name"]]
    assert str(study.parent) == mount["mountPath"]
    for name in ("kubernetes.yaml", "README.md"):
        (line,) = re.findall(r"kubectl create configmap (.*)", read(name))
        config_map, *words = shlex.split(line)
        assert config_map == volume["configMap"]["name"]
        files = {Path(word).name: ROOT / word for word in words if word != "--from-file"}
        table = tomllib.loads(files[study.name].read_text(encoding="utf-8"))
        assert files[table["data"]["file"]].is_file()


# Ray


def test_ray_accepts_the_cluster():
    pytest.importorskip("ray")
    from ray.autoscaler._private.util import prepare_config, validate_config

    config = prepare_config(yaml.safe_load(read("ray.yaml")))
    validate_config(config)
    (kind,) = config["available_node_types"].values()
    assert kind["min_workers"] == kind["max_workers"] == len(config["provider"]["worker_ips"])


def test_ray_is_started_with_options_that_it_has():
    scripts = pytest.importorskip("ray.scripts.scripts")
    config = yaml.safe_load(read("ray.yaml"))
    ports = set()
    for where in ("head", "worker"):
        for line in config[f"{where}_start_ray_commands"]:
            setting, command = line.split("; ")
            assert setting == ". /shared/ray.sh"
            ray, name, *words = shlex.split(command)
            assert ray == "ray"
            known = {
                option: parameter
                for parameter in scripts.cli.commands[name].params
                for option in parameter.opts
            }
            given = dict(word.partition("=")[::2] for word in words)
            assert given.keys() <= known.keys()
            ports |= {given[key].rpartition(":")[2] for key in ("--port", "--address") if key in given}
    assert len(ports) == 1


# What the pages say


@pytest.mark.parametrize("name", ["README.md", "kubernetes.yaml", "ray.yaml"])
def test_every_command_line_and_file_is_there(name):
    text = read(name)
    for line in re.findall(r"jaxneuron ((?:create|worker|sweep|status|plot) [^'`|)]+?)['`|)\n]", text):
        try:
            parsed(shlex.split(line))
        except click.UsageError as error:
            pytest.fail(f"{line}: {error.format_message()}")
    for path in re.findall(r"\b(?:tests/)?experiments/[\w./-]+", text):
        assert (ROOT / path).exists(), path
