package io.warmstart.jmh;

import io.warmstart.EntryKind;
import io.warmstart.Fingerprint;
import io.warmstart.StoreOptions;
import io.warmstart.jmh.original.OriginalEntry;
import io.warmstart.jmh.original.OriginalStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** The port of the original store. */
final class OriginalContender implements Contender {
  private final OriginalStore store;

  OriginalContender(Path root) throws IOException {
    store = OriginalStore.open(root, StoreKind.SIZE_BUDGET_BYTES, StoreOptions.DEFAULT_TTL);
  }

  @Override
  public String save(Fingerprint key, byte[] payload, double objective, long iteration)
      throws IOException {
    return store.save(
        key,
        payload,
        OptionalDouble.of(objective),
        OptionalLong.of(iteration),
        EntryKind.CHECKPOINT);
  }

  @Override
  public void saveOverwrite(
      Fingerprint key, String runId, byte[] payload, double objective, long iteration)
      throws IOException {
    store.saveOverwrite(
        key,
        runId,
        payload,
        OptionalDouble.of(objective),
        OptionalLong.of(iteration),
        EntryKind.CHECKPOINT);
  }

  @Override
  public int lookupLastByte(Fingerprint key) throws IOException {
    return store.lookup(key).map(OriginalContender::lastByte).orElse(-1);
  }

  private static int lastByte(OriginalEntry entry) {
    byte[] payload = entry.payload();
    return payload[payload.length - 1] & 0xff;
  }

  @Override
  public byte[] latest(Fingerprint key) throws IOException {
    return store.lookupLatest(key).map(OriginalEntry::payload).orElseGet(() -> new byte[0]);
  }

  @Override
  public void close() {
    // It holds nothing but memory.
  }
}
