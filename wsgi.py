"""``granian --interface wsgi wsgi:issuer`` in a checkout; installed, the same names are in ``idp.wsgi``."""

from idp.wsgi import __getattr__ as __getattr__
