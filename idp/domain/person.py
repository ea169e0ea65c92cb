"""Who a certificate proved. Only ``idp.certificate.profiles`` makes a Holder out of a certificate."""

from __future__ import annotations

from dataclasses import dataclass

from idp.domain.documents import CNPJ, CPF


@dataclass(frozen=True, slots=True)
class PessoaFisica:
    """A natural person, as named in an e-CPF or as the responsável of an e-CNPJ."""

    cpf: CPF
    nome: str

    @property
    def documento(self) -> CPF:
        return self.cpf


@dataclass(frozen=True, slots=True)
class PessoaJuridica:
    """A company. ``responsavel`` is absent in a Selo Eletrônico (Res. CG ICP-Brasil 211/2024)."""

    cnpj: CNPJ
    razao_social: str
    responsavel: PessoaFisica | None = None

    @property
    def documento(self) -> CNPJ:
        return self.cnpj

    @property
    def nome(self) -> str:
        return self.razao_social


Holder = PessoaFisica | PessoaJuridica
