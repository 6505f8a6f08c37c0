"""What counts as silent, in every room."""

SILENT = 100
"""Level in dB below full scale at which a stem counts as silent: nothing is given as quieter, and
neither training nor scoring takes it for a target."""

AUDIBLE_POWER = 10.0 ** (-SILENT / 10)
"""Mean square up to which a stem counts as silent; full scale is 1."""
