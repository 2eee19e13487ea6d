"""Half-lines to be drawn."""

from hypothesis import strategies as st

from jaxneuron.neuron.half_lines import HalfLine

# Shares, means, spreads and rises; spreads and shares of 0 are degenerate quadratics.
lines = st.builds(
    HalfLine,
    share=st.sampled_from([0.0, 0.01, 0.3, 1.0]),
    mean_x=st.floats(-3, 3),
    mean_y=st.floats(-3, 3),
    spread=st.sampled_from([0.0, 1e-3, 0.5, 2.0]),
    rise=st.floats(-3, 3),
).map(lambda line: HalfLine(*[0.0] * 5) if line.share == 0 else line)
lines = lines.map(lambda line: line._replace(rise=0.0) if line.spread == 0 else line)
