package io.warmstart;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.model.Backlog;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreTrouble;
import io.warmstart.testing.Await;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The close of the last store on a root, while other threads are at work with it. They went on with
 * an engine that was closed: without the kernel's locks, beside a new engine on the same root.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CloseBesideOperationsTest {
  private static final EntryAttributes CHECKPOINT = EntryAttributes.checkpoint();
  private static final Fingerprint KEY = Payloads.key("k");

  @TempDir Path root;
  private final FaultyFileOps ops = new FaultyFileOps();

  private WarmStartStore open(Durability durability) {
    return WarmStartStore.open(
        root, StoreOptions.defaults().withDurability(durability).withFileOps(ops));
  }

  private static void assertSaysClosed(@Nullable Throwable thrown) {
    String said = assertInstanceOf(IllegalStateException.class, thrown).toString();
    assertTrue(said.contains(": the store is closed"), said);
  }

  /** It went on for half a minute, and then blamed another process. */
  @Test
  void aRemovalThatWaitsEndsWhenItsStoreCloses() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    WarmStartStore store = open(Durability.PROCESS_SAFE);
    Journalled.until(store, () -> store.saveOverwrite(KEY, "stuck", new byte[10], CHECKPOINT));
    ops.onlyAt(
        op -> {
          boolean isOfRun = op.kind() == Kind.CREATE && op.path().toString().contains("stuck~");
          attempts.addAndGet(isOfRun ? 1 : 0);
          return isOfRun;
        });
    ops.arm(Fault.ENOSPC, true, 0, root);
    Thread removing =
        new Thread(
            () -> {
              try {
                store.remove(KEY, "stuck");
              } catch (RuntimeException e) {
                thrown.set(e);
              }
            });
    removing.start();
    Await.until("the removal waits for the pair", () -> attempts.get() > 5);

    store.close();

    removing.join();
    assertSaysClosed(thrown.get());
    ops.disarm();
    try (WarmStartStore again = open(Durability.PROCESS_SAFE)) {
      assertTrue(again.remove(KEY, "stuck"));
    }
  }

  private static final class Lines extends Handler {
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();

    @Override
    public void publish(LogRecord line) {
      lines.add(line.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  /** Saves until it is told to end; what is acknowledged is noted. */
  private static final class Saver extends Thread {
    private final AtomicReference<WarmStartStore> current;
    private final AtomicBoolean end;
    private final AtomicLongArray acknowledged;
    private final int number;
    private final List<Throwable> thrown = new ArrayList<>();

    Saver(
        AtomicReference<WarmStartStore> current,
        AtomicBoolean end,
        AtomicLongArray acknowledged,
        int number) {
      this.current = current;
      this.end = end;
      this.acknowledged = acknowledged;
      this.number = number;
    }

    @Override
    public void run() {
      ByteBuffer payload = ByteBuffer.allocate(20_000);
      for (long version = 1; !end.get(); version++) {
        payload.putLong(0, version);
        WarmStartStore store = requireNonNull(current.get());
        try {
          store.saveOverwrite(KEY, "r" + number, payload.array(), CHECKPOINT);
          acknowledged.set(number, version);
        } catch (IllegalStateException e) {
          if (!e.toString().contains(": the store is closed: root=")) {
            thrown.add(e);
          }
          while (current.get() == store && !end.get()) {
            Thread.onSpinWait();
          }
        } catch (RuntimeException | Error e) {
          thrown.add(e);
        }
      }
    }
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource(Durability.class)
  void savesBesideCloseAndReopenKeepTheirLocksAndLoseNothing(Durability durability)
      throws Exception {
    Lines log = new Lines();
    Logger logger = Logger.getLogger("io.warmstart");
    logger.addHandler(log);
    AtomicReference<WarmStartStore> current = new AtomicReference<>(open(durability));
    AtomicBoolean end = new AtomicBoolean();
    AtomicLongArray acknowledged = new AtomicLongArray(4);
    List<Saver> savers = new ArrayList<>();
    try {
      for (int each = 0; each < acknowledged.length(); each++) {
        Saver saver = new Saver(current, end, acknowledged, each);
        saver.start();
        savers.add(saver);
      }
      for (int round = 0; round < 40; round++) {
        long[] before = new long[acknowledged.length()];
        int soFar = round;
        Await.until("some are saved", () -> acknowledged.get(soFar % 4) > 2L * soFar);
        requireNonNull(current.get()).close();
        for (int each = 0; each < before.length; each++) {
          before[each] = acknowledged.get(each);
        }
        WarmStartStore next = open(durability);
        for (int each = 0; each < before.length; each++) {
          try (Entry found = next.lookup(KEY, "r" + each).orElse(null)) {
            long there = found == null ? 0 : found.buffer().getLong(0);
            assertTrue(there >= before[each], "acknowledged " + before[each] + ", is " + there);
          }
        }
        current.set(next);
      }
    } finally {
      end.set(true);
      for (Saver saver : savers) {
        saver.join();
      }
      requireNonNull(current.get()).close();
      logger.removeHandler(log);
    }
    savers.forEach(saver -> assertEquals(List.of(), saver.thrown));
    String here = root.toRealPath().toString();
    assertEquals(List.of(), log.lines.stream().filter(each -> each.contains(here)).toList());
    try (WarmStartStore store = open(durability)) {
      assertEquals(List.of(), store.verify().problems());
    }
  }

  /** A payload that does something when it is read. */
  private static final class Reacting extends UnsafeBuffer {
    private final Runnable reaction;

    Reacting(byte[] payload, Runnable reaction) {
      super(payload);
      this.reaction = reaction;
    }

    @Override
    public void getBytes(int index, byte[] target, int offset, int length) {
      reaction.run();
      super.getBytes(index, target, offset, length);
    }

    @Override
    public void getBytes(int index, ByteBuffer target, int length) {
      reaction.run();
      super.getBytes(index, target, length);
    }

    @Override
    public void getBytes(int index, ByteBuffer target, int targetOffset, int length) {
      reaction.run();
      super.getBytes(index, target, targetOffset, length);
    }
  }

  @ParameterizedTest
  @EnumSource(Durability.class)
  void aSaveWhosePayloadClosesTheStoreIsSaved(Durability durability) {
    WarmStartStore store = open(durability);
    store.saveOverwrite(KEY, "r", new byte[1], CHECKPOINT);
    byte[] second = Versions.payload("second", 2000);
    AtomicInteger closes = new AtomicInteger();

    store.saveOverwrite(
        KEY,
        "r",
        Payload.of(
            new Reacting(
                second,
                () -> {
                  store.close();
                  closes.incrementAndGet();
                }),
            0,
            second.length),
        CHECKPOINT);

    assertTrue(closes.get() > 0);
    assertSaysClosed(assertThrows(IllegalStateException.class, () -> store.lookup(KEY)));
    try (WarmStartStore again = open(durability)) {
      assertEquals("second", Versions.found(again.lookup(KEY, "r"), "none"));
    }
  }

  /** Each is inside a save, and closes the other's store: neither can wait for the other. */
  @Test
  void savesThatCloseEachOthersStoresEnd() throws Exception {
    WarmStartStore one = open(Durability.IN_FILES);
    WarmStartStore two = open(Durability.IN_FILES);
    CountDownLatch bothInside = new CountDownLatch(2);
    CompletableFuture<Boolean> first = saveAndClose(one, "one", two, bothInside);
    CompletableFuture<Boolean> second = saveAndClose(two, "two", one, bothInside);

    assertTrue(first.get());
    assertTrue(second.get());
    try (WarmStartStore again = open(Durability.IN_FILES)) {
      assertEquals("one", Versions.found(again.lookup(KEY, "one"), "none"));
      assertEquals("two", Versions.found(again.lookup(KEY, "two"), "none"));
    }
  }

  private static CompletableFuture<Boolean> saveAndClose(
      WarmStartStore store, String run, WarmStartStore other, CountDownLatch bothInside) {
    CompletableFuture<Boolean> saved = new CompletableFuture<>();
    Runnable closeOther =
        () -> {
          bothInside.countDown();
          try {
            assertTrue(bothInside.await(60, TimeUnit.SECONDS));
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          other.close();
        };
    new Thread(
            () -> {
              try {
                Payload payload =
                    Payload.of(new Reacting(Versions.payload(run, 2000), closeOther), 0, 2000);
                store.saveOverwrite(KEY, run, payload, CHECKPOINT);
                saved.complete(true);
              } catch (RuntimeException | Error e) {
                saved.completeExceptionally(e);
              }
            })
        .start();
    return saved;
  }

  @Test
  void aVerificationWhoseProgressClosesTheStoreEnds() {
    WarmStartStore store = open(Durability.PROCESS_SAFE);
    store.save(KEY, new byte[1], CHECKPOINT);
    store.save(Payloads.key("another"), new byte[1], CHECKPOINT);

    assertEquals(2, store.verify((done, total) -> store.close()).keys());

    assertSaysClosed(assertThrows(IllegalStateException.class, store::verify));
    open(Durability.PROCESS_SAFE).close();
  }

  @Test
  void aStageMayCloseTheStoreWhileOthersSave() throws Exception {
    WarmStartStore store = open(Durability.POWER_SAFE);
    AtomicBoolean saved = new AtomicBoolean();
    Thread other =
        new Thread(
            () -> {
              try {
                while (true) {
                  store.saveOverwrite(KEY, "other", new byte[10], CHECKPOINT);
                  saved.set(true);
                }
              } catch (IllegalStateException e) {
                assertSaysClosed(e);
              }
            });
    other.start();
    Await.until("something is saved", saved::get);

    store
        .saveOverwriteAsync(KEY, "r", Payload.of(new byte[1]), CHECKPOINT, Backlog.KEEP_ALL)
        .thenRun(store::close)
        .toCompletableFuture()
        .get();

    other.join();
    assertThrows(IllegalStateException.class, store::stats);
  }

  @Test
  void aListenerMayCloseTheStore() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    AtomicReference<WarmStartStore> opened = new AtomicReference<>();
    StoreListener closing =
        new StoreListener() {
          @Override
          public void trouble(StoreTrouble trouble) {
            requireNonNull(opened.get()).close();
            closed.countDown();
          }
        };
    WarmStartStore store = WarmStartStore.open(root, StoreOptions.defaults().withListener(closing));
    opened.set(store);
    Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
    try {
      engine.notices().trouble(StoreTrouble.Kind.LOCKS, "to be listened to", null);
      closed.await();
    } finally {
      EngineRegistry.release(engine);
    }
    assertSaysClosed(assertThrows(IllegalStateException.class, store::flush));
  }

  /** Whatever still has a part of it: it went on without a lock. */
  @Test
  void anEngineThatIsClosedChangesNothing() throws Exception {
    try (WarmStartStore store = open(Durability.IN_FILES)) {
      store.saveOverwrite(KEY, "r", new byte[1], CHECKPOINT);
    }
    StoreOptions options = StoreOptions.defaults().withFileOps(ops);
    Engine engine = EngineRegistry.acquire(root.toRealPath(), options.engineOptions());
    EngineRegistry.release(engine);

    assertSaysClosed(
        assertThrows(IllegalStateException.class, () -> engine.pinFlow().pin(KEY.digest(), "r")));

    try (WarmStartStore store = open(Durability.IN_FILES);
        Entry entry = store.lookup(KEY, "r").orElseThrow()) {
      assertFalse(entry.pinned());
    }
  }
}
