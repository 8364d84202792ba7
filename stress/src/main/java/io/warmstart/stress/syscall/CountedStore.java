package io.warmstart.stress.syscall;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import io.warmstart.model.Ranking;
import io.warmstart.model.RemoteOptions;
import io.warmstart.stress.original.OriginalStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** A store whose one entry is overwritten, or looked up, again and again. */
interface CountedStore extends AutoCloseable {
  /** One of the stores that can be counted. */
  enum Which {
    WARMSTART(true),
    /** The same with a remote, which is a directory beside the root. */
    WITH_REMOTE(true),
    ORIGINAL(false);

    private final boolean countsHits;

    Which(boolean countsHits) {
      this.countsHits = countsHits;
    }

    /** Whether its hits are counted too: those of the original rewrite the manifest. */
    boolean countsHits() {
      return countsHits;
    }
  }

  /** Overwrites once, durably. */
  void overwrite(byte[] payload, long iteration) throws IOException;

  /** Looks the entry up once, and asks for its payload where it lies. */
  void hit();

  @Override
  void close();

  static CountedStore of(Which which, Path root) throws IOException {
    Fingerprint key = new Fingerprinter().absorbString("test", "overwritten").finish();
    return switch (which) {
      case WARMSTART -> ofEngine(root, key, StoreOptions.defaults());
      case WITH_REMOTE -> {
        Path remote = Files.createDirectory(root.resolveSibling(root.getFileName() + "-remote"));
        yield ofEngine(
            root, key, StoreOptions.defaults().withRemote(RemoteOptions.of(remote.toUri())));
      }
      case ORIGINAL -> ofPort(root, key);
    };
  }

  private static CountedStore ofEngine(Path root, Fingerprint key, StoreOptions options) {
    WarmStartStore store = WarmStartStore.open(root, options);
    Entry reused = new Entry();
    return new CountedStore() {
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
      public void hit() {
        if (!store.lookup(key, Ranking.LOWEST_OBJECTIVE, reused)
            || reused.payload().capacity() == 0) {
          throw new IllegalStateException("a miss of what was saved: key=" + key.toHex());
        }
        reused.close();
      }

      @Override
      public void close() {
        store.close();
      }
    };
  }

  private static CountedStore ofPort(Path root, Fingerprint key) throws IOException {
    OriginalStore store =
        OriginalStore.open(root, StoreOptions.DEFAULT_SIZE_BUDGET_BYTES, StoreOptions.DEFAULT_TTL);
    return new CountedStore() {
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
      public void hit() {
        throw new UnsupportedOperationException("hits of the port are not counted");
      }

      @Override
      public void close() {
        // It holds nothing but memory.
      }
    };
  }
}
