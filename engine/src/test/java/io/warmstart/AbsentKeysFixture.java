package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Digest256;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A root with some keys, and a count of the looks that lookups of other keys cost. */
abstract class AbsentKeysFixture {
  /** More than make a listing worth its while. */
  static final int MANY = 300;

  static final byte[] PAYLOAD = {1, 2, 3};

  @TempDir Path parent;
  Path root;
  final KeyLooks looks = new KeyLooks();
  private int asked;

  @BeforeEach
  void fillRoot() throws IOException {
    root = Files.createDirectory(parent.resolve("root"));
    try (WarmStartStore store = open(Duration.ofDays(1), Durability.IN_FILES)) {
      for (int i = 0; i < 20; i++) {
        save(store, key(i));
      }
    }
  }

  /**
   * Counts what one thread does in key directories, and how often the housekeeper lists the root.
   */
  final class KeyLooks extends ObservedFileOps {
    private @Nullable Thread watched;
    private int looks;
    final AtomicInteger listings = new AtomicInteger();
    final AtomicInteger rootLooks = new AtomicInteger();
    volatile boolean failing;

    KeyLooks() {
      super(new NioFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      boolean ofKey = Digest256.isHex(op.path().getFileName().toString());
      if (Thread.currentThread() == watched && ofKey) {
        looks++;
      }
      if (op.path().equals(root) && Thread.currentThread().getName().equals("warmstart-agent")) {
        if (op.kind() != Kind.LIST) {
          rootLooks.incrementAndGet();
        } else {
          listings.incrementAndGet();
          if (failing) {
            throw new OutOfMemoryError("too many names");
          }
        }
      }
      return whole.run();
    }
  }

  static Fingerprint key(int number) {
    return Payloads.key("present " + number);
  }

  WarmStartStore open(Duration foreignCheckInterval, Durability durability) {
    return WarmStartStore.open(
        root,
        StoreOptions.defaults()
            .withForeignCheckInterval(foreignCheckInterval)
            .withDurability(durability)
            .withFileOps(looks));
  }

  static void save(WarmStartStore store, Fingerprint key) {
    store.saveOverwrite(key, "run", PAYLOAD, EntryAttributes.checkpoint());
  }

  static boolean has(WarmStartStore store, Fingerprint key) {
    try (Entry entry = store.lookup(key).orElse(null)) {
      return entry != null;
    }
  }

  /** How often so many lookups, each of another key, have looked for its directory. */
  int looksOf(WarmStartStore store, int lookups) {
    looks.looks = 0;
    looks.watched = Thread.currentThread();
    try {
      for (int i = 0; i < lookups; i++) {
        assertFalse(has(store, Payloads.key("absent " + asked++)));
      }
    } finally {
      looks.watched = null;
    }
    return looks.looks;
  }

  /** Makes a listing due, and asks for one key at a time until it was made. */
  void awaitFilter(WarmStartStore store) {
    looksOf(store, MANY);
    Await.until("misses read no files", () -> looksOf(store, 1) == 0 && looksOf(store, MANY) == 0);
  }
}
