"""How a service heard that a person has left, in words."""

from __future__ import annotations

from idp.flow.logout import Heard

HEARD = {
    Heard.TOLD: "já sabe que você saiu.",
    Heard.WAITING: "ainda não respondeu ao nosso aviso. Vamos repeti-lo por até 24 horas.",
    Heard.FRAME: "está sendo avisado pelo seu navegador, agora.",
    Heard.NOT: "não recebe avisos. Se ele ainda mostrar o seu acesso aberto, saia também por lá.",
}
"""After the service's name."""
