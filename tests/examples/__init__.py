"""Relying parties as newcomers write them (examples/), each run against a living sandbox."""
