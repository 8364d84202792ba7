package io.warmstart.jmh;

import io.warmstart.Fingerprint;
import java.io.IOException;

/** What the benchmarks ask of a store, the same of each. For one thread. */
interface Contender extends AutoCloseable {

  /** Saves a checkpoint under a fresh run id, and returns it. */
  String save(Fingerprint key, byte[] payload, double objective, long iteration) throws IOException;

  /** Saves a checkpoint under a run id, in place of what it has. */
  void saveOverwrite(
      Fingerprint key, String runId, byte[] payload, double objective, long iteration)
      throws IOException;

  /** Looks the best entry up and reads its payload's last byte; -1 if there is none. */
  int lookupLastByte(Fingerprint key) throws IOException;

  /** A copy of the latest entry's payload; empty if there is none. */
  byte[] latest(Fingerprint key) throws IOException;

  @Override
  void close();
}
