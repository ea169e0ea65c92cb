"""What happens next: the journey from an authorization request to tokens, in terms of domain and ports only.

Owns the order of steps, the moments at which a right is checked again, and what is audited. Knows no HTTP, no OAuth
library, no database and no clock of its own; it returns outcomes, never responses.
"""
