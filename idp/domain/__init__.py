"""What is true. Standard library only (and python-stdnum in ``documents``): no I/O, no clock, no framework."""
