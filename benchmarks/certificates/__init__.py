"""Measures what a certificate costs: the judgement of a leaf, the revocation index at four sizes, the trust import.

``python -m benchmarks.certificates``. Owns the synthetic lists and the report; the product's functions are called as
its commands call them, and lists are built in a process of their own so that its memory is theirs alone.
"""
