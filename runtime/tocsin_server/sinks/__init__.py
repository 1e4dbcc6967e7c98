"""Tells others of findings: webhooks, chat, mail, syslog."""
