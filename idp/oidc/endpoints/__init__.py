"""One blueprint an endpoint, made by a function that is given what it needs."""
