"""`python -m jaxneuron.cli` is `jaxneuron`."""

from jaxneuron.cli.program import main

if __name__ == "__main__":
    main()
