"""`python -m jaxneuron` is the command `jaxneuron`."""

from jaxneuron.cli.program import main

if __name__ == "__main__":
    main()
