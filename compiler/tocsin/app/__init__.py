"""The use cases: what the command line, an API, jobs and notebooks ask for, as values.

Nothing here prints, asks or ends the process. Notes on what goes on are given to a callable.
"""
