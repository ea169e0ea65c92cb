"""Single checks taken out of the product: each must be missed by the tests of this package, or they prove little.

A mutant is a function whose source has one passage replaced. Its code object is exchanged, so that everybody who
imported the function runs the changed one.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from idp.domain import designacao, procuracao, representation
from idp.domain.grant import Authorization
from idp.flow.authorize import Journey
from idp.flow.outorga import julgar
from idp.flow.outorga.base import Base
from idp.flow.outorga.conceder import Concessao
from idp.flow.outorga.equipe import Equipe
from idp.flow.outorga.eventos import Eventos, holders_of
from idp.flow.outorga.orgao import Orgao
from idp.flow.redeem import Redemption

R = representation
MUTANTS: dict[str, tuple[Callable[..., Any], str, str]] = {
    # represent()
    "anybody is the titular": (R._titular, "raise NotRepresentable(Motivo.SEM_VINCULO)", "pass"),
    "an e-CNPJ for another root": (R.same_person, "holder.raiz == other.raiz", "holder.raiz[:4] == other.raiz[:4]"),
    "one establishment only": (R.same_person, "holder.raiz == other.raiz", "holder == other"),
    "anybody is a representative": (R._representante_legal, "holder.cpf not in fatos.representantes", "False"),
    "a responsável who left": (R._responsavel, "holder.responsavel.cpf not in listed", "False"),
    "another inscrição than demanded": (R.represent, "demanda.inscricao is not None and", "False and"),
    "level not demanded": (R.represent, "demanda.nivel_minimo is not None and", "False and"),
    "any situação": (R.represent, "fatos.inscricao.situacao not in demanda.situacoes", "False"),
    "ends with the longest link": (R.represent, "min(vigencia.fim", "max(vigencia.fim"),
    "anybody is the outorgado": (R._procuracao, "not direct and not named", "False and not named"),
    "any scope": (R._procuracao, "not link.escopo.reaches(link.outorgante, fatos.inscricao)", "False"),
    "any state": (R._procuracao, "link.estado is not EstadoProcuracao.ATIVA", "False"),
    "before its beginning": (R._procuracao, "at < link.vigencia.inicio", "False"),
    "not at its first instant": (R._procuracao, "at < link.vigencia.inicio", "at <= link.vigencia.inicio"),
    "after its end": (R._procuracao, "not link.vigencia.contains(at)", "False"),
    "one instant too long": (procuracao.Vigencia.contains, "at < self.fim", "at <= self.fim"),
    "any poder": (R._procuracao, "not all(map(link.permits, demanda.exigidos))", "False"),
    "level of the procuração": (R._procuracao, "link.nivel_minimo is not None and", "False and"),
    "parents are not looked at": (R._procuracao, "for link in fatos.cadeia:", "for link in fatos.cadeia[:1]:"),
    "only parents are looked at": (R._procuracao, "for link in fatos.cadeia:", "for link in fatos.cadeia[-1:]:"),
    "passed on without reserve": (R._procuracao, "fatos.cadeia[0].cedida_a is not None", "False"),
    "a naming of other clients": (designacao.Designacao.reaches, "not self.clientes or", "True or"),
    "a naming that has ended": (designacao.Designacao.vigente, "self.estado is EstadoDesignacao.ATIVA and", ""),
    "a naming for other poderes": (designacao.Designacao.permits, "poder is None or", "True or"),
    "more than the naming gives": (designacao.Designacao.within, "self.poderes & given", "given"),
    # tokens
    "a token outlives the procuração": (Authorization.until, "self.representation.ate is not None", "False"),
    "a token outlives the certificate": (Authorization.until, "self.grant.certificado.validade", "limit"),
    "userinfo after revocation": (Redemption.in_use, "grant.revoked_at is not None or", ""),
    "userinfo by a dead certificate": (Redemption.in_use, "if refusal:", "if False:"),
    "redemption by a dead certificate": (Redemption._authorize, "if refusal:", "if False:"),
    "a refusal leaves the family": (Redemption._close, "uow.grants.revoke(grant.id, now)", "None"),
    "a replay leaves the family": (Redemption._replayed, "uow.grants.revoke(family, now)", "None"),
    "reuse leaves the family": (Redemption._repeated, "uow.grants.revoke(grant.id, now)", "None"),
    "the request's demands forgotten": (Redemption._represent, "demanded(client, grant.wanted)", "client.demanda"),
    "a dead certificate chooses": (Journey._certified, "refused is None", "True"),
    # giving
    "a dead certificate gives": (Concessao._judge, "self.certificate_gives(quem, now)", "pass"),
    "to oneself": (Concessao._procuracao, "found.problem(\"outorgado\", \"proprio\")\n            return None", "pass"),
    "more poderes than the parent's": (julgar.poderes, 'achados.problem("poderes", "fora_da_procuracao", codigo)', "0"),
    "any depth": (julgar.passing_on, "len(above) + 1 > politica.profundidade", "False"),
    "not passable, yet passed on": (julgar.passing_on, "not pai.substabelecivel", "False"),
    "an ended one passed on": (julgar.passing_on, "if ended:", "if False:"),
    "a weak certificate passes on": (julgar.passing_on, "not suffices(nivel, pai.nivel_minimo)", "False"),
    "longer than allowed": (julgar.vigencia, "prazo is not None and", "False and"),
    "inscrições of others": (julgar.inscricoes_of, "one not in known or", "False and"),
    "anybody is a party": (Base.stands, "raise NotFound(about) from None", "return Ator(quem, Qualidade.E_CPF)"),
    "accepted though its parent ended": (Eventos._accept, "link.estado is not EstadoProcuracao.ATIVA or", ""),
    "accepted though passed to another": (Eventos._accept, "pai.cedida_a is not None", "False"),
    "taken back without reserve": (holders_of, "[] if procuracao.sem_reserva else", ""),
    "an event after the end": (Orgao.after, "if at >= ends:", "if False:"),
    "accepted too late": (Orgao.after, "procuracao.estado is EstadoProcuracao.PENDENTE and", "False and"),
    "what rested on it stays": (Orgao.change, "changed.estado is not EstadoProcuracao.ATIVA", "False"),
    "what rested on what was ceded stays": (Concessao.cede, "pai.id, now, descendants=False", "'', now"),
    "what rested on the naming stays": (Equipe._end, "uow.grants.revoke_by_designacao(changed, now)", "()"),
    "anybody ends a naming": (Equipe._end, "quem.holder.documento == seen.pessoa", "True"),
    "anybody names": (Equipe._named, "self.stands(quem, parte, now, receiving=True)", "Ator(quem, Qualidade.E_CPF)"),
}  # fmt: skip


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """The product without that check."""
    function, old, new = MUTANTS[name]
    function = inspect.unwrap(function)
    code = function.__code__
    function.__code__ = _changed(function, old, new)
    try:
        yield
    finally:
        function.__code__ = code


def _changed(function: Callable[..., Any], old: str, new: str) -> Any:
    source = textwrap.dedent(inspect.getsource(function))
    wanted = textwrap.dedent(old) if old in source else _outdented(old)
    assert source.count(wanted) >= 1, f"{function.__qualname__} has no {old!r} any more"
    source = source.replace(wanted, new if wanted == old else _outdented(new), 1)
    made: dict[str, Any] = {}
    lines = source.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("def "))
    globals_ = {**function.__globals__}
    exec(compile("from __future__ import annotations\n" + "\n".join(lines[first:]), "<mutant>", "exec"), globals_, made)
    return made[function.__name__].__code__


def _outdented(passage: str) -> str:
    """As it stands in the source of a method once that is dedented by a class's indentation."""
    return passage.replace("\n    ", "\n")
