"""What comes from outside: CRLs and the authority's bundle, by HTTP, from addresses known beforehand.

The only package that opens a connection to another machine. The worker and the commands ``idp crl`` and ``idp trust``
use it; no application that serves people does, nor imports it (tests/test_architecture.py). Owns which addresses are
allowed, the limits of a download, and the process apart in which hostile bytes are parsed. Believes nothing: whether a
CRL or a bundle holds is ``idp.certificate``'s to say.
"""
