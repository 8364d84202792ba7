package io.warmstart.runtime;

import java.util.concurrent.ThreadFactory;

/** Threads of ours. */
public final class DaemonThreads {
  private DaemonThreads() {}

  /**
   * Makes threads that keep no JVM alive, and nothing of the caller: neither thread-locals nor a
   * class loader but this one's.
   */
  public static ThreadFactory named(String name) {
    return work -> {
      Thread thread = new Thread(null, work, name, 0, false);
      thread.setDaemon(true);
      thread.setContextClassLoader(DaemonThreads.class.getClassLoader());
      return thread;
    };
  }
}
