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
    """Who helps where the matter is ours. ``support`` as in ``idp.web.pages.Site``."""
    return f"Quem ajuda: {support}." if support else "Quem ajuda: o nosso suporte."


_VOLTE = "Volte ao serviço que você queria usar e comece a entrada outra vez."

DEAD_ENDS: dict[Pagina, tuple[Notice, int]] = {
    Pagina.TRANSACAO_EXPIRADA: (
        Notice(
            "SES-02",
            "Este pedido não está mais aberto",
            (
                "Por segurança, cada pedido de entrada vale por alguns minutos e é respondido uma vez só. "
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
                "A entrada que esta página pedia já foi respondida, talvez em outra aba.",
                "Ela não pode ser respondida duas vezes.",
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
                "Para sua proteção, uma entrada só termina no mesmo navegador em que começou.",
                "Isso também acontece quando o navegador bloqueia ou apaga os cookies deste site.",
            ),
            (
                "Se alguém lhe enviou este endereço, não continue: feche esta página.",
                "Se foi você que começou, volte ao serviço neste mesmo navegador e entre outra vez.",
                "Permita os cookies deste site. Eles servem só para ligar as etapas da entrada.",
            ),
        ),
        403,
    ),
    Pagina.RETORNO_INVALIDO: (
        Notice(
            "SES-05",
            "Esta etapa já passou",
            (
                "O endereço que traz o seu certificado de volta funciona uma única vez e por um minuto. "
                "Ele já foi usado ou demorou demais.",
            ),
            ("Não recarregue esta página: ela não vai mudar.", _VOLTE),
        ),
        400,
    ),
    Pagina.FORMULARIO_INVALIDO: (
        Notice(
            "SES-06",
            "Não reconhecemos este formulário",
            (
                "As informações chegaram incompletas, repetidas ou de uma página antiga. "
                "Para sua proteção, não fizemos nada com elas.",
            ),
            ("Use o botão “voltar” do navegador, recarregue a página e tente de novo.", _VOLTE),
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
        "Esta página só confere o seu certificado no meio de uma entrada, e nenhuma entrada foi informada.",
        "Isso acontece quando se abre o endereço diretamente ou pelos favoritos.",
    ),
    ("Abra o serviço que você quer usar e escolha entrar com certificado digital.",),
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
        "Se a mensagem se repetir, avise o suporte e informe o código de atendimento.",
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
        "Página não encontrada",
        ("Não há nada neste endereço.",),
        ("Confira o endereço, ou volte ao serviço que você queria usar.",),
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
            "Se a mensagem se repetir, avise o suporte e informe o código de atendimento.",
        ),
    ),
}
