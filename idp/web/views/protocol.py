"""What the application did wrong, told to the person in front of it and, in one line, to its developers."""

from __future__ import annotations

from dataclasses import replace

from idp.web.views.notice import Notice

_AVISE = (
    "Se você chegou aqui por um link de mensagem ou e-mail, feche esta página.",
    "Se não, volte ao serviço pelo endereço que você conhece e comece de novo. Daqui não levamos você até ele: não "
    "sabemos aonde o pedido leva.",
    "Se a mensagem se repetir, avise quem cuida do aplicativo e envie a linha técnica e os “Dados para o suporte”.",
)
_SEU = "Não há nada a corrigir no seu aparelho nem no seu certificado."
_TITULOS = {
    "unknown_client": "Este aplicativo não está cadastrado",
    "disabled_client": "Este aplicativo está desativado",
    "redirect_uri": "O aplicativo indicou um endereço de volta que não cadastrou",
    "post_logout_redirect_uri": "O aplicativo indicou um endereço de volta que não cadastrou",
}
_TITULO = "O aplicativo enviou um pedido que não podemos aceitar"
_CAUSES = {
    "unknown_client": "O aplicativo que trouxe você até aqui não está cadastrado aqui.",
    "disabled_client": "O aplicativo que trouxe você até aqui está desativado aqui.",
    "redirect_uri": (
        "O aplicativo pediu que você fosse levado de volta a um endereço que ele não cadastrou. "
        "Por segurança, não levamos ninguém a endereços não cadastrados."
    ),
    "post_logout_redirect_uri": (
        "O aplicativo pediu que, depois de sair, você fosse levado a um endereço que ele não cadastrou. "
        "Por segurança, não levamos ninguém a endereços não cadastrados."
    ),
    "id_token_hint": "O aplicativo pediu para encerrar um acesso que não reconhecemos.",
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
    name = _SAME.get(code, code)
    cause = _CAUSES.get(name, _CAUSES["invalid_request"])
    quem = "Quem ajuda: os responsáveis pelo aplicativo."
    notice = Notice("APP-01", _TITULOS.get(name, _TITULO), (cause, _SEU), _AVISE, quem=quem)
    return replace(notice, tecnico=f"{code}: {detail}" if detail else code)
