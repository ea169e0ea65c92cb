"""Every kind of act that the audit knows."""

from __future__ import annotations

from idp.errors import IdpError

VOCABULARY: tuple[tuple[str, str], ...] = (
    ("login.accepted", "a certificate was accepted for a Transaction"),
    ("login.refused", "a certificate was presented and refused"),
    ("login.discarded", "a return code came back unknown, late, or in another browser"),
    ("consent.granted", "a person agreed to what a client receives"),
    ("consent.refused", "a person pressed Cancel"),
    ("consent.forgotten", "a remembered consent was withdrawn"),
    ("code.issued", "an authorization code and its family came to be"),
    ("code.refused", "the right chosen at consent no longer held at issue"),
    ("code.replayed", "a spent code was shown again; its family was revoked"),
    ("token.issued", "tokens were made, by code, refresh or client credentials"),
    ("token.refused", "a code or refresh token was right, and what stands behind it no longer"),
    ("refresh.reused", "a spent refresh token was shown again; its family was revoked"),
    ("grant.revoked", "a family was revoked"),
    ("session.ended", "a browser session was ended by its person, by a client, or by its certificate's end"),
    ("client.created", "a client was registered"),
    ("client.updated", "a client's registration was changed"),
    ("client.deleted", "a client was removed, with its consents; its families were revoked"),
    ("client.secret_rotated", "a client received a new secret"),
    ("client.token_created", "an initial access token for dynamic registration was made"),
    ("client.token_revoked", "an initial access token was revoked"),
    ("procuracao.outorgar", "a procuração was given"),
    ("procuracao.substabelecer", "a procuração was passed on"),
    ("procuracao.aceitar", "the outorgado accepted"),
    ("procuracao.recusar", "the outorgado refused"),
    ("procuracao.revogar", "the outorgante revoked"),
    ("procuracao.renunciar", "the outorgado renounced"),
    ("procuracao.suspender", "the authority suspended"),
    ("procuracao.reativar", "the authority lifted a suspension"),
    ("procuracao.expirar", "its time ran out"),
    ("procuracao.extinguir", "it ended by law, as by death or dissolution"),
    ("designacao.designar", "a company named somebody to use the procurações given to it"),
    ("designacao.encerrar", "the company ended it"),
    ("designacao.renunciar", "the person named renounced"),
    ("pedido.fazer", "a procuração was asked for"),
    ("pedido.aprovar", "the outorgante approved and gave it"),
    ("pedido.negar", "the outorgante said no"),
    ("pedido.desistir", "who asked took it back"),
    ("pedido.expirar", "a request's time ran out"),
    ("cadastro.imported", "a file was merged into the cadastro"),
    ("cadastro.fetched", "an answer of the remote cadastro changed what is known of a contribuinte"),
    ("key.created", "a signing key was made"),
    ("key.rotated", "the active signing key changed"),
    ("key.withdrawn", "a signing key is no longer published or accepted"),
    ("trust.imported", "the list of issuing CAs was compiled anew"),
    ("crl.imported", "the revocation index was built anew"),
    ("perfil.changed", "a person changed or erased what he told of himself"),
    ("audit.erased", "payloads were erased at the end of their term or on a person's request"),
    ("audit.read", "somebody read the audit rows, or everything kept of a person: who, and what was asked"),
    ("person.erased", "what no legal term holds was deleted at a person's request"),
)
"""Every kind of act, with its meaning. Writing any other is an error."""
KINDS = frozenset(kind for kind, _ in VOCABULARY)


class UnknownKind(IdpError, ValueError):
    """An audit event whose kind is not in the vocabulary."""
