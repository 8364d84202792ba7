package io.warmstart.stress.history;

/**
 * One operation of one process.
 *
 * @param worker who did it
 * @param key the key's number; -1 for a sweep
 * @param run the shared run's number; -1 for a fresh run, which its version identifies
 * @param version the version written or found; 0 for a miss
 * @param invoked when it was called, on the clock that all processes of the machine share
 * @param responded when it returned; {@link #NEVER} if the process died in it
 * @param failed whether it threw; then a write may or may not have happened
 * @param removed how many entries a sweep says that it removed
 */
public record Operation(
    int worker,
    Kind kind,
    int key,
    int run,
    long version,
    long invoked,
    long responded,
    boolean failed,
    long removed) {
  /** The response time of what never returned. */
  public static final long NEVER = Long.MAX_VALUE;

  /** Whether it returned without failing. */
  public boolean acknowledged() {
    return responded != NEVER && !failed;
  }
}
