"""Which keys and signatures count, and one signature checked."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

_STRONG = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_RSA_BITS = range(2048, 8193)


def key_allowed(key: object) -> bool:
    """RSA of 2,048 to 8,192 bits with a usual exponent, P-256, P-384, P-521 or Ed25519; nothing else (ATK-048)."""
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size in _RSA_BITS and key.public_numbers().e >= 65537
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, _CURVES)
    return isinstance(key, ed25519.Ed25519PublicKey)


def signature_strong(signed: x509.Certificate | x509.CertificateRevocationList) -> bool:
    """Signed over SHA-256, -384 or -512, or by a scheme that hashes by itself; SHA-1 is refused everywhere."""
    try:
        algorithm = signed.signature_hash_algorithm
        parameters = signed.signature_algorithm_parameters if isinstance(signed, x509.Certificate) else None
    except (UnsupportedAlgorithm, ValueError):
        return False
    if isinstance(parameters, padding.PSS) and not isinstance(parameters.mgf._algorithm, _STRONG):
        return False
    return algorithm is None or isinstance(algorithm, _STRONG)


def signed_by(certificate: x509.Certificate, key: object) -> bool:
    """Whether ``key`` made the certificate's signature. Names are the caller's to compare; False on any oddity."""
    signature, tbs = certificate.signature, certificate.tbs_certificate_bytes
    try:
        algorithm, parameters = certificate.signature_hash_algorithm, certificate.signature_algorithm_parameters
        if isinstance(key, rsa.RSAPublicKey) and isinstance(parameters, padding.AsymmetricPadding) and algorithm:
            key.verify(signature, tbs, parameters, algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(parameters, ec.ECDSA):
            key.verify(signature, tbs, parameters)
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) and parameters is None:
            key.verify(signature, tbs)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
