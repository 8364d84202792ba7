package io.warmstart.cli;

/** What {@code remote} does to one. */
enum RemoteAction {
  CHECK,
  LIFECYCLE,
  SWEEP
}
