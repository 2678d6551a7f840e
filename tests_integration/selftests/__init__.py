"""How we know: the suite on real repositories, real remotes, real commands. Never collected together with a plan."""
