"""tanh and erf as quotients of polynomials, as float32 needs them (largest error 5·10⁻⁷).

Peers whose own tanh or erf is a scalar call per element evaluate these instead: p(z²)·z / q(z²) of z
clipped, in multiply-adds that fill the vector units. The coefficients, highest power first, are Eigen's,
which XLA and TensorFlow used for the same purpose.
"""

import numpy as np

TANH_LIMIT = np.float32(7.90531110763549805)
TANH_P = (
    *(-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08),
    *(1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03),
)
TANH_Q = (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)

ERF_LIMIT = np.float32(4)
ERF_P = (
    *(-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05),
    *(-7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02),
)
ERF_Q = (
    *(-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03),
    *(-7.37332916720468e-03, -1.42647390514189e-02),
)
