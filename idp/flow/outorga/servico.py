"""Everything one may ask of the flow, as one object."""

from __future__ import annotations

from idp.flow.outorga.equipe import Equipe
from idp.flow.outorga.renovar import Renovacoes


class Outorga(Renovacoes, Equipe):
    """``quem`` is always a session: whom a certificate proved, by which one, and when.

    Every method may raise CertificateRefused and RevocationUnknown (the certificate of the session is judged again),
    CadastroUnavailable and StoreUnavailable. NotFound: nothing there, or nothing of theirs, which is the same answer.
    NotEntitled: the link is there, and this certificate is not good for the act. Every writing method is one database
    transaction (of a file: one for each part), with its row for the parties to read and its audit row.
    """
