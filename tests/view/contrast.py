"""How well a colour is seen on another, by WCAG 2."""

import re

import numpy as np


def luminance(colour: str) -> float:
    """The relative luminance of "#rrggbb" or of "rgb(r, g, b)"."""
    digits = re.findall(r"[0-9a-fA-F]{2}", colour) if colour.startswith("#") else re.findall(r"\d+", colour)
    parts = np.array([int(part, 16 if colour.startswith("#") else 10) for part in digits[:3]]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    """From 1, of the same colour, to 21, of black and white."""
    lights = sorted(luminance(colour) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)
