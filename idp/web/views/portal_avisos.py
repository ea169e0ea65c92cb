"""Pages of the portal that tell one thing: what did not work, whose fault it is, and how to go on."""

from __future__ import annotations

from idp.domain.politica import Impedimento
from idp.errors import IllegalTransition
from idp.web.views.notice import Notice

_INICIO = ("/portal", "Voltar às suas procurações")

FORMULARIO = Notice(
    "SES-06",
    "Não foi possível concluir",
    (
        "O que a página enviou chegou incompleto, repetido ou de uma página antiga, talvez aberta antes de você entrar "
        "com outro certificado. Para sua proteção, não fizemos nada com isso.",
    ),
    ("Abra a página de novo a partir das suas procurações e repita o que queria fazer.",),
    link=_INICIO,
)

NAO_ENCONTRADA = Notice(
    "PRC-05",
    "Não há nada aqui para o seu certificado",
    (
        "O endereço pode estar errado, ou esta página é de outra pessoa ou empresa.",
        "Para proteger os outros, a resposta é a mesma nos dois casos.",
    ),
    (
        "Confira se você entrou com o certificado certo: o nome está no alto desta página.",
        "Se alguém lhe mandou este endereço, peça que confira para quem deu a procuração.",
    ),
    link=_INICIO,
)

SEM_PREENCHIMENTO = Notice(
    "PRC-06",
    "Este formulário não está mais guardado",
    ("Guardamos o que você digita por uma hora. Passado esse tempo, ele é apagado. Nada foi feito com ele.",),
    ("Comece de novo a partir das suas procurações.",),
    link=_INICIO,
)

OUTRA_PESSOA = Notice(
    "PRC-07",
    "Continue no navegador e com o certificado em que você começou",
    (
        "Este formulário foi começado com outro certificado ou em outro navegador, e só pode ser concluído ali. Nada "
        "foi feito.",
    ),
    (
        "O que se digita fica guardado por uma hora: volte ao navegador em que começou, com o mesmo certificado.",
        "Se não foi você que o começou, comece o seu a partir das suas procurações.",
    ),
    link=_INICIO,
)

_FEITO = {
    "ATIVA": "já foi aceita e está valendo",
    "PENDENTE": "ainda espera o aceite",
    "SUSPENSA": "está suspensa pela Secretaria",
    "RECUSADA": "já foi recusada",
    "REVOGADA": "já foi revogada",
    "RENUNCIADA": "já foi renunciada",
    "EXPIRADA": "já passou do prazo",
    "EXTINTA": "já foi extinta",
    "ABERTO": "ainda espera a resposta",
    "APROVADO": "já foi aprovado",
    "NEGADO": "já foi negado",
    "DESISTIDO": "já foi retirado por quem pediu",
    "EXPIRADO": "já passou do prazo",
    "ENCERRADA": "já foi encerrada",
}


_SUJEITO = {"procuracao": "esta procuração", "pedido": "este pedido", "designacao": "esta designação"}


def mudou(error: IllegalTransition, nome: str = "", link: tuple[str, str] = _INICIO) -> Notice:
    """Somebody was faster, or this page is old. ``nome``: which procuração it is of; ``link``: where it is seen."""
    sujeito = nome or _SUJEITO.get(error.machine, "isto")
    estado = _FEITO.get(str(error.state), "não está mais no estado que esta página mostrava")
    return Notice(
        "PRC-08",
        f"{sujeito[:1].upper()}{sujeito[1:]} {estado}",
        (
            "Isto mudou enquanto você decidia, talvez em outra aba ou por outra pessoa: por isso o que você escolheu "
            "não pode mais ser feito. Nada foi feito agora.",
        ),
        link=link,
    )


_IMPEDIDO: dict[Impedimento, tuple[str, ...]] = {
    Impedimento.SELO: (
        "Você entrou com o Selo Eletrônico da empresa. Ele identifica a empresa, mas não diz qual pessoa o usou, e por "
        "isso não serve para dar, aceitar ou retirar poderes.",
    ),
    Impedimento.SEM_RESPONSAVEL: (
        "O e-CNPJ usado não diz qual pessoa é a responsável: por isso não serve para dar, aceitar ou retirar poderes.",
    ),
    Impedimento.RESPONSAVEL_DIVERGENTE: (
        "A pessoa que este e-CNPJ traz como responsável não está entre os representantes atuais da empresa no cadastro "
        "de contribuintes.",
    ),
    Impedimento.CARENCIA: (
        "A lista de certificados revogados de quem emitiu este certificado está atrasada. Assim ele serve para "
        "consultar, mas não para dar ou aceitar poderes. O problema não é do certificado: tente mais tarde.",
    ),
    Impedimento.SEM_VINCULO: ("O cadastro de contribuintes não diz que este certificado pode agir por esta parte.",),
}
_DIVERGENTE = (
    "Se a empresa mudou de administrador, peça um e-CNPJ novo, com o responsável atual.",
    "Se o cadastro está desatualizado, a empresa precisa atualizar os seus representantes nele.",
    "O representante atual também pode entrar com o e-CPF dele.",
)
_OUTRO = (
    "Saia e entre com o e-CNPJ da empresa que traga o responsável atual.",
    "Ou peça ao representante legal da empresa que entre com o e-CPF dele.",
)
_DEPOIS = ("Tente de novo em algumas horas, ou entre com outro certificado que possa agir por esta parte.",)


def impedido(impedimento: Impedimento) -> Notice:
    """PRC-04; CERT-10's words where the responsável is another."""
    divergente = impedimento is Impedimento.RESPONSAVEL_DIVERGENTE
    return Notice(
        "CERT-10" if divergente else "PRC-04",
        "O responsável no e-CNPJ não representa a empresa no cadastro"
        if divergente
        else "Este certificado não permite este ato",
        (*_IMPEDIDO[impedimento], "Nada foi feito."),
        _DIVERGENTE if divergente else _DEPOIS if impedimento is Impedimento.CARENCIA else _OUTRO,
        link=("/logout", "Sair e entrar com outro certificado") if divergente else _INICIO,
    )
