"""Measures the whole application under load, in ratios to what the same machine does in the same minute.

``python -m benchmarks`` (``make bench``). Owns the load, the counting and the report; the product is used from outside,
but for its installation, which is filled directly so that sessions exist without a browser.
"""
