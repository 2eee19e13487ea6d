# jaxneuron's command line; what it writes lands in /results, where it also starts.
#
#   docker build -t jaxneuron .                              for the CPU
#   docker build -t jaxneuron --build-arg EXTRAS=cuda13 .    for NVIDIA GPUs (or cuda12); run it with --gpus all
#   docker run --rm --user "$(id -u)" -v "$PWD:/results" jaxneuron sweep study.toml
#
# EXTRAS are pyproject.toml's optional dependencies, with commas: "parquet,s3", "cuda13,ray"; "report" and "explore" are
# always there.
# The base is the same for GPUs, as jax's CUDA wheels bring all but the driver. Never set LD_LIBRARY_PATH:
# it would hide their libraries.
ARG EXTRAS=""

# The package and the list of what it needs.
FROM python:3.12-slim AS build
WORKDIR /build
COPY constraints.txt .
RUN --mount=type=cache,target=/var/cache/pip \
    pip install --root-user-action ignore --cache-dir /var/cache/pip -c constraints.txt hatchling
COPY pyproject.toml .
ARG EXTRAS
RUN python -c 'import os, tomllib; \
project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
extras = ["report", "explore", *filter(None, os.environ.get("EXTRAS", "").split(","))]; \
print(*project["dependencies"], *sum((project["optional-dependencies"][e] for e in extras), []), sep="\n")' \
    > requirements.txt
COPY README.md LICENSE ./
COPY jaxneuron jaxneuron
# Bytecode that is trusted unseen: not every builder keeps the files' times when it copies them to the next stage.
RUN pip install --root-user-action ignore --no-deps --no-build-isolation --no-compile --prefix /installed . \
    && python -m compileall -q --invalidation-mode unchecked-hash -s /installed -p /usr/local /installed

# What the package needs: a layer that stays while only the source changes. pip compiles the bytecode.
FROM python:3.12-slim AS needed
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin jaxneuron \
    && install --directory --owner jaxneuron --mode 0777 /results
COPY --from=build /build/requirements.txt /build/constraints.txt /usr/local/share/jaxneuron/
# What nothing runs goes at once, in the same layer, or the layer would not shrink: the libraries' own tests,
# plotly's parts for Jupyter, C that was translated from Python, and sample data.
RUN --mount=type=cache,target=/var/cache/pip \
    pip install --root-user-action ignore --cache-dir /var/cache/pip \
    -c /usr/local/share/jaxneuron/constraints.txt -r /usr/local/share/jaxneuron/requirements.txt \
    && cd /usr/local/lib/python3.12/site-packages \
    && find matplotlib mpl_toolkits numpy pandas scipy xarray -type d -name tests -prune -exec rm -r {} + \
    && find fontTools -name '*.c' -delete \
    && rm -rf matplotlib/mpl-data/sample_data plotly/labextension plotly/package_data/widgetbundle.js \
       /usr/local/share/jupyter

# Without extras there is only the CPU; with them jax looks for what is there.
FROM needed AS image-
ENV JAX_PLATFORMS=cpu
FROM needed AS image-extras

FROM image-${EXTRAS:+extras}
LABEL org.opencontainers.image.title="jaxneuron" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.description="Train one ReLU neuron, or millions at once: hyperparameter sweeps and the study of dead neurons." \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /installed /usr/local
# Any user may run the image, so caches go where any user may write.
ENV HOME=/tmp XDG_CACHE_HOME=/tmp/cache MPLCONFIGDIR=/tmp/matplotlib
USER 10001
WORKDIR /results
ENTRYPOINT ["jaxneuron"]
CMD ["--help"]
