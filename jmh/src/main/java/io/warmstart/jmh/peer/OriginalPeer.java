package io.warmstart.jmh.peer;

import io.warmstart.StoreOptions;
import io.warmstart.jmh.workload.Key;
import io.warmstart.model.EntryKind;
import io.warmstart.stress.original.OriginalEntry;
import io.warmstart.stress.original.OriginalStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** The port of the store that warmstart descends from, in one of its versions. */
final class OriginalPeer implements Peer {
  private static final String RUN_ID = "run";

  private final OriginalStore store;

  OriginalPeer(OriginalStore.Version version, Path root, Sizing sizing) throws IOException {
    store =
        OriginalStore.open(
            version,
            root,
            sizing.budgetBytes(),
            StoreOptions.DEFAULT_TTL,
            (manifest, reason) -> {});
  }

  @Override
  public void save(Key key, long number, byte[] payload) throws IOException {
    store.save(
        key.fingerprint(),
        payload,
        OptionalDouble.of(1.0 / (number + 1)),
        OptionalLong.of(number),
        EntryKind.CHECKPOINT);
  }

  @Override
  public void overwrite(Key key, long number, byte[] payload) throws IOException {
    store.saveOverwrite(
        key.fingerprint(),
        RUN_ID,
        payload,
        OptionalDouble.of(1.0 / (number + 1)),
        OptionalLong.of(number),
        EntryKind.CHECKPOINT);
  }

  @Override
  public Reader reader() {
    return new CloningReader(store);
  }

  @Override
  public void close() {
    // It holds nothing but memory.
  }

  private static final class CloningReader implements Reader {
    private final OriginalStore store;

    CloningReader(OriginalStore store) {
      this.store = store;
    }

    @Override
    public int lastByte(Key key) throws IOException {
      Optional<OriginalEntry> entry = store.lookup(key.fingerprint());
      if (entry.isEmpty()) {
        return -1;
      }
      byte[] payload = entry.get().payload();
      return payload[payload.length - 1] & 0xff;
    }

    @Override
    public int copy(Key key, byte[] target) throws IOException {
      Optional<OriginalEntry> entry = store.lookup(key.fingerprint());
      if (entry.isEmpty()) {
        return -1;
      }
      byte[] payload = entry.get().payload();
      System.arraycopy(payload, 0, target, 0, payload.length);
      return payload.length;
    }

    @Override
    public void close() {
      // It holds nothing but memory.
    }
  }
}
