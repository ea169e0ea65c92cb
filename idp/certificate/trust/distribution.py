"""Where the CAs of the list publish their CRLs, as far as certificates of the list say."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509

from idp.certificate.trust.issuers import TrustList

_MAX_URLS = 4


def crl_urls(trust: TrustList) -> dict[str, tuple[str, ...]]:
    """For each CA key, the http and https addresses of its list, at most four.

    A certificate says where the list of the CA that signed it is (RFC 5280 §4.2.1.13). So the bundle tells of the roots
    and of CAs that certify CAs; where a CA that certifies people has its list stands in their certificates only.
    Certificates without a path to a pinned root are not asked.
    """
    found: dict[str, dict[str, None]] = {}
    for root in trust.anchors:
        found.setdefault(root.key, {}).update(dict.fromkeys(distribution_points(root.certificate)))
    for issuer in trust.issuers:
        if issuer.path and "not-anchored" not in issuer.reasons:
            urls = dict.fromkeys(distribution_points(issuer.certificate))
            found.setdefault(issuer.path[0].issuer_key, {}).update(urls)
    return {key: tuple(urls)[:_MAX_URLS] for key, urls in found.items() if urls}


def distribution_points(certificate: x509.Certificate) -> Iterator[str]:
    """The http and https addresses of complete lists by the issuer itself, in the certificate's order."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return
    for point in points:
        if point.reasons is None and point.crl_issuer is None:
            for name in point.full_name or ():
                if isinstance(name, x509.UniformResourceIdentifier) and name.value.startswith(("http://", "https://")):
                    yield name.value
