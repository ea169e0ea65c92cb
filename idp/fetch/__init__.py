"""What comes from outside: CRLs and the authority's bundle, by HTTP, from addresses known beforehand; and what clients
publish and receive, by HTTPS, from machines that are the clients' choice (``documents``).

The only package that opens a connection to another machine. The worker and the commands ``idp crl`` and ``idp trust``
use it; of what serves people the composition root alone imports it, and of it ``documents`` alone
(tests/test_architecture.py, docs/decisions/0014). Owns which addresses are allowed, the limits of a download, and the
process apart in which hostile bytes are parsed. Believes nothing: whether a CRL or a bundle holds is
``idp.certificate``'s to say, whether a key set or a request object does is ``idp.oidc``'s.
"""
