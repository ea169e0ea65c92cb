"""What the application did wrong, told to the person in front of it and, in one line, to its developers."""

from __future__ import annotations

from dataclasses import replace

from idp.web.views.notice import Notice

_AVISE = (
    "Não há nada a corrigir no seu computador nem no seu certificado.",
    "Avise quem cuida do aplicativo e envie a linha técnica e o código de atendimento abaixo.",
)
_TITULO = "O aplicativo enviou um pedido que não podemos aceitar"
_CAUSES = {
    "unknown_client": "O aplicativo que trouxe você até aqui não está cadastrado neste serviço de entrada.",
    "disabled_client": "O aplicativo que trouxe você até aqui está desativado neste serviço de entrada.",
    "redirect_uri": (
        "O aplicativo pediu que você fosse levado de volta a um endereço que ele não cadastrou. "
        "Por segurança, não levamos ninguém a endereços não cadastrados."
    ),
    "post_logout_redirect_uri": (
        "O aplicativo pediu que, depois de sair, você fosse levado a um endereço que ele não cadastrou. "
        "Por segurança, não levamos ninguém a endereços não cadastrados."
    ),
    "id_token_hint": "O aplicativo pediu a saída de uma entrada que não reconhecemos.",
    "duplicate_parameter": "O aplicativo enviou a mesma informação duas vezes, e não há como saber qual vale.",
    "invalid_request": "Faltam informações no pedido do aplicativo, ou elas chegaram em um formato que não existe.",
}
_SAME = {
    "invalid_client": "unknown_client",
    "unauthorized_client": "disabled_client",
    "invalid_redirect_uri": "redirect_uri",
    "redirect_uri_mismatch": "redirect_uri",
    "invalid_post_logout_redirect_uri": "post_logout_redirect_uri",
    "invalid_id_token_hint": "id_token_hint",
}


def protocol_notice(code: str, detail: str) -> Notice:
    """``code``: an OAuth error or one of the names above; ``detail``: ASCII English."""
    cause = _CAUSES.get(_SAME.get(code, code), _CAUSES["invalid_request"])
    notice = Notice("APP-01", _TITULO, (cause,), _AVISE, quem="Quem ajuda: os responsáveis pelo aplicativo.")
    return replace(notice, tecnico=f"{code}: {detail}" if detail else code)
