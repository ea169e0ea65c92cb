"""Pages for people: the login page, "Em nome de quem?", errors, logout; cookies, headers and forms around them.

Owns HTML, its words (pt-BR) and what a browser keeps. Decides nothing: ``idp.flow`` says what happens next, and the
authorization response is written by ``idp.oidc``, handed in as a callable.
"""
