"""A page that tells one thing: what happened, why, what to do, who helps."""

from __future__ import annotations

from dataclasses import dataclass

from idp.flow.outcome import Pagina


@dataclass(frozen=True, slots=True)
class Notice:
    """``codigo`` names the page for people and machines. ``tecnico`` is one English line for developers."""

    codigo: str
    titulo: str
    causa: tuple[str, ...]
    passos: tuple[str, ...] = ()
    quem: str = ""
    tecnico: str = ""
    link: tuple[str, str] | None = None
    """Where to go on: (href, label)."""


def nosso_suporte(support: str) -> str:
    """Who helps where the matter is ours: nobody where the settings name none. ``support`` as in
    ``idp.web.pages.Site``."""
    return f"Quem ajuda: {support}. Informe o código de atendimento do fim desta página." if support else ""


_VOLTE = "Volte ao serviço que você queria usar e comece de novo."

DEAD_ENDS: dict[Pagina, tuple[Notice, int]] = {
    Pagina.TRANSACAO_EXPIRADA: (
        Notice(
            "SES-02",
            "Este pedido não está mais aberto",
            (
                "Por segurança, cada pedido de acesso vale por alguns minutos e é respondido uma vez só. "
                "Este já foi respondido ou passou do prazo.",
            ),
            (
                "Se você acabou de autorizar ou cancelar, a resposta já foi enviada: veja o serviço.",
                _VOLTE,
                "Se você guardou esta página nos favoritos, guarde a do serviço em vez dela.",
            ),
        ),
        410,
    ),
    Pagina.TRANSACAO_ENCERRADA: (
        Notice(
            "SES-03",
            "Este pedido já foi concluído",
            (
                "O pedido de acesso desta página já foi respondido, talvez em outra aba.",
                "Ele não pode ser respondido duas vezes.",
            ),
            ("Veja se o serviço já está aberto em outra aba.", _VOLTE),
        ),
        410,
    ),
    Pagina.OUTRO_NAVEGADOR: (
        Notice(
            "SES-04",
            "Este pedido começou em outro navegador",
            (
                "Ou o navegador bloqueou ou apagou os cookies deste site. Para sua proteção, um pedido de acesso só "
                "termina no mesmo navegador em que começou. Nada foi enviado a partir desta página.",
            ),
            (
                "Se alguém lhe enviou este endereço, não continue: feche esta página.",
                "Se foi você que começou, volte ao serviço neste mesmo navegador e comece de novo.",
                "Se acontecer de novo, permita os cookies deste site nas configurações do navegador. "
                "Eles servem só para ligar as etapas do acesso.",
            ),
        ),
        403,
    ),
    Pagina.RETORNO_INVALIDO: (
        Notice(
            "SES-05",
            "Esta etapa já foi feita ou demorou demais",
            (
                "O resultado da conferência do certificado vale por até um minuto e uma única vez. Isso acontece "
                "quando se usa o “voltar” do navegador ou se atualiza a página.",
                "O seu certificado continua com você, e nada foi enviado a partir desta página.",
            ),
            ("Não recarregue esta página: ela não vai mudar.", _VOLTE),
        ),
        400,
    ),
    Pagina.FORMULARIO_INVALIDO: (
        Notice(
            "SES-06",
            "Não foi possível concluir",
            (
                "O que a página enviou chegou incompleto, repetido ou de uma página antiga. "
                "Para sua proteção, não fizemos nada com isso.",
            ),
            (_VOLTE,),
        ),
        400,
    ),
}

ORIGEM = Notice(
    "SES-07",
    "Este envio não partiu das nossas páginas",
    (
        "Outro site, ou uma versão muito antiga do navegador, enviou este formulário. "
        "Para sua proteção, ele foi recusado e nada foi feito.",
    ),
    (_VOLTE, "Atualize o navegador se esta mensagem se repetir."),
)

SEM_PEDIDO = Notice(
    "SES-08",
    "Comece pelo serviço que você quer usar",
    (
        "Esta página só confere o seu certificado quando um serviço pede, e nenhum pediu.",
        "Isso acontece quando se abre o endereço diretamente ou pelos favoritos.",
    ),
    ("Abra o serviço que você quer usar e entre por ele com o certificado digital.",),
)

PASSAGEM = Notice(
    "SIS-02",
    "Recusamos esta conexão",
    (
        "A conexão trouxe informações de certificado por um caminho que não é o nosso. "
        "O seu certificado não foi lido nem recusado.",
    ),
    (
        "Se você usa um programa ou rede que inspeciona a navegação, tente sem ele.",
        "Se a mensagem se repetir, informe o código de atendimento a quem ajuda você.",
    ),
)

INDISPONIVEL = Notice(
    "SIS-01",
    "Não conseguimos consultar suas inscrições",
    ("O serviço de cadastro não respondeu. O problema não é no seu computador nem no seu certificado.",),
    ("Nada foi alterado. Tente de novo em alguns minutos.",),
)

HTTP: dict[int, Notice] = {
    400: Notice(
        "HTTP-400",
        "Não entendemos este pedido",
        ("O endereço ou o formulário chegou incompleto ou com partes que não reconhecemos.",),
        (_VOLTE,),
    ),
    404: Notice(
        "HTTP-404",
        "Esta página não existe",
        (
            "O endereço pode estar incompleto ou ter mudado. Não é um problema do seu certificado: nada foi "
            "conferido nem enviado.",
        ),
        (_VOLTE,),
    ),
    405: Notice(
        "HTTP-405",
        "Este endereço não funciona assim",
        ("Ele existe, mas não para ser aberto desta maneira.",),
        (_VOLTE,),
    ),
    413: Notice(
        "HTTP-413",
        "O envio é grande demais",
        ("Nenhum formulário daqui precisa de tanto espaço, por isso não lemos o que foi enviado.",),
        (_VOLTE,),
    ),
    415: Notice(
        "HTTP-415",
        "O formato do envio não serve",
        ("Os formulários daqui são enviados de outro modo.",),
        (_VOLTE,),
    ),
    500: Notice(
        "SIS-03",
        "Algo falhou do nosso lado",
        ("O problema não é no seu computador nem no seu certificado. Ele ficou registrado.",),
        (
            "Tente de novo em alguns minutos.",
            "Se a mensagem se repetir, informe o código de atendimento a quem ajuda você.",
        ),
    ),
}
