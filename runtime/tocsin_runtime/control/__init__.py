"""The control topic: what is deployed in an environment, and what its workers say of it."""
