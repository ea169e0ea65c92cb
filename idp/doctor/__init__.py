"""Looks at a running deployment as strangers do, and says what is wrong, why it matters and which line to change.

Owns the probes and their findings. Changes nothing and sends only to the configured origins (or where it was told that
they are); what it leaves behind is what any visitor leaves: return codes that nobody can redeem, for a minute. What it
forges in a certificate header cannot be a certificate, so being believed shows as a refusal, and no probe ever signs
anybody in. Printing, exit codes and the checks of the installation itself are those of ``idp.cli``.
"""
