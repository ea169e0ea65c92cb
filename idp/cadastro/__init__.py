"""Sources of contribuintes, inscrições, legal representatives and procurações.

Owns the formats they come in and what makes a line acceptable. Does not own the tables (``storage``), nor the rule of
who may act for whom (``domain.representation``).
"""
