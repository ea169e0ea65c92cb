"""Sentences that forms of the portal say on certain occasions, by their token."""

from __future__ import annotations

AVISOS: dict[str, str] = {
    "raiz": "Vale para toda a empresa: todos os estabelecimentos, também os que forem abertos depois.",
    "nivel": "Um dos poderes exige um certificado de nível mais alto do que o que você escolheu, e vale o mais alto.",
}
"""Beside the text of a draft."""

GUARDADO: dict[str, str] = {
    "texto": "O texto que você estava conferindo passou do prazo de 15 minutos. O que você digitou continua aqui: "
    "confira e continue.",
}
"""Above a form that somebody comes back to."""

PEDIDO_FEITO: dict[str, str] = {
    "pedir": "Pedido enviado. Este sistema não envia mensagens: avise quem precisa aprovar.",
    "negar": "Pedido negado.",
    "desistir": "Pedido cancelado.",
    "mudou": "Algo mudou desde que o texto foi mostrado, e nada foi feito. Abra-o de novo.",
}
"""On the page of a request right after something was done."""

EQUIPE_FEITO: dict[str, str] = {
    "designar": "Pessoa designada. Ela já pode agir, com o próprio e-CPF.",
    "encerrar": "Designação encerrada. Os acessos abertos por ela terminaram.",
    "renunciar": "Você renunciou à designação.",
}
"""Likewise on the page of a team."""
