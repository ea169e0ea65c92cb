"""View models: the words and the order of what pages show, so that templates only lay it out. No HTTP, no HTML."""
