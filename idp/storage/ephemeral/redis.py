"""The five verbs on Redis (7 or newer), one command each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

from idp.errors import ConfigurationError, StoreUnavailable

_PREFIX = "portaria:"
_SECONDS = 2.0


class RedisEphemeral:
    """Implements :class:`idp.ports.Ephemeral`. Redis counts the lifetimes itself, by its own clock."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    @classmethod
    def open(cls, url: str) -> RedisEphemeral:
        """Unconnected, with two seconds' patience. Raises ConfigurationError for an unusable URL."""
        try:
            client = Redis.from_url(
                url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, decode_responses=False
            )
        except ValueError as error:
            raise ConfigurationError(f"ephemeral_url: {error}", "use redis://host:6379/0 or unix:///socket") from error
        return cls(client)

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        with _answering():
            self._client.set(_PREFIX + key, value, px=_milliseconds(lifetime))

    def get(self, key: str) -> bytes | None:
        with _answering():
            return cast(bytes | None, self._client.get(_PREFIX + key))

    def take(self, key: str) -> bytes | None:
        with _answering():
            return cast(bytes | None, self._client.getdel(_PREFIX + key))

    def add_if_absent(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        with _answering():
            return self._client.set(_PREFIX + key, value, px=_milliseconds(lifetime), nx=True) is not None

    def delete(self, key: str) -> None:
        with _answering():
            self._client.delete(_PREFIX + key)

    def close(self) -> None:
        self._client.close()


def _milliseconds(lifetime: timedelta) -> int:
    return max(1, int(lifetime.total_seconds() * 1000))


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise StoreUnavailable(f"redis: {error}") from error
