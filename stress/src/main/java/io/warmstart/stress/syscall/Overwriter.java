package io.warmstart.stress.syscall;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import io.warmstart.stress.original.OriginalStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** A store whose one entry is overwritten again and again. */
interface Overwriter extends AutoCloseable {
  /** One of the stores that can be counted. */
  enum Store {
    WARMSTART,
    ORIGINAL
  }

  /** Overwrites once, durably. */
  void overwrite(byte[] payload, long iteration) throws IOException;

  @Override
  void close();

  static Overwriter of(Store which, Path root) throws IOException {
    Fingerprint key = new Fingerprinter().absorbString("test", "overwritten").finish();
    return which == Store.WARMSTART ? ofEngine(root, key) : ofPort(root, key);
  }

  private static Overwriter ofEngine(Path root, Fingerprint key) {
    WarmStartStore store = WarmStartStore.open(root);
    return new Overwriter() {
      @Override
      public void overwrite(byte[] payload, long iteration) {
        store.saveOverwrite(
            key,
            "run",
            payload,
            EntryAttributes.checkpoint()
                .withObjective(1.0 / (iteration + 1))
                .withIteration(iteration));
      }

      @Override
      public void close() {
        store.close();
      }
    };
  }

  private static Overwriter ofPort(Path root, Fingerprint key) throws IOException {
    OriginalStore store =
        OriginalStore.open(root, StoreOptions.DEFAULT_SIZE_BUDGET_BYTES, StoreOptions.DEFAULT_TTL);
    return new Overwriter() {
      @Override
      public void overwrite(byte[] payload, long iteration) throws IOException {
        store.saveOverwrite(
            key,
            "run",
            payload,
            OptionalDouble.of(1.0 / (iteration + 1)),
            OptionalLong.of(iteration),
            EntryKind.CHECKPOINT);
      }

      @Override
      public void close() {
        // It holds nothing but memory.
      }
    };
  }
}
