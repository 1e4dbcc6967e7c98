"""Deployments on real engines that change under load, and what must be found meanwhile.

- Environments: `editions` are the states of a project, `event_feed` makes events with known
  matches, `environment_under_load` takes an environment from edition to edition,
  `rollout_process` does that in a process that `engine_kills` or a fault may end, `record_file`
  keeps what was published, `exactness` compares what was found with what must be.
- State: `correlation_edits` are what an author may do to a live correlation, `savepoint_trials`
  restores each from a savepoint of what it was, on `edit_events`, and `edit_outcomes` sets the
  verdict beside what became of the state.
- Programs that take hours and write the records of `docs/deployments`: `record_upgrades`,
  `record_rollbacks`, `record_isolation` (with `recording`, what they share) and
  `edit_outcomes`; `exercise_tables` and `verdict_table` show the records on pages.
"""
