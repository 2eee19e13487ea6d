#!/usr/bin/env bash
# A run on a Slurm cluster: each task of the array trains its share of the chunks that are missing.
#
#   sbatch experiments/cluster/slurm.sh STUDY RUN [OF]
#
# RUN is a folder that all nodes see, or s3://BUCKET/NAME.zarr. The same line again trains what is missing, after a
# time limit, a lost node or a scancel. To submit some of the tasks only, say as OF of how many they are:
#
#   sbatch --array=3,5 experiments/cluster/slurm.sh STUDY RUN 8
#
# Options given to sbatch come before those below. Activate the environment first: sbatch takes PATH along.

#SBATCH --job-name=jaxneuron
#SBATCH --array=0-7
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --output=jaxneuron-%A-%a.log

# A GPU for each task:
##SBATCH --gres=gpu:1

# In a partition of several kinds of node, one of them: workers on another kind of processor are refused.
##SBATCH --constraint=FEATURE

# The worker is told before the time is up, and ends by itself. Slurm may tell it up to a minute earlier still.
#SBATCH --signal=B:TERM@60

# A lost node or a preemption starts the task again, which trains what is missing, in the same log.
#SBATCH --requeue
#SBATCH --open-mode=append

set -euo pipefail

if (($# < 2 || $# > 3)); then
    echo "usage: sbatch slurm.sh STUDY RUN [OF]" >&2
    exit 2
fi
study=$1 run=$2 of=${3:-}

# A GPU that does not come up is an error, and never a task that quietly trains on the CPU.
if [[ -n ${SLURM_JOB_GPUS:-} ]]; then
    export JAX_PLATFORMS=cuda
else
    export JAX_PLATFORMS=cpu
fi

# Whichever task is first makes the run. An object store has no lock: there `jaxneuron create` is given once, before.
if [[ $run != *://* ]]; then
    jaxneuron create "$study" --out "$run"
fi

# exec, so that Slurm's signals and the exit code are the worker's own.
if [[ -n $of ]]; then
    exec jaxneuron worker "$run" --index "$SLURM_ARRAY_TASK_ID" --of "$of"
fi
exec jaxneuron worker "$run"
