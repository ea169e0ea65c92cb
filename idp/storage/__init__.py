"""The stores: ``sql`` (durable facts, and all that is spent once) and ``ephemeral`` (what may be lost).

Owns rows, statements, locks and encodings. Decides nothing: whether a representation holds, a session is fresh or a
client may ask is said by ``domain`` and ``flow``.
"""
