"""Which URLs may be asked for, and which machines they may lead to (ATK-034: nothing inside the house by accident)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

_IPV6 = ipaddress.IPv6Network("2000::/3")
"""All that is assigned for the public Internet (RFC 4291 §2.4): what is global elsewhere is so by default."""
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_PORTS = (None, 80, 443)
_LONGEST = 1024


class NotAllowed(ValueError):
    """A URL or a machine that must not be asked; ``token`` is one of ``idp.fetch.tokens``."""

    def __init__(self, token: str, said: str = "") -> None:
        super().__init__(said or token)
        self.token = token


@dataclass(frozen=True)
class Allowed:
    """URLs that may be asked for, exactly as they stand or the same by https.

    ``listed``: from certificates that the pinned roots vouch for; only the usual ports, only public addresses.
    ``named``: by the operator; any port, and addresses of the own network too.
    """

    listed: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *, listed: Iterable[str] = (), named: Iterable[str] = ()) -> Allowed:
        return cls(_with_https(listed), _with_https(named))

    def check(self, url: str) -> None:
        """Raises NotAllowed when the URL is neither listed nor named, or not one to be asked at all."""
        listed = url in self.listed and usable(url) and urlsplit(url).port in _PORTS
        if not listed and not (url in self.named and usable(url)):
            raise NotAllowed("not-allowed", url)

    def resolve(self, url: str) -> list[tuple[str, int]]:
        """The IP addresses and port behind the URL's host: the connection goes to one of these and to no other, so
        that a second answer of the DNS changes nothing. Raises NotAllowed when none may be asked, OSError when the
        host is unknown."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        permitted = [address for address in addresses if url in self.named or public(address)]
        if not permitted:
            raise NotAllowed("private-address", f"{parts.hostname} is {', '.join(addresses)}")
        return [(address, port) for address in permitted]


def usable(url: str) -> bool:
    """Whether it is an http or https URL with a host, of printable ASCII, without credentials or fragment."""
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and not parts.fragment


def public(address: str) -> bool:
    """Whether an IP address is of the public Internet. One that carries an IPv4 address is judged by that."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if any(ip in network for network in _NAT64):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return public(str(inner))
        if ip not in _IPV6:
            return False
    return ip.is_global and not ip.is_multicast


def _with_https(urls: Iterable[str]) -> frozenset[str]:
    given = frozenset(urls)
    return given | {f"https{url[4:]}" for url in given if url.startswith("http:")}
