"""Who vouches for what: keys, signatures, and the file that says which keys count."""
