"""What an import of a whole cadastro costs in time and memory, and what its size costs a login."""
