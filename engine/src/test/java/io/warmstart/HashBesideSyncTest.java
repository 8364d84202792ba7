package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.UnsyncedFileOps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A large payload's checksum is computed while the payload is synced. */
@Timeout(60)
class HashBesideSyncTest {
  private static final EntryAttributes PLAIN = EntryAttributes.checkpoint();

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("hashed beside");

  /** Does something when the staged payload is read or synced, and may fail either. */
  private static final class AtStagedPayload extends ObservedFileOps {
    private final CountDownLatch synced = new CountDownLatch(1);
    private final CountDownLatch read = new CountDownLatch(1);
    private Runnable atRead = () -> {};
    private boolean failing;

    AtStagedPayload() {
      super(new UnsyncedFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      boolean staged = op.path().getFileName().toString().contains("~payload~");
      if (staged && op.kind() == Kind.READ) {
        atRead.run();
        read.countDown();
        await(synced);
        if (failing) {
          throw new IOException("read failed");
        }
      }
      if (staged && op.kind() == Kind.SYNC) {
        synced.countDown();
        await(read);
        if (failing) {
          throw new IOException("sync failed");
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

  private WarmStartStore open(AtStagedPayload ops) {
    return WarmStartStore.open(root, StoreOptions.defaults().withFileOps(ops));
  }

  /** Each waits for the other: one after the other would wait for ever. */
  @ParameterizedTest
  @ValueSource(ints = {256 * 1024, 1024 * 1024, 1024 * 1024 + 1})
  void syncHasBegunBeforeTheFirstByteIsHashed(int bytes) {
    AtStagedPayload ops = new AtStagedPayload();
    try (WarmStartStore store = open(ops)) {
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
    AtStagedPayload ops = new AtStagedPayload();
    byte[] saved = Versions.payload("large", 300 * 1024);
    byte[] buffer = saved.clone();
    ops.atRead = () -> Arrays.fill(buffer, (byte) 0);
    try (WarmStartStore store = open(ops)) {
      store.save(key, buffer, PLAIN);

      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertArrayEquals(saved, Payloads.bytes(entry));
      }
    }
  }

  @Test
  void ofTwoFailuresBothAreTold() {
    AtStagedPayload ops = new AtStagedPayload();
    ops.failing = true;
    try (WarmStartStore store = open(ops)) {
      StoreException failure =
          assertThrows(StoreException.class, () -> store.save(key, new byte[300 * 1024], PLAIN));

      assertEquals(List.of("read failed", "sync failed"), messages(failure));
      assertTrue(store.lookup(key).isEmpty());
    }
  }

  private static List<String> messages(Throwable failure) {
    List<String> messages = new ArrayList<>();
    for (Throwable each = failure.getCause(); each != null; each = each.getCause()) {
      messages.add(each.getMessage());
      for (Throwable suppressed : each.getSuppressed()) {
        messages.add(suppressed.getMessage());
      }
    }
    return messages;
  }
}
