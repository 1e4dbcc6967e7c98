"""The use cases: functions on values, for the command line, an API, jobs and notebooks.

Nothing here prints, asks or ends the process. Notes on progress are passed to a callable.
"""
