"""What the page "Em nome de quem?" costs a holder with few and with many choices."""
