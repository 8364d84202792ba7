package io.warmstart.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.Payloads;
import io.warmstart.StoreOptions;
import io.warmstart.Versions;
import io.warmstart.WarmStartStore;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Backlog;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreCounter;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A store that saves in the background, with a gate before the files of the thread that does. */
abstract class AsyncSaveFixture {
  static final String RUN = "r";

  @TempDir Path root;
  final Fingerprint key = Payloads.key("k");
  final Gate gate = new Gate();
  private @Nullable WarmStartStore open;

  /** Holds up the thread that saves, or lets its files fail. */
  static final class Gate extends ObservedFileOps {
    final AtomicInteger syncsOfSegments = new AtomicInteger();
    private final CountDownLatch held = new CountDownLatch(1);
    private volatile @Nullable CountDownLatch closed;
    volatile @Nullable String failing;
    volatile boolean failingSyncs;
    volatile boolean failingPairs;

    Gate() {
      super(new NioFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (Thread.currentThread().getName().equals("warmstart-saves")) {
        boolean ofSegment = op.path().toString().contains("segment-");
        if (op.kind() == Kind.SYNC && ofSegment) {
          syncsOfSegments.incrementAndGet();
          if (failingSyncs) {
            throw new IOException("Input/output error");
          }
        }
        CountDownLatch latch = closed;
        if (latch != null && op.kind() == Kind.SYNC) {
          held.countDown();
          try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
        }
        String name = failing;
        if (name != null && op.kind() == Kind.WRITE && op.path().toString().contains(name)) {
          throw new FileSystemException(name, null, "No space left on device");
        }
      }
      if (failingPairs
          && op.kind() == Kind.CREATE
          && Thread.currentThread().getName().equals("warmstart-journal")) {
        throw new IOException("Input/output error");
      }
      return whole.run();
    }

    /** The next sync of the thread waits. */
    private void close() {
      closed = new CountDownLatch(1);
    }

    void open() {
      CountDownLatch latch = closed;
      closed = null;
      if (latch != null) {
        latch.countDown();
      }
    }
  }

  WarmStartStore store(Durability durability) {
    WarmStartStore store =
        WarmStartStore.open(
            root, StoreOptions.defaults().withDurability(durability).withFileOps(gate));
    open = store;
    return store;
  }

  @AfterEach
  void close() {
    gate.open();
    if (open != null) {
      open.close();
    }
  }

  CompletionStage<String> hand(WarmStartStore store, int version, Backlog backlog) {
    return store.saveOverwriteAsync(
        key,
        RUN,
        Payload.of(Versions.payload("v" + version, 1000)),
        EntryAttributes.checkpoint().withIteration(version),
        backlog);
  }

  /** Has the thread stand in a save. */
  CompletionStage<String> holdUp(WarmStartStore store) throws InterruptedException {
    gate.close();
    CompletionStage<String> first = hand(store, 0, Backlog.KEEP_ALL);
    assertTrue(gate.held.await(30, TimeUnit.SECONDS));
    return first;
  }

  void assertLatest(WarmStartStore store, int version) {
    try (Entry entry = store.lookupLatest(key).orElseThrow()) {
      assertEquals(version, entry.iteration().orElseThrow());
      assertEquals("v" + version, Versions.nameOf(entry));
    }
  }

  static String join(CompletionStage<String> saved) {
    return saved.toCompletableFuture().join();
  }

  static long saves(WarmStartStore store) {
    return store.stats().count(StoreCounter.SAVES);
  }
}
