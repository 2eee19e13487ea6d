"""Characters that the encoding of an output does not have, such as ŷ and ≤ in cp1252, in ASCII."""

import codecs
import itertools
import sys
import unicodedata

import click

SIGNS = "−–—·×√≤≥≈≠±∞∂→←↑↓€£¥█▀▄○●◦•‘’“”"
# Fractions such as ⅓ have a sign of their own; marks over the letter before, as in x̄, come from NFD.
SIGNS += "\u2044\u0302\u0304"
WRITTEN = "- - - * x sqrt <= >= ~ != +- inf d -> <- ^ v EUR GBP JPY # # # o o o * ' ' \" \" / ^ -bar"
FORMS: dict[str, str] = dict(zip(SIGNS, WRITTEN.split(), strict=True))
for letter in "αβγδεζηθικλμνξοπρστυφχψω":  # "λ" is GREEK SMALL LETTER LAMDA
    FORMS[letter] = unicodedata.name(letter).split()[-1].lower().replace("lamda", "lambda")
    FORMS[letter.upper()] = FORMS[letter].capitalize()
RAISED = {"<super>": "^", "<sub>": "_"}
# Names of error handlers are global.
ERRORS = "ascii forms"


def ascii_form(text: str) -> str:
    """The text in ASCII: ² is ^2, ŷ is y^, é is e, and what has no form is a question mark."""
    return "".join(
        RAISED.get(kind, "") + "".join(map(_form, letters))
        for kind, letters in itertools.groupby(text, _kind)
    )


def _kind(letter: str) -> str:
    """Such as '<super>', of which ⁻ and ⁵ beside each other are one exponent."""
    return unicodedata.decomposition(letter).split(" ")[0]


def _form(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter in FORMS:
        return FORMS[letter]
    parts = unicodedata.normalize("NFKD", letter)
    if parts == letter:  # it has no parts; a mark that has no form is left out
        return "" if unicodedata.combining(letter) else "?"
    return "".join(map(_form, parts))


def show_all_characters() -> None:
    """Have the standard streams write in ASCII what their encoding does not have."""
    codecs.register_error(ERRORS, _replace)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=ERRORS)  # pyright: ignore[reportAttributeAccessIssue]


def _replace(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return ascii_form(error.object[error.start : error.end]), error.end


class _Formatter(click.HelpFormatter):
    def getvalue(self) -> str:
        text = super().getvalue()
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        return text.encode(encoding, ERRORS).decode(encoding)


class Context(click.Context):
    """A context whose help is as the standard streams can show it: where they are ASCII, click would write
    UTF-8 to them."""

    formatter_class = _Formatter
