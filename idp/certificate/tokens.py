"""Every token this package says, with its meaning: the vocabulary of ``docs/certificate-verdict.md``.

The tokens are a stable interface: one may be added, none is renamed. A test holds code, this table and the page equal.
"""

from __future__ import annotations

VERDICT = {
    # unreadable
    "too-large": "the certificate is larger than 16 KiB",
    "malformed": "the bytes are not a version 3 X.509 certificate in DER",
    "duplicate-extension": "an extension occurs twice",
    "serial-number": "the serial number is zero, negative or longer than 20 octets",
    # type
    "ca-certificate": "the certificate of a CA, not of a person",
    "site": "names a site (DNS name or IP address)",
    "equipment": "names an equipment or application (otherName 2.16.76.1.3.8)",
    "policy-encryption": "policy type S1 to S4: for encryption (sigilo)",
    "policy-timestamp": "policy type T3 or T4: for time stamps",
    "policy-equipment": "policy type AE-S or AE-H: for equipment and applications",
    "policy-cfe": "policy type CF-e-SAT",
    "policy-metrology": "policy type OM-BR: for measuring instruments",
    "policy-missing": "no certificate policy, so no level",
    "policy-unknown": "policies, but none of a type that logs in",
    "policy-ambiguous": "more than one policy that could be the level",
    "policy-not-of-issuer": "a level that its CA may not issue under",
    "key-usage": "the key is not for digital signatures",
    "extended-key-usage": "extended key usages without clientAuth",
    "critical-extension": "a critical extension that is not understood",
    "key-not-allowed": "a key other than RSA 2048-8192, P-256, P-384, P-521 or Ed25519",
    "weak-signature": "signed with a hash weaker than SHA-256",
    "issuer-not-for-login": "its CA certifies sites, code, time stamps or other CAs, not people",
    # chain
    "not-icp-brasil": "issued outside the ICP-Brasil",
    "unknown-issuer": "says ICP-Brasil, but its CA is not in the list",
    "bad-signature": "names a CA of the list, whose key did not sign it",
    "issuer-not-anchored": "its CA is known, but under a root that anchors no logins",
    "issuer-revoked": "its CA, or a CA above it, was revoked",
    "issuer-not-valid-now": "its CA, or a CA above it, is outside its validity",
    "issuer-refused": "its CA was refused when the list was compiled",
    # validity
    "not-yet-valid": "its validity has not begun",
    "expired": "its validity has ended",
    # revocation
    "revoked": "revoked by its CA",
    "on-hold": "suspended by its CA (certificateHold)",
    "crl-absent": "no usable CRL of its CA is at hand",
    "crl-stale": "the CRL of its CA is past its next update",
    "ca-crl-absent": "no usable CRL of a CA above its CA is at hand",
    "ca-crl-stale": "the CRL of a CA above its CA is past its next update",
    # identity
    "identity-missing": "names neither a CPF nor a CNPJ where a profile has it",
    "name-missing": "no common name",
    "ambiguous-person": "the fields of a person and of a company together",
    "duplicate-other-name": "an ICP-Brasil otherName occurs twice",
    "duplicate-attribute": "two common names or two serial numbers in the subject",
    "too-many-names": "more than 32 alternative names",
    "other-name-malformed": "an otherName that is not a string, is too long, or lacks its fixed part",
    "cpf-invalid": "a CPF of wrong length, characters or check digits, or none where one is due",
    "cnpj-invalid": "a CNPJ of wrong length, characters or check digits",
    "cnpj-missing": "a company's certificate without its CNPJ",
    "common-name-mismatch": "the number in the common name is another than the identity",
    "serial-number-mismatch": "the subject's serialNumber is another than the identity",
    "forbidden-character": "control, invisible, full-width or non-ASCII digit characters in a name",
}
"""``detail`` of a refused certificate."""

ISSUER = {
    "not-anchored": "no path to a pinned root",
    "not-a-ca": "basicConstraints does not say CA",
    "key-usage": "may not sign certificates",
    "not-yet-valid": "not yet valid, or a CA above it is not",
    "expired": "expired, or a CA above it is",
    "key-not-allowed": "a key other than RSA 2048-8192, P-256, P-384, P-521 or Ed25519",
    "weak-signature": "a signature along its path uses a hash weaker than SHA-256",
    "constrained": "name or policy constraints along its path, which a judgement of the leaf alone would not see",
    "path-length": "a path length along its path forbids certificates below it",
    "extended-key-usage": "extended key usages without clientAuth",
    "purpose-site": "certifies sites (SSL)",
    "purpose-code": "certifies code signing",
    "purpose-timestamp": "certifies time stamps",
    "no-login-policy": "no policy of type A1-A4, SE-S or SE-H",
    "revoked": "revoked, or a CA above it is",
    "path-invalid": "path validation (RFC 5280 section 6.1) failed",
}
"""Why a CA may not certify a login."""

CRL = {
    "unreadable": "not a CRL",
    "too-large": "larger than 64 MiB",
    "version": "not a version 2 CRL",
    "unknown-issuer": "by no CA of the list",
    "bad-signature": "the CA that it names did not sign it",
    "crl-sign": "its CA may not sign CRLs",
    "weak-signature": "signed with a hash weaker than SHA-256",
    "no-key-identifier": "no authority key identifier",
    "no-number": "no CRL number",
    "no-next-update": "no next update",
    "from-the-future": "issued more than five minutes from now",
    "older": "older, by number or date, than the one in the index",
    "shrunk": "lists more than a fifth fewer certificates than the one in the index",
    "delta": "a delta CRL",
    "indirect": "an indirect CRL",
    "partial": "a CRL of one distribution point, not of everything that the CA revoked",
    "critical-extension": "a critical extension that is not understood",
    "entry-extension": "an entry with a critical extension that is not understood",
    "entry-removed": "an entry removeFromCRL outside a delta CRL",
    "entry-serial": "an entry whose serial number no certificate can have",
}
"""Why a CRL was refused; the previous one stays."""
