"""The control topic: what is deployed in an environment, and the reports of its workers."""
