"""The portal "Minhas procurações": what a person gave, received, asked for and may do about it now.

Owns its addresses (everything under /portal), its forms and what of them is kept while they are filled in. Decides
nothing: who may do what is ``idp.flow.outorga``'s to say, and its words are in ``idp.web.views``.
"""

from idp.web.portal.blueprint import make_portal

__all__ = ["make_portal"]
