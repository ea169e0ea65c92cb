"""The ``idp`` command: noun, verb, ``--json``.

Owns how commands are found, how results and errors are shown, and the exit codes; each noun is a module of its own.
Decides nothing: what a command does lies in the packages it calls.

=========  =======================================================================
exit code  meaning
=========  =======================================================================
0          done, or a favourable answer
1          refused, or a negative answer (nothing of that name, a certificate that may not log in)
2          unusable input: wrong options, a file that is not what it should be
3          configuration: settings, keys, trust list or database do not allow it
4          ``idp audit verify FILE`` alone: it agrees with itself, and nobody vouches for its key
=========  =======================================================================
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from idp import __version__
from idp.cli.output import fail
from idp.errors import (
    ConfigurationError,
    IdpError,
    InvalidClient,
    InvalidDocument,
    InvalidProcuracao,
    NotFound,
    StoreUnavailable,
)

COMMANDS = (
    ("sandbox", "sandbox:sandbox", "Try everything on this machine with a fake ICP-Brasil."),
    ("serve", "serve:serve", "Run the issuer, the certificate host and the mTLS host."),
    ("worker", "worker:worker", "Do the periodic work: seal the audit chain, fetch lists."),
    ("config", "config:config", "Check the configuration, or show it."),
    ("doctor", "doctor:doctor", "Probe the running deployment and say what to change."),
    ("db", "db:db", "Create the database's tables or bring them up to date."),
    ("cadastro", "cadastro:cadastro", "Import contribuintes, inscricoes, representatives and procuracoes."),
    ("procuracao", "procuracao:procuracao", "Show procuracoes, suspend or extinguish them; show the policy."),
    ("client", "client:client", "Register relying parties and change them."),
    ("keys", "keys:keys", "Create, list and rotate the signing keys."),
    ("trust", "trust:group", "Import the ICP-Brasil bundle and say which CAs may certify a login."),
    ("crl", "crl:group", "Keep the revocation lists of those CAs."),
    ("cert", "cert:group", "Say what a login with a certificate would say."),
    ("outbox", "outbox:outbox", "Say whether clients have been told of ended sessions."),
    ("audit", "audit:audit", "Verify the audit chain, search it, export a case."),
    ("person", "person:person", "Hand over or erase what is kept of a person."),
)
"""Every noun in the order help shows them: its name, where its command is defined below ``idp.cli``, one sentence. A
module is imported when its noun is called, so that a command pays for its own imports only."""

UNUSABLE = (InvalidClient, InvalidDocument, InvalidProcuracao)


class Idp(click.Group):
    """The root: finds commands by COMMANDS and turns every foreseeable error into a sentence and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _, _ in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for name, where, _ in COMMANDS:
            if name == cmd_name:
                module, _, attribute = where.partition(":")
                command: click.Command = getattr(import_module(f"idp.cli.{module}"), attribute)
                return command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, _, summary in COMMANDS])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            fail(3, error.problem, error.remedy)
        except StoreUnavailable as error:
            fail(3, f"the store does not answer: {error}", "see: idp config check")
        except InvalidClient as error:
            fail(2, str(error), "", field=error.field)
        except UNUSABLE as error:
            fail(2, str(error))
        except NotFound as error:
            fail(1, f"there is no such {error}")
        except IdpError as error:
            fail(1, str(error))
        except BrokenPipeError:
            raise
        except OSError as error:
            fail(3, f"{error.filename or 'system'}: {error.strerror or error}", "correct the path or its permissions")


@click.group(cls=Idp, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="idp")
def main() -> None:
    """Portaria: an OpenID Connect provider that knows taxpayers by their ICP-Brasil certificates.

    Exit codes: 0 done, 1 refused or a negative answer, 2 unusable input, 3 configuration,
    4 a case whose key nobody vouches for (audit verify).
    """
