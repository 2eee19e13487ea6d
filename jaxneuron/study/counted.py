"""Numbers of things in words."""


def counted(number: int, noun: str) -> str:
    """'1 neuron', '2,048 neurons'; a noun whose plural is no more than an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def are(number: int) -> str:
    """'is' of one, 'are' of any other number."""
    return "is" if number == 1 else "are"
