"""From a certificate's bytes to a verdict: trusted issuing CAs, the leaf, its revocation, the person it names.

Owns everything that reads X.509: the compiled list of issuing CAs (``trust``), the judgement of one leaf against it
(``leaf``), the revocation index (``revocation``), the ICP-Brasil profiles (``profiles``) and how a certificate reaches
the process (``handshake``). Owns no session, no page and no network: fetching lists is the worker's business, and what
a holder may do is the domain's.
"""
