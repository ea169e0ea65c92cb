"""The closed world of issuing CAs: the authority's bundle, validated off line against pinned roots and compiled.

Owns reading a bundle (``bundle``), finding each CA's paths (``hierarchy``) and judging them
(``compiler``, with pyhanko-certvalidator in ``paths``) and the
compiled list that logins use (``issuers``). Does not fetch bundles, and does not judge end-user certificates.
"""

from idp.certificate.trust.bundle import read_bundle
from idp.certificate.trust.compiler import compile_bundle
from idp.certificate.trust.issuers import PINS, Issuer, Root, TrustList, Unreadable

__all__ = ["PINS", "Issuer", "Root", "TrustList", "Unreadable", "compile_bundle", "read_bundle"]
