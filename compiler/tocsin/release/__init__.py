"""What a release says: the one contract between control plane and data plane."""
