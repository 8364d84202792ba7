package io.warmstart.stress.worker;

import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;

/** What numbers of keys and shared runs stand for in a root. */
public final class Names {
  private static final String SHARED_PREFIX = "shared-";

  private Names() {}

  /** The key of a number. */
  public static Fingerprint key(int number) {
    return new Fingerprinter().absorbTag("stress").absorbLong("key", number).finish();
  }

  /** The run id of a shared run. */
  public static String sharedRun(int number) {
    return SHARED_PREFIX + number;
  }

  /** The number of a shared run; -1 if the run id is one of a fresh run. */
  public static int sharedRun(String runId) {
    return runId.startsWith(SHARED_PREFIX)
        ? Integer.parseInt(runId.substring(SHARED_PREFIX.length()))
        : -1;
  }
}
