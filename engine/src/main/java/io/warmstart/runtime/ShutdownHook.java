package io.warmstart.runtime;

/**
 * Something to do when the JVM ends in order: once, if it was added and not removed. Safe for all
 * threads.
 */
public final class ShutdownHook {
  private final Thread thread;

  // Under the monitor.
  private boolean added;
  private boolean removed;

  /** Makes one that is not added yet, and starts no thread. */
  public ShutdownHook(String name, Runnable action) {
    // Neither the class loader nor the thread-locals of the opener of the store: both would be
    // kept for as long as it is open.
    this.thread = new Thread(null, action, name, 0, false);
    this.thread.setContextClassLoader(ShutdownHook.class.getClassLoader());
  }

  /**
   * Has it done at the end.
   *
   * @return false if the JVM is ending already
   */
  public synchronized boolean add() {
    if (!added && !removed) {
      try {
        Runtime.getRuntime().addShutdownHook(thread);
      } catch (IllegalStateException e) {
        return false;
      }
      added = true;
    }
    return true;
  }

  /** It is not to be done any more. */
  public synchronized void remove() {
    if (added && !removed) {
      try {
        Runtime.getRuntime().removeShutdownHook(thread);
      } catch (IllegalStateException e) {
        // It is done at this moment.
        added = false;
      }
    }
    removed = true;
  }
}
