"""How long looking up takes among very many citizens with Vietnamese names."""
