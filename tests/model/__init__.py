"""The rules of representation written a second time, and the real flow held against them."""
