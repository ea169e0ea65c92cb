"""The OAuth 2.0 and OpenID Connect edge: parse, validate the protocol, call the flow, write the answer.

Owns every protocol endpoint, the tokens' contents and the relying party's authentication; the only package that may
import authlib or joserfc. Decides nothing about persons or rights: that is ``idp.flow``. Shows people nothing by
itself: pages are passed in (``idp.oidc.pages``).
"""
