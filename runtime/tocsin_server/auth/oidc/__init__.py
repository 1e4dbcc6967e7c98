"""People and programs that an identity provider vouches for (OpenID Connect)."""
