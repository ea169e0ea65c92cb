"""What was done to procurações and designações."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from idp.domain.ato import AtoRegistrado
from idp.domain.certificado import Certificado
from idp.storage import codec
from idp.storage.sql.tables import atos

_ADD = insert(atos)
_OF_PROCURACAO = select(atos).where(atos.c.procuracao == bindparam("key")).order_by(atos.c.em, atos.c.id)


class SqlAtos:
    """Implements :class:`idp.ports.outorga.Atos`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, ato: AtoRegistrado) -> None:
        self._connection.execute(
            _ADD,
            {
                "id": ato.id,
                "procuracao": ato.procuracao,
                "designacao": ato.designacao,
                "evento": ato.evento,
                "em": ato.em,
                "por": ato.por,
                "por_nome": ato.por_nome,
                "pessoa": ato.pessoa.numero if ato.pessoa else None,
                "qualidade": ato.qualidade,
                "certificado": codec.dumps(ato.certificado).decode() if ato.certificado else None,
                "texto": ato.texto,
                "texto_sha256": ato.texto_sha256,
                "motivo": ato.motivo,
            },
        )

    def of_procuracao(self, id: str) -> Sequence[AtoRegistrado]:
        return [_ato(row._asdict()) for row in self._connection.execute(_OF_PROCURACAO, {"key": id})]


def _ato(row: dict[str, Any]) -> AtoRegistrado:
    certificado = codec.loads(Certificado, row["certificado"]) if row["certificado"] else None
    pessoa = codec.cpf(row["pessoa"]) if row["pessoa"] else None
    return AtoRegistrado(**{**row, "pessoa": pessoa, "certificado": certificado})
