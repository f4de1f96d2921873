"""How small a decoder's last layer starts."""

FINAL_GAIN = 0.2
"""Factor of the last layers' initial weights (Knyazev et al. 2023, in the published program).

Larger ones make networks start with losses far above that of guessing, and training on networks
that differ much then fails."""
