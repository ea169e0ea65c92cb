"""The sandbox: a fake ICP-Brasil, personas, a demonstration cadastro and relying party, and a browserless visitor.

It owns whatever is needed to try the provider on one machine without anything official. It does not own any part of
the provider, and imports nothing of ``idp.certificate``: certificates are made here with code that shares no line with
the code that reads them, so that a misreading on one side cannot agree with itself on the other.
"""
