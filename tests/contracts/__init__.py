"""One suite per port, run on every implementation with real servers."""
