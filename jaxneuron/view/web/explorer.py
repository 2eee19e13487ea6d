"""The explorer's page: what `jaxneuron.explorer` serves. It is made of the report's parts."""

from jaxneuron.view.web.page import fate_styles, filled, joined

# In the order in which they need each other: the report's, and the explorer's own.
SCRIPTS = (
    *("theme.js", "decode.js", "words.js", "cells.js", "colours.js", "figures.js", "card.js"),
    *("map_words.js", "controls.js", "map.js"),
    *("activations.js", "units.js", "full_pass.js", "scenes.js", "life.js"),
    *("explorer_server.js", "explorer_state.js", "spans.js", "view_words.js"),
    *("live_frame.js", "pixel_colours.js", "live_canvas.js", "live_picture.js", "live_controls.js"),
    *("gestures.js", "map_points.js", "span_map.js", "live_map.js", "knobs.js", "take_away.js"),
    *("life_pair.js", "drawing.js", "own_data.js", "situations.js", "explorer.js"),
)
STYLES = ("page.css", "life.css", "explorer.css", "explorer_lives.css", "own_data.css")


def page() -> str:
    """The HTML, which asks for `explorer.css`, `explorer.js` and `plotly.js` beside it."""
    return filled("explorer.html.jinja")


def script() -> str:
    """The text of `explorer.js`, a module."""
    return joined(SCRIPTS)


def style() -> str:
    """The text of `explorer.css`, with the colour of each fate."""
    return f"{joined(STYLES)}\n{fate_styles()}"
