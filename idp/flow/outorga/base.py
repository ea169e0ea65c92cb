"""What every part of this flow does the same way: judge the certificate again, read who stands for whom, and write
down what was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from idp.domain.ato import AtoRegistrado
from idp.domain.certificado import CertReason
from idp.domain.designacao import Designacao
from idp.domain.documents import CNPJ, CPF, Documento
from idp.domain.person import PessoaFisica, PessoaJuridica
from idp.domain.politica import DEFAULT, Impedimento, NotEntitled, Politica, Qualidade, qualidade
from idp.domain.procuracao import Procuracao
from idp.domain.representation import Regras, same_person
from idp.domain.session import Session
from idp.errors import CadastroStale, NotFound, RevocationUnknown
from idp.flow import events
from idp.flow.certificate import session_refused
from idp.flow.outorga.orgao import Orgao
from idp.flow.outorga.tipos import CertificateRefused
from idp.flow.secret import digest, new_id
from idp.flow.source import OwnTables
from idp.ports import CadastroSource, Clients, Clock, Revocation, Store, UnitOfWork
from idp.ports.outorga import Alvo, Parte, Rascunhos

_SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NOMES, NOMES_EM = 30, timedelta(hours=1)
"""How many CPFs one person may name in how long."""


@dataclass(frozen=True, slots=True)
class Ator:
    """Who acts: the session, and in what quality it stands for the party."""

    quem: Session
    qualidade: Qualidade

    @property
    def pessoa(self) -> CPF | None:
        """The natural person behind it."""
        holder = self.quem.holder
        if isinstance(holder, PessoaFisica):
            return holder.cpf
        return holder.responsavel.cpf if holder.responsavel else None


class Base(Orgao):
    """What every act begins with: whose certificate it is, for whom it stands, how fresh the cadastro is; and what it
    ends with, its record."""

    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        clients: Clients,
        revocation: Revocation,
        rascunhos: Rascunhos,
        regras: Regras,
        politica: Politica = DEFAULT,
        timezone: ZoneInfo = _SAO_PAULO,
        source: CadastroSource | None = None,
    ) -> None:
        """``timezone``: where a day begins and ends for the authority."""
        super().__init__(clock=clock, store=store, clients=clients, politica=politica)
        self.revocation = revocation
        self.rascunhos = rascunhos
        self.regras = regras
        self.timezone = timezone
        self.source = source or OwnTables()

    # The certificate -----------------------------------------------------------------------------------------------

    def certificate_holds(self, quem: Session, at: datetime) -> None:
        """Raises CertificateRefused, RevocationUnknown."""
        refused = session_refused(quem, self.revocation, at)
        if refused is None:
            return
        if refused.first.code is CertReason.LCR:
            raise RevocationUnknown(quem.certificado.emissor)
        raise CertificateRefused(refused)

    def certificate_gives(self, quem: Session, at: datetime) -> None:
        """Nobody gives or accepts power by a certificate that only an overdue revocation list vouches for: neither one
        that was so at the login nor one that is so now. Raises NotEntitled, and like :meth:`certificate_holds`."""
        self.certificate_holds(quem, at)
        ref = quem.certificado.ref
        if quem.certificado.in_grace or self.revocation.status(ref.issuer_key, ref.serial, at).in_grace:
            raise NotEntitled(Impedimento.CARENCIA)

    def may_guess(self, quem: Session) -> bool:
        """Counts that somebody names a CPF, whatever session they do it in: names are not found out by trying."""
        holder = quem.holder
        person = holder.responsavel.cpf if isinstance(holder, PessoaJuridica) and holder.responsavel else None
        return self.rascunhos.attempt(digest(f"nomes\x00{person or holder.documento}"), NOMES, NOMES_EM)

    # Standing for a party ------------------------------------------------------------------------------------------

    def stands(
        self, quem: Session, parte: Parte, at: datetime, *, receiving: bool = False, about: str = "procuracao"
    ) -> Ator:
        """In what quality ``quem`` stands for ``parte``, as the cadastro has it now.

        ``receiving``: for what a company does with power given to it. A firm without any inscrição here is in no
        cadastro of ours and lists no representative; then the responsável that its e-CNPJ names is believed, as at a
        login. To give power of its own that is not enough, and a firm that the cadastro knows and lists nobody for has
        lost its representatives. ``about``: what a stranger is told that there is none of, the same as where there is
        none. Raises NotFound to a stranger, NotEntitled, CadastroStale.
        """
        holder, listed = quem.holder, frozenset(parte.representantes)
        if isinstance(parte.documento, CNPJ):
            if isinstance(holder, PessoaFisica) or same_person(holder.documento, parte.documento, self.regras):
                self.fresh(parte, at)
            unknown = parte.nome is None and not listed
            if receiving and unknown and isinstance(holder, PessoaJuridica) and holder.responsavel:
                listed = frozenset({holder.responsavel.cpf})
        try:
            return Ator(quem, qualidade(holder, quem.certificado, parte.documento, listed, self.regras))
        except NotEntitled as refusal:
            if refusal.impedimento is Impedimento.SEM_VINCULO:
                raise NotFound(about) from None
            raise

    def fresh(self, parte: Parte, at: datetime) -> None:
        """Raises CadastroStale where the facts are older than the authority allows."""
        age = self.regras.cadastro_age
        if age is not None and (parte.fetched_at is None or parte.fetched_at < at - age):
            raise CadastroStale((contribuinte_id(parte.documento),))

    def alvos(self, uow: UnitOfWork, quem: Session, at: datetime) -> Sequence[Alvo]:
        """Whose lists ``quem`` may read: their own, and those of companies that list them as representative.

        An e-CNPJ whose responsável no longer represents the company reads nothing. Raises NotEntitled, CadastroStale.
        """
        holder = quem.holder
        if isinstance(holder, PessoaFisica):
            empresas = uow.partes.empresas(holder.cpf)
            for parte in empresas:
                self.fresh(parte, at)
            return [Alvo(holder.cpf.numero), *(Alvo(contribuinte_id(parte.documento)) for parte in empresas)]
        parte = uow.partes.of([holder.cnpj], lock=False)[holder.cnpj]
        self.fresh(parte, at)
        listed, person = parte.representantes, holder.responsavel
        if self.regras.responsavel_confere and person and listed and person.cpf not in listed:
            raise NotEntitled(Impedimento.RESPONSAVEL_DIVERGENTE)
        return [Alvo(holder.cnpj.raiz, None if self.regras.raiz else holder.cnpj.numero)]

    # What an act leaves behind -------------------------------------------------------------------------------------

    def record(
        self,
        uow: UnitOfWork,
        ator: Ator,
        evento: str,
        at: datetime,
        about: Procuracao | Designacao,
        *,
        texto: str | None = None,
        motivo: str = "",
    ) -> None:
        """The act for its parties to read, and its audit row."""
        quem = ator.quem
        ato = AtoRegistrado(
            id=new_id(),
            evento=evento,
            em=at,
            por=str(quem.holder.documento),
            por_nome=quem.holder.nome,
            qualidade=ator.qualidade.value,
            procuracao=about.id if isinstance(about, Procuracao) else None,
            designacao=about.id if isinstance(about, Designacao) else None,
            pessoa=ator.pessoa,
            certificado=quem.certificado,
            texto=texto,
            texto_sha256=digest_of(texto) if texto is not None else None,
            motivo=motivo,
        )
        uow.atos.add(ato)
        uow.audit.append(events.outorga(ato, about))


def digest_of(texto: str) -> str:
    """SHA-256 (hex) of a text's UTF-8 bytes."""
    return sha256(texto.encode()).hexdigest()


def contribuinte_id(documento: Documento) -> str:
    """The CNPJ's root or the CPF: how the tables name a contribuinte."""
    return documento.raiz if isinstance(documento, CNPJ) else documento.numero


def parties(procuracao: Procuracao, above: Iterable[Procuracao]) -> Mapping[Documento, None]:
    """Everybody who may have a say in it."""
    return dict.fromkeys([procuracao.outorgante, procuracao.outorgado, *(one.outorgado for one in above)])
