"""The portal around a flow that answers from a list: people logged in, procurações in every state, nothing decided.

``python -m tests.web.portal.stage`` keeps a picture of every page, wide and narrow, in .artefacts/portal.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from idp.domain.ato import AtoRegistrado
from idp.domain.certificado import Nivel, TipoCertificado
from idp.domain.designacao import Designacao, EstadoDesignacao
from idp.domain.documents import CNPJ, CPF, parse_documento
from idp.domain.grant import Grant
from idp.domain.inscricao import Inscricao, InscricaoId
from idp.domain.pedido import EstadoPedido, Pedido
from idp.domain.perfil import Perfil
from idp.domain.person import PessoaFisica, PessoaJuridica
from idp.domain.politica import DEFAULT, Impedimento, Qualidade
from idp.domain.procuracao import Escopo, EstadoProcuracao, Procuracao, TipoEscopo, Vigencia
from idp.domain.proposta import Nomeacao, Proposta, Rascunho, Solicitacao
from idp.domain.representation import Regras
from idp.domain.session import Session
from idp.errors import IllegalTransition, InvalidDocument, NotFound
from idp.flow.authorize import Journey
from idp.flow.autorizacoes import Autorizacoes
from idp.flow.logout import Logout
from idp.flow.meus_dados import ZONES, MeusDados
from idp.flow.outorga import EmNomeDe, Lote, NotFresh, Pagina, Problema, Refused, Renovacao, Vista
from idp.flow.usos import Usos
from idp.web.assets import assets_blueprint
from idp.web.login import login_blueprint
from idp.web.outcome import make_responder
from idp.web.pages import Pages, Site
from idp.web.portal.blueprint import portal_blueprint
from idp.web.portal.buscas import Buscas
from idp.web.portal.door import Door
from idp.web.portal.parts import Portal
from idp.web.portal.preenchimentos import Preenchimentos
from idp.web.screens import StepScreens
from idp.web.security import protect
from tests.flow.fakes import (
    FakeClients,
    FakeClock,
    FakeIdentifiers,
    FakeRevocation,
    FakeSessions,
    FakeStore,
    FakeTransactions,
)
from tests.flow.world import POLICY
from tests.web import people
from tests.web.doubles import written
from tests.web.portal.proprios import DTE, NFE, OWN_CHOICE, PRAZOS, Exported, Trail, acts, crowd

SITE = Site(
    issuer="https://id.sefaz.example",
    certificate_origin="https://certificado.id.sefaz.example",
    authority="Secretaria da Fazenda do Estado de Exemplo",
    support="0800 000 0000, em dias úteis, das 8h às 17h",
    sandbox=True,
)
ORIGIN = SITE.issuer
OWN = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
DAY = timedelta(days=1)
NOW = people.NOW
JOAO = CPF("90000103225")
ESCRITORIO, ESCRITORIO_NOME = CNPJ("99990004000121"), "CHAGAS CONTABILIDADE LTDA"
SELO = PessoaJuridica(people.ESTALEIRO, "ESTALEIRO ENCONTRO DAS AGUAS LTDA")
ATIVA, PENDENTE = EstadoProcuracao.ATIVA, EstadoProcuracao.PENDENTE
UFS = "AM:0490"
CERTIFICADO = people.certificado(TipoCertificado.E_CNPJ, Nivel.A1)
TEXTO = """PROCURAÇÃO ELETRÔNICA

Outorgante: ACAI DO RIO NEGRO ALIMENTOS LTDA, CNPJ 99.990.001/0001-98.

Outorgado: FRANCISCA CHAGAS DO NASCIMENTO, CPF ***.001.022-**.

Ato praticado por JACIRA BATISTA DE SOUZA, CPF ***.001.012-**, responsável pelo e-CNPJ usado.

O outorgado pode, em nome do outorgante:
– consultar o Domicílio Tributário Eletrônico;
– tomar ciência de intimações no Domicílio Tributário Eletrônico. A partir da ciência correm os prazos.

Alcance: todos os estabelecimentos e inscrições da empresa (raiz 99.990.001), os atuais e os futuros.

Vigência: de 22/11/2026 até 21/11/2027, inclusive. Só passa a valer quando o outorgado aceitar.

O outorgado não pode substabelecer: não pode passar estes poderes a outra pessoa.

Texto na versão 1."""


class MemoryEphemeral:
    """Implements :class:`idp.ports.Ephemeral`; nothing expires."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        self.kept[key] = value

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def take(self, key: str) -> bytes | None:
        return self.kept.pop(key, None)

    def add_if_absent(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        return self.kept.setdefault(key, value) is value

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)


def recebida(id: str, outorgante: CNPJ, nome: str, **more: Any) -> Procuracao:
    return replace(people.procuracao(id, outorgante, nome, "dte.consultar", "dte.dar_ciencia", "nfe.consultar"), **more)


def concedida(id: str, outorgado: CPF | CNPJ, nome: str, **more: Any) -> Procuracao:
    known = people.procuracao(id, people.ACAI, people.ACAI_NOME, "dte.consultar")
    return replace(known, outorgado=outorgado, outorgado_nome=nome, **more)


P_ACAI = recebida("prc-acai", people.ACAI, people.ACAI_NOME, substabelecivel=True, estado_em=NOW - 90 * DAY)
P_PENDENTE = recebida("prc-castanha", people.CASTANHA, "CASTANHA DO PURUS BENEFICIAMENTO LTDA", estado=PENDENTE)
P_FIM = recebida(
    "prc-estaleiro",
    people.ESTALEIRO,
    "ESTALEIRO ENCONTRO DAS AGUAS LTDA",
    poderes=frozenset({"todos"}),
    nivel_minimo=Nivel.A3,
    vigencia=Vigencia(NOW - 300 * DAY, NOW + 12 * DAY),
)
P_REVOGADA = recebida(
    "prc-madeiras",
    CNPJ("99990003000187"),
    "MADEIRAS SOLIMOES LTDA",
    estado=EstadoProcuracao.REVOGADA,
    estado_em=NOW - 20 * DAY,
)
P_DADA = concedida("prc-dada", people.CONTADORA.cpf, people.CONTADORA.nome, estado_em=NOW - 90 * DAY)
P_JOAO = concedida(
    "prc-joao",
    JOAO,
    "JOAO PEDRO TAVARES",
    escopo=Escopo(TipoEscopo.INSCRICOES, frozenset({InscricaoId("AM", "049000039"), InscricaoId("AM", "049000047")})),
)
P_FILHA = concedida("prc-filha", JOAO, "JOAO PEDRO TAVARES", pai="prc-acai")
ATOS = (
    AtoRegistrado(
        "ato1",
        "conceder",
        NOW - 100 * DAY,
        str(people.ACAI),
        people.ACAI_NOME,
        Qualidade.E_CNPJ.value,
        procuracao="prc-acai",
        pessoa=CPF("90000101281"),
        certificado=CERTIFICADO,
        texto=TEXTO,
        texto_sha256=hashlib.sha256(TEXTO.encode()).hexdigest(),
    ),
    AtoRegistrado(
        "ato2",
        "aceitar",
        NOW - 90 * DAY,
        str(people.CONTADORA.cpf),
        people.CONTADORA.nome,
        Qualidade.E_CPF.value,
        procuracao="prc-acai",
        pessoa=people.CONTADORA.cpf,
        certificado=people.certificado(TipoCertificado.E_CPF, Nivel.A3),
    ),
)
PEDIDO = Pedido(
    "ped-recebido",
    people.ACAI,
    ESCRITORIO,
    ESCRITORIO_NOME,
    frozenset({"dte.consultar", "nfe.consultar"}),
    Escopo(TipoEscopo.RAIZ),
    Vigencia(NOW, NOW + 365 * DAY),
    NOW - 2 * DAY,
    NOW + 28 * DAY,
    "Bom dia! Conforme conversamos, para cuidarmos das notas e do DT-e.",
)
PEDIDO_FEITO = replace(PEDIDO, id="ped-feito", outorgado=people.CONTADORA.cpf, outorgado_nome=people.CONTADORA.nome)
PEDIDO_NEGADO = replace(PEDIDO_FEITO, id="ped-negado", estado=EstadoPedido.NEGADO, estado_em=NOW - DAY)
DESIGNADO = Designacao(
    "des-joao",
    ESCRITORIO,
    ESCRITORIO_NOME,
    JOAO,
    "JOAO PEDRO TAVARES",
    frozenset({"dte.consultar"}),
    Vigencia(NOW - 10 * DAY, NOW + 300 * DAY),
)
ENCERRADO = replace(
    DESIGNADO, id="des-fim", pessoa_nome="ANA CLARA MACIEL", estado=EstadoDesignacao.ENCERRADA, estado_em=NOW - DAY
)
MINHA = replace(DESIGNADO, id="des-minha", pessoa=people.CONTADORA.cpf, pessoa_nome=people.CONTADORA.nome)


class Notary:
    """Stands for ``idp.flow.outorga.Outorga``: answers from lists, remembers what was done, checks almost nothing."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.carteiras = {"recebidas": [P_ACAI, P_PENDENTE, P_FIM, P_REVOGADA], "concedidas": [P_DADA, P_JOAO, P_FILHA]}
        self.feitos: list[tuple[Any, ...]] = []
        self.rascunhos: dict[str, Rascunho] = {}
        self.problemas: tuple[Problema, ...] = ()
        self.enviado = 0
        self.raised: Exception | None = None
        self.lote = Lote("lote", 2, ((3, Problema("outorgante", "invalido", "check_digits")),))

    def _raise(self) -> None:
        if self.raised is not None:
            raise self.raised

    def qualidades(self, quem: Session) -> Sequence[EmNomeDe]:
        self._raise()
        holder = quem.holder
        if quem.certificado.tipo is TipoCertificado.SELO:
            return [EmNomeDe(holder.documento, holder.nome, None, Impedimento.SELO)]
        own = Qualidade.E_CPF if isinstance(holder, PessoaFisica) else Qualidade.E_CNPJ
        options = [EmNomeDe(holder.documento, holder.nome, own)]
        if holder == people.CONTADORA:
            options.append(EmNomeDe(ESCRITORIO, ESCRITORIO_NOME, Qualidade.REPRESENTANTE_LEGAL))
        return options

    regras = Regras()

    def acompanha(self, quem: Session) -> Sequence[EmNomeDe]:
        self._raise()
        return [EmNomeDe(quem.holder.documento, quem.holder.nome)]

    def carteira(
        self,
        quem: Session,
        *,
        papel: str,
        situacao: str = "vigentes",
        q: str = "",
        pagina: int = 1,
        ordem: str = "nome",
    ) -> Pagina[Procuracao]:
        self._raise()
        soon = self.clock.now() + 30 * DAY
        wanted = {
            "abertas": lambda one: one.estado in (ATIVA, PENDENTE),
            "vigentes": lambda one: one.estado is ATIVA,
            "pendentes": lambda one: one.estado is PENDENTE,
            "vencendo": lambda one: one.estado is ATIVA and one.vigencia.fim <= soon,
            "encerradas": lambda one: one.estado not in (ATIVA, PENDENTE),
            "todas": lambda one: True,
        }[situacao]
        mine = isinstance(quem.holder, PessoaFisica) == (papel == "recebidas")
        found = [one for one in self.carteiras[papel] if wanted(one) and q.upper() in _names(one)] if mine else []
        paginas = max(1, -(-len(found) // 50))
        pagina = min(pagina, paginas)
        return Pagina(tuple(found[(pagina - 1) * 50 : pagina * 50]), len(found), pagina, paginas)

    def pedidos(
        self, quem: Session, *, papel: str, situacao: str = "vigentes", q: str = "", pagina: int = 1
    ) -> Pagina[Pedido]:
        found = (PEDIDO,) if papel == "recebidos" else (PEDIDO_FEITO, PEDIDO_NEGADO)
        if papel == "recebidos" and isinstance(quem.holder, PessoaFisica):
            found = ()
        return Pagina(found, len(found), 1, 1)

    def inteira(self, quem: Session, *, papel: str, situacao: str, q: str, ordem: str) -> Sequence[Procuracao]:
        return self.carteira(quem, papel=papel, situacao=situacao, q=q, ordem=ordem).itens

    def renovacao(self, quem: Session, id: str) -> Renovacao:
        old = self.ver(quem, id).procuracao
        day, party = date(2026, 12, 5), (old.outorgado, str(old.outorgante))
        return Renovacao(old, Solicitacao(*party, old.poderes, old.escopo.tipo, day, day.replace(year=2027)))

    def renovar(self, quem: Session, ids: Sequence[str]) -> tuple[int, Sequence[tuple[Procuracao, Problema]]]:
        self.feitos.append(("renovar", *ids))
        return len(ids) - 1, [(self.ver(quem, ids[0]).procuracao, Problema("outorgante", "ja_pedido"))]

    def ver(self, quem: Session, id: str) -> Vista:
        for papel, some in (("outorgado", "recebidas"), ("outorgante", "concedidas")):
            for one in self.carteiras[some]:
                party = one.outorgado if papel == "outorgado" else one.outorgante
                if one.id == id and party == quem.holder.documento:
                    return self._vista(one, papel)
        raise NotFound("procuracao")

    def _vista(self, one: Procuracao, papel: str) -> Vista:
        events: dict[tuple[str, EstadoProcuracao], tuple[str, ...]] = {
            ("outorgado", PENDENTE): ("aceitar", "recusar"),
            ("outorgado", ATIVA): ("renunciar", "substabelecer") if one.substabelecivel else ("renunciar",),
            ("outorgante", PENDENTE): ("revogar",),
            ("outorgante", ATIVA): ("revogar",),
        }
        atos = ATOS if one.id in ("prc-acai", "prc-dada") else ()
        filhas = (P_FILHA,) if one.id == "prc-acai" else ()
        return Vista(one, papel, events.get((papel, one.estado), ()), atos, filhas)

    def ver_pedido(self, quem: Session, id: str) -> tuple[Pedido, str]:
        for one in (PEDIDO, PEDIDO_FEITO, PEDIDO_NEGADO):
            if one.id == id:
                if one.outorgante == quem.holder.documento:
                    return one, "outorgante"
                if one.outorgado == quem.holder.documento:
                    return one, "outorgado"
        raise NotFound("pedido")

    def equipe(self, quem: Session, em_nome_de: CNPJ) -> Sequence[Designacao]:
        return [DESIGNADO, ENCERRADO] if em_nome_de == ESCRITORIO else []

    def designacoes(self, quem: Session) -> Sequence[Designacao]:
        return [MINHA] if quem.holder == people.CONTADORA else []

    def rascunho(self, quem: Session, proposta: Proposta) -> Rascunho:
        self._raise()
        problemas = list(self.problemas)
        try:
            outorgado = parse_documento(proposta.outorgado)
        except InvalidDocument as error:
            problemas.append(Problema("outorgado", "invalido" if proposta.outorgado else "vazio", error.reason))
        if not proposta.poderes:
            problemas.append(Problema("poderes", "vazio"))
        if not proposta.outorgado_nome:
            problemas.append(Problema("outorgado_nome", "vazio"))
        if problemas:
            raise Refused(problemas)
        made = concedida(f"prc-nova-{len(self.rascunhos)}", outorgado, proposta.outorgado_nome, estado=PENDENTE)
        return self._keep(quem, proposta, replace(made, poderes=proposta.poderes))

    def rascunho_de_pedido(self, quem: Session, id: str) -> Rascunho:
        pedido, papel = self.ver_pedido(quem, id)
        if papel != "outorgante":
            raise NotFound("pedido")
        made = concedida("prc-aprovada", pedido.outorgado, pedido.outorgado_nome)
        return replace(self._keep(quem, None, made), pedido=id)

    def rascunho_de_designacao(self, quem: Session, nomeacao: Nomeacao) -> Rascunho:
        if not nomeacao.poderes:
            raise Refused([Problema("poderes", "vazio"), Problema("pessoa", "vazio")])
        return self._keep(quem, nomeacao, replace(DESIGNADO, id="des-nova"))

    def _keep(self, quem: Session, proposta: Any, resultado: Any) -> Rascunho:
        now, sha = self.clock.now(), hashlib.sha256(TEXTO.encode()).hexdigest()
        id = f"r{len(self.rascunhos)}"
        kept = Rascunho(id, quem.id, proposta, resultado, TEXTO, sha, now, now + timedelta(minutes=15))
        self.rascunhos[id] = kept
        return kept

    def ver_rascunho(self, quem: Session, rascunho_id: str) -> Rascunho:
        kept = self.rascunhos.get(rascunho_id)
        if kept is None or kept.session_id != quem.id:
            raise NotFound("rascunho")
        return kept

    def conceder(self, quem: Session, rascunho_id: str) -> Procuracao:
        kept = self.ver_rascunho(quem, rascunho_id)
        if quem.auth_time < kept.criado_em:
            raise NotFresh
        self.feitos.append(("conceder", kept.procuracao.id))
        self.carteiras["concedidas"].append(kept.procuracao)
        return kept.procuracao

    def designar(self, quem: Session, rascunho_id: str) -> Designacao:
        kept = self.ver_rascunho(quem, rascunho_id)
        if quem.auth_time < kept.criado_em:
            raise NotFresh
        self.feitos.append(("designar", kept.designacao.id))
        return kept.designacao

    def act(self, quem: Session, evento: str, id: str, motivo: str = "") -> Procuracao:
        seen = self.ver(quem, id)
        if evento not in seen.eventos:
            raise IllegalTransition("procuracao", seen.procuracao.estado, evento)
        self.feitos.append((evento, id, motivo))
        for some in self.carteiras.values():
            some[:] = [one.after(evento, self.clock.now()) if one.id == id else one for one in some]
        return seen.procuracao.after(evento, self.clock.now())

    def encerrar(self, quem: Session, id: str, motivo: str = "") -> Designacao:
        self.feitos.append(("encerrar", id, motivo))
        return DESIGNADO

    def renunciar_designacao(self, quem: Session, id: str, motivo: str = "") -> Designacao:
        self.feitos.append(("renunciar_designacao", id, motivo))
        return MINHA

    def pedir(self, quem: Session, solicitacao: Solicitacao) -> Pedido:
        try:
            parse_documento(solicitacao.outorgante)
        except InvalidDocument as error:
            raise Refused([Problema("outorgante", "invalido", error.reason), Problema("poderes", "vazio")]) from error
        self.feitos.append(("pedir", solicitacao.outorgante))
        return PEDIDO_FEITO

    def enviados(self, quem: Session, em_nome_de: CPF | CNPJ, lote: str) -> int:
        return self.enviado

    def pedir_lote(self, quem: Session, linhas: str, solicitacao: Solicitacao, lote: str = "") -> Lote:
        self.feitos.append(("pedir_lote", linhas))
        return self.lote

    def negar(self, quem: Session, id: str) -> Pedido:
        return self._answered(quem, id, "negar", "outorgante")

    def desistir(self, quem: Session, id: str) -> Pedido:
        return self._answered(quem, id, "desistir", "outorgado")

    def _answered(self, quem: Session, id: str, evento: str, papel: str) -> Pedido:
        pedido, mine = self.ver_pedido(quem, id)
        if mine != papel:
            raise NotFound("pedido")
        self.feitos.append((evento, id))
        return pedido


class Rows:
    """Stands for ``idp.flow.inscricoes.Inscricoes``."""

    def of(self, quem: Session, parte: Any, q: str = "", *, pai: str | None = None) -> Sequence[Inscricao]:
        return [one for one in people.ACAI_INSCRICOES if q.lower() in f"{one.id.numero} {one.municipio}".lower()]


@cache
def _pages(origin: str) -> Pages:
    """Compiled once."""
    return Pages(replace(SITE, issuer=origin), FakeClock(NOW))


class Stage:
    """One running portal. ``outorga`` answers; ``browser`` is somebody's."""

    def __init__(self, origin: str = ORIGIN) -> None:
        self.clock = FakeClock(NOW)
        self.outorga = Notary(self.clock)
        self.sessions = FakeSessions(self.clock)
        self.ephemeral = MemoryEphemeral()
        self.store = FakeStore()
        self.transactions = FakeTransactions(self.clock)
        journey = Journey(
            clock=self.clock,
            store=self.store,
            transactions=self.transactions,
            sessions=self.sessions,
            clients=FakeClients(),
            identifiers=FakeIdentifiers(),
            revocation=FakeRevocation(),
            policy=POLICY,
        )
        pages = _pages(origin)
        pages.clock = self.clock
        screens = StepScreens(pages, FakeClients(), POLICY)
        respond = make_responder(screens, written, lambda granted: {})
        door = Door(journey, respond, pages, Preenchimentos(self.ephemeral))
        self.clients, self.trail, self.export = FakeClients(DTE, NFE), Trail(acts(NOW)), Exported()
        known = {"clock": self.clock, "store": self.store, "identifiers": FakeIdentifiers()}
        registered = lambda: self.clients.kept.values()  # noqa: E731
        logout = Logout(clock=self.clock, store=self.store, sessions=self.sessions, clients=self.clients)
        self.autorizacoes = Autorizacoes(
            **known,
            trail=self.trail,
            sessions=self.sessions,
            registered=registered,
            logout=logout,  # type: ignore[arg-type]
        )
        dados = MeusDados(**known, outorga=self.outorga, registered=registered, export=self.export)  # type: ignore[arg-type]
        portal = Portal(
            door,
            self.outorga,  # type: ignore[arg-type]
            Rows(),  # type: ignore[arg-type]
            DEFAULT,
            pages,
            self.clock,
            self.clients,
            Usos(trail=self.trail, outorga=self.outorga),  # type: ignore[arg-type]
            self.autorizacoes,
            dados,
            PRAZOS,
            Buscas(self.ephemeral),
        )
        self.app = Flask("portal", static_folder=None)
        protect(self.app, hsts=False)
        pages.handle_errors(self.app)
        for blueprint in (assets_blueprint(), login_blueprint(journey, screens, respond), portal_blueprint(portal)):
            self.app.register_blueprint(blueprint)

    def session(self, holder: PessoaFisica | PessoaJuridica, cookie: str, id: str) -> Session:
        """Logged in just now with a certificate of their own."""
        made = people.session(holder)
        if holder is SELO:
            proved = people.certificado(TipoCertificado.SELO, Nivel.SE_S)
            made = replace(made, certificado=proved)
        key = hashlib.sha256(cookie.encode()).hexdigest()
        at = self.clock.now()
        made = replace(made, key=key, id=id, auth_time=at, expires_at=at + timedelta(hours=4))
        self.sessions.enlist(self.autorizacoes._ourselves(made), made)
        self.sessions.put(made)
        return made

    def elsewhere(self) -> Session:
        """The accountant is logged in on her telephone too."""
        made = replace(
            people.session(),
            key="7" * 64,
            id="P" * 22,
            auth_time=NOW - DAY / 24,
            expires_at=NOW + 3 * DAY / 24,
            dispositivo="Chrome no Android",
        )
        self.sessions.enlist(self.autorizacoes._ourselves(made), made)
        self.sessions.put(made)
        return made

    def lived_in(self) -> None:
        """She told her e-mail, and both applications hold something of hers."""
        rows, holder, identifiers = self.store.rows, people.CONTADORA, FakeIdentifiers()
        rows.perfis[str(holder.documento)] = Perfil(NOW - 9 * DAY, email="francisca@contas.example", zoneinfo=ZONES[1])
        rows.inscricoes |= {one.id: one for one in people.ACAI_INSCRICOES}
        for n, client in enumerate((DTE, NFE)):
            sub = identifiers.subject(holder, client)
            rows.consents[sub, client.client_id, OWN_CHOICE] = (
                frozenset({"openid", "email", "inscricao"}),
                NOW + 99 * DAY,
            )
            made = Grant(
                f"grant-{n}", client.client_id, sub, f"sid-{n}", "P" * 22, holder, CERTIFICADO, OWN_CHOICE,
                frozenset({"openid", "inscricao"}), NOW - DAY, NOW - DAY, NOW + DAY,
            )  # fmt: skip
            rows.grants[made.id] = made

    def browser(self, holder: PessoaFisica | PessoaJuridica | None = people.CONTADORA, name: str = "B") -> FlaskClient:
        """A browser; ``holder`` is logged in there."""
        client = self.app.test_client()
        client.environ_base["wsgi.url_scheme"] = "https"
        client.set_cookie("__Host-portaria-browser", name * 43, domain="localhost", secure=True, path="/")
        if holder is not None:
            self.log_in(client, holder, name)
        return client

    def log_in(
        self, client: FlaskClient, holder: PessoaFisica | PessoaJuridica, name: str = "B", again: int = 0
    ) -> None:
        """``again``: once more, with the certificate; the same person keeps the session's id."""
        cookie = (name + str(again)) * 21 + "x"
        self.session(holder, cookie, (name + str(holder.documento) + "S" * 22)[:22])
        client.set_cookie("__Host-portaria-session", cookie, domain="localhost", secure=True, path="/")


def token(page: TestResponse | str) -> str:
    """Of the first form on a page."""
    found = re.search(r'name="token" value="([0-9a-f]{64})"', page if isinstance(page, str) else page.text)
    assert found is not None
    return found[1]


def post(client: FlaskClient, path: str, data: dict[str, Any], **headers: str) -> TestResponse:
    return client.post(path, data=data, headers=headers or OWN)


def _names(one: Procuracao) -> str:
    return f"{one.outorgante_nome} {one.outorgado_nome}"


GOOD = {
    "outorgado": "900.001.022-53",
    "outorgado_nome": "Francisca Chagas do Nascimento",
    "poderes": ["dte.consultar", "dte.dar_ciencia"],
    "escopo_tipo": "raiz",
    "inicio": "2026-11-22",
    "fim": "2027-11-21",
    "substabelecivel": "nao",
    "nivel_minimo": "",
    "acao": "continuar",
}


def begin(client: FlaskClient, path: str) -> str:
    """Open a long form; its own address."""
    answer = client.get(path)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def sent(client: FlaskClient, at: str, data: dict[str, Any]) -> TestResponse:
    page = client.get(at).text
    handle = re.search(r'name="em_nome_de" value="([0-9a-f]{24})" checked', page)
    assert handle is not None
    return post(client, at, {"token": token(page), "em_nome_de": handle[1], **data})


def search(client: FlaskClient, path: str, q: str, **more: str) -> str:
    """Search a list; the address of what was found."""
    answer = post(client, path, {"token": token(client.get(path)), "q": q, **more})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def pages(stage: Stage) -> Iterator[tuple[str, FlaskClient, str]]:
    """Every page in the states that matter: (name, whose browser, address), to be opened one after
    the other."""
    contadora, empresa = stage.browser(), stage.browser(people.EMPRESA, "E")
    stage.lived_in()
    selo, ninguem = stage.browser(SELO, "L"), stage.browser(None, "N")
    yield from (
        ("frente", ninguem, "/portal"),
        ("inicio-contadora", contadora, "/portal"),
        ("inicio-empresa", empresa, "/portal"),
        ("recebidas", contadora, "/portal/recebidas?situacao=todas"),
        ("recebidas-vencendo", contadora, "/portal/recebidas?situacao=vencendo"),
        ("recebidas-nada", contadora, search(contadora, "/portal/recebidas", "padaria")),
        ("concedidas", empresa, "/portal/concedidas"),
        ("pedidos-recebidos", empresa, "/portal/pedidos"),
        ("pedidos-feitos", contadora, "/portal/pedidos?papel=feitos&situacao=todas"),
        ("equipe", contadora, "/portal/equipe"),
        ("detalhe-recebida", contadora, "/portal/procuracoes/prc-acai"),
        ("detalhe-pendente", contadora, "/portal/procuracoes/prc-castanha"),
        ("detalhe-feita", contadora, "/portal/procuracoes/prc-acai?feito=aceitar"),
        ("detalhe-dada", empresa, "/portal/procuracoes/prc-dada"),
        ("detalhe-inscricoes", empresa, "/portal/procuracoes/prc-joao"),
        ("pronta", empresa, "/portal/procuracoes/prc-dada/pronta"),
        ("aceitar", contadora, "/portal/procuracoes/prc-castanha/aceitar"),
        ("recusar", contadora, "/portal/procuracoes/prc-castanha/recusar"),
        ("renunciar", contadora, "/portal/procuracoes/prc-acai/renunciar"),
        ("revogar", empresa, "/portal/procuracoes/prc-dada/revogar"),
        ("encerrar", contadora, "/portal/equipe/des-joao/encerrar"),
        ("renunciar-designacao", contadora, "/portal/equipe/des-minha/renunciar"),
        ("pedido-recebido", empresa, "/portal/pedidos/ped-recebido"),
        ("pedido-feito", contadora, "/portal/pedidos/ped-feito?feito=pedir"),
        ("selo", selo, "/portal/conceder"),
        ("nao-encontrada", contadora, "/portal/procuracoes/prc-de-outro"),
        ("mudou", contadora, "/portal/procuracoes/prc-acai/aceitar"),
        ("usos", empresa, "/portal/usos"),
        ("usos-filtrados", empresa, "/portal/usos?pessoa=5&de=2026-11-01"),
        ("usos-nada", contadora, "/portal/usos"),
        ("usos-de-outro", contadora, "/portal/usos?procuracao=prc-joao"),
        ("aplicacoes", contadora, "/portal/aplicacoes"),
        ("aplicacoes-nada", empresa, "/portal/aplicacoes"),
        ("retirar", contadora, "/portal/aplicacoes/retirar?aplicacao=dte"),
        ("sessoes", contadora, "/portal/sessoes"),
        ("encerrar-sessao", contadora, f"/portal/sessoes/{stage.elsewhere().id}/encerrar"),
        ("encerrar-outras", contadora, "/portal/sessoes/outras"),
        ("dados", contadora, "/portal/dados"),
        ("dados-empresa", empresa, "/portal/dados"),
        ("dados-apagar", contadora, "/portal/dados/apagar"),
        ("dados-copia", contadora, "/portal/dados/copia"),
        ("dados-editar", contadora, begin(contadora, "/portal/dados/editar")),
        ("sem-formulario", contadora, "/portal/conceder/" + "A" * 22),
        ("conceder", empresa, begin(empresa, "/portal/conceder")),
        ("substabelecer", contadora, begin(contadora, "/portal/procuracoes/prc-acai/substabelecer")),
        ("pedir", contadora, begin(contadora, "/portal/pedir")),
        ("lote", contadora, begin(contadora, "/portal/lote")),
        ("designar", contadora, begin(contadora, "/portal/designar")),
    )
    told = begin(contadora, "/portal/dados/editar")
    data = {"token": token(contadora.get(told)), "email": "francisca em contas", "phone_number": "123", "website": "x"}
    post(contadora, told, data)
    yield "dados-errado", contadora, told
    wrong = begin(empresa, "/portal/conceder")
    sent(empresa, wrong, {"outorgado": "123", "escopo_tipo": "inscricoes", "inicio": "amanhã", "acao": "continuar"})
    yield "conceder-errado", empresa, wrong
    other = stage.browser(people.EMPRESA, "F")
    yield "outra-pessoa", other, wrong
    asked = begin(contadora, "/portal/pedir")
    sent(contadora, asked, {"outorgante": "123"})
    yield "pedir-errado", contadora, asked
    right = begin(empresa, "/portal/conceder")
    sent(empresa, right, GOOD)
    yield "revisar-conferido", empresa, f"{right}/revisar"
    stage.clock.at = NOW + timedelta(minutes=1)
    later = begin(empresa, "/portal/conceder")
    sent(empresa, later, GOOD)
    yield "revisar", empresa, f"{later}/revisar"
    many = begin(contadora, "/portal/lote")
    done = sent(contadora, many, {**GOOD, "linhas": "99990001000198\n12ABC34501DE35\n123"})
    yield "lote-feito", contadora, str(done.headers["Location"])
    for name in ("renovar", "renovar-feito"):
        data = {"token": token(contadora.get("/portal/recebidas")), "procuracao": ["prc-estaleiro", "prc-nenhuma"]}
        asked = str(post(contadora, "/portal/renovar", data).headers["Location"])
        if name == "renovar-feito":
            post(contadora, asked, {"token": data["token"]})
        yield name, contadora, asked
    crowded = stage.outorga.carteiras["recebidas"]
    crowded += [recebida(f"prc-{i}", people.CASTANHA, f"COMERCIO NUMERO {i:04d} LTDA") for i in range(400)]
    stage.trail.kept[:0] = crowd(NOW, 5000)
    yield "usos-muitos", empresa, "/portal/usos"
    yield "usos-muitos-adiante", empresa, "/portal/usos?antes=13000"
    yield "recebidas-muitas", contadora, "/portal/recebidas?pagina=2"


def gallery() -> Flask:
    """The pages as addresses, without a login."""
    stage = Stage()
    kept = {name: client.get(path) for name, client, path in pages(stage)}
    app = Flask("gallery", static_folder=None)
    app.register_blueprint(assets_blueprint())
    for name, answer in kept.items():
        headers = {key: value for key, value in answer.headers if key != "Content-Length"}
        app.add_url_rule(f"/{name}", name, lambda answer=answer, headers=headers: (answer.text, 200, headers))  # type: ignore[misc]
    return app


def screenshots(into: Path, names: list[str], widths: tuple[int, ...] = (1280, 360)) -> None:
    into.mkdir(parents=True, exist_ok=True)
    app = gallery()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for rule in app.url_map.iter_rules():
        name = rule.rule[1:]
        if rule.arguments or (names and name not in names) or "/" in name:
            continue
        for width in widths:
            with tempfile.TemporaryDirectory() as profile:
                command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
                command += [f"--user-data-dir={profile}", f"--window-size={width},{2600 if width < 500 else 1700}"]
                command += [f"--screenshot={into / f'{name}-{width}.png'}", f"http://127.0.0.1:{server.port}/{name}"]
                subprocess.run(command, check=True, capture_output=True)
    server.shutdown()


if __name__ == "__main__":
    screenshots(Path(".artefacts/portal"), sys.argv[1:])
