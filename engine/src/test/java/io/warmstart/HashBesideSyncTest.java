package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.UnsyncedFileOps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The checksum of a payload of some size is computed while the payload is synced. */
@Timeout(60)
class HashBesideSyncTest {
  private static final EntryAttributes PLAIN = EntryAttributes.checkpoint();

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("hashed beside");

  /** The staged manifest waits for the payload's sync to begin; each may fail. */
  private static final class Staged extends ObservedFileOps {
    private final CountDownLatch syncing = new CountDownLatch(1);
    private Runnable atWrite = () -> {};
    private boolean failing;

    Staged() {
      super(new UnsyncedFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      String name = op.path().getFileName().toString();
      if (name.contains("~payload~") && op.kind() == Kind.WRITE) {
        atWrite.run();
      }
      if (name.contains("~payload~") && op.kind() == Kind.SYNC) {
        syncing.countDown();
        if (failing) {
          throw new IOException("sync failed");
        }
      }
      if (name.contains("~manifest~") && op.kind() == Kind.CREATE) {
        await(syncing);
        if (failing) {
          throw new IOException("create failed");
        }
      }
      return whole.run();
    }

    private static void await(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private WarmStartStore open(Staged ops) {
    return WarmStartStore.open(root, StoreOptions.defaults().withFileOps(ops));
  }

  /** Where the manifest is made first, it waits for ever. */
  @ParameterizedTest
  @ValueSource(ints = {256 * 1024, 1024 * 1024 - 1, 1024 * 1024})
  void syncBeginsBeforeThereIsAManifest(int bytes) {
    try (WarmStartStore store = open(new Staged())) {
      byte[] payload = Versions.payload("large", bytes);
      store.save(key, payload, PLAIN);

      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertArrayEquals(payload, Payloads.bytes(entry));
      }
      assertTrue(store.verify(false, (done, total) -> {}).clean());
    }
  }

  @Test
  void bufferThatChangesMeanwhileMakesNoBrokenPair() {
    Staged ops = new Staged();
    byte[] saved = Versions.payload("large", 300 * 1024);
    byte[] buffer = saved.clone();
    ops.atWrite = () -> Arrays.fill(buffer, (byte) 0);
    try (WarmStartStore store = open(ops)) {
      store.save(key, buffer, PLAIN);

      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertArrayEquals(saved, Payloads.bytes(entry));
      }
    }
  }

  /** A failed sync ends a save, whatever else has failed: nothing is tried again. */
  @Test
  void failedSyncIsToldThoughSomethingElseCameToLightFirst() {
    Staged ops = new Staged();
    ops.failing = true;
    try (WarmStartStore store = open(ops)) {
      StoreException failure =
          assertThrows(StoreException.class, () -> store.save(key, new byte[300 * 1024], PLAIN));

      Throwable cause = Objects.requireNonNull(failure.getCause());
      assertTrue(cause.toString().contains("sync failed"), cause::toString);
      assertEquals("create failed", cause.getSuppressed()[0].getMessage());
      assertEquals(1, store.stats().counters().get("sync_failures"));
      assertTrue(store.lookup(key).isEmpty());
    }
  }
}
