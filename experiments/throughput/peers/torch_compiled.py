"""PyTorch under torch.compile: ten steps of the closed-form gradient, unrolled into one compiled program.

Tuned: examples on the inner axis, so that the compiler fuses a step into one loop per neuron, vectorised and
shared among all cores, that never writes z; ten steps per call, to spread the cost of calling. Tried at 64
and 1 024 examples: torch.func.vmap(grad) in place of the closed form (10 % and 30 % slower), one step per
call (20 % to 30 % slower), four (5 % to 25 % slower), examples on the outer axis (equal with one step per
call, 4 to 15 times slower with ten), mode="max-autotune-no-cudagraphs" (no faster). Compilation and
recompilation are in `prepare`. tanh and erf are PyTorch's own.
"""

import math
import shutil

import torch
import torch._dynamo

from experiments.throughput.peers import Train
from experiments.throughput.work import Data, Work

NAME = "PyTorch, compiled"
STEPS_PER_CALL = 10


def relu_delta(z, y):
    return torch.where(z > 0, z - y, 0.0)


def tanh_delta(z, y):
    a = torch.tanh(z)
    return (a - y) * (1 - a * a)


def gelu_delta(z, y):
    cumulative = 0.5 * (1 + torch.erf(z * math.sqrt(0.5)))
    phi = torch.exp(-0.5 * z * z) * (1 / math.sqrt(2 * math.pi))
    return (z * cumulative - y) * (cumulative + z * phi)


DELTAS = {"relu": relu_delta, "tanh": tanh_delta, "gelu": gelu_delta}


def can(work: Work) -> bool:
    return work.activation in DELTAS and shutil.which("g++") is not None


def why_not(work: Work) -> str:
    return "no C++ compiler"


def prepare(work: Work, data: Data) -> Train:
    # One work's programs at a time: Dynamo refuses a function that it has compiled for eight works.
    torch._dynamo.reset()
    x, y, weight, bias, learning_rate = (torch.from_numpy(a) for a in data)
    delta, num_examples, one_input = DELTAS[work.activation], work.num_examples, work.num_inputs == 1
    if one_input:
        x, weight = x[:, 0].contiguous(), weight[:, 0].contiguous()
    rate = learning_rate / num_examples
    rate_w = rate if one_input else rate[:, None]

    def step(w, b, x, y, rate_w, rate):
        z = (w[:, None] * x if one_input else w @ x.T) + b[:, None]
        d = delta(z, y)
        grad_w = (d * x).sum(1) if one_input else d @ x
        return w - rate_w * grad_w, b - rate * d.sum(1)

    def compiled(num_steps):
        def steps(w, b, *arrays):
            for _ in range(num_steps):
                w, b = step(w, b, *arrays)
            return w, b

        return torch.compile(steps, dynamic=False, fullgraph=True)

    calls, rest = divmod(work.num_steps, STEPS_PER_CALL)
    programs = [(compiled(STEPS_PER_CALL), calls)] if calls else []
    programs += [(compiled(rest), 1)] if rest else []

    def run(only_once=False):
        w, b = weight, bias
        with torch.no_grad():
            for program, times in programs:
                for _ in range(1 if only_once else times):
                    w, b = program(w, b, x, y, rate_w, rate)
        return w.reshape(len(b), -1).numpy(), b.numpy()

    run(only_once=True)
    return run
