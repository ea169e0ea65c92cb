"""Our mirror of the OpenID Foundation's conformance modules: one test per module, of the same name, against the live
server. ``plans`` says which modules there are and where each is run; ``relying_party`` and ``browser`` are the other
side of the wire, and share no code with the provider."""
