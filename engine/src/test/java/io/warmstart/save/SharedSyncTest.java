package io.warmstart.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.warmstart.Payloads;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two saves to one directory, of whose syncs one is told that something could not be written. */
@Timeout(60)
class SharedSyncTest {
  private static final Fingerprint KEY = Payloads.key("k");
  private static final List<String> RUNS = List.of("a", "b");

  @TempDir Path root;
  private final Meeting ops = new Meeting();
  private final List<Thread> savers = new CopyOnWriteArrayList<>();

  /** Both have made their names when the first sync of theirs fails; the other ends before that. */
  private static final class Meeting extends ObservedFileOps {
    private final CyclicBarrier both = new CyclicBarrier(2);
    private final AtomicInteger syncs = new AtomicInteger();
    private final CountDownLatch succeeded = new CountDownLatch(1);
    private volatile boolean armed;
    private volatile boolean failsLast;
    private volatile boolean lacksMemory;

    Meeting() {
      super(new NioFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (!armed || op.kind() != Kind.SYNC_DIRECTORY || !op.path().endsWith(KEY.toHex())) {
        return whole.run();
      }
      try {
        both.await(30, TimeUnit.SECONDS);
        if (syncs.getAndIncrement() == 0) {
          if (failsLast) {
            succeeded.await();
            // The other one is about to return.
            Thread.sleep(50);
          }
          if (lacksMemory) {
            throw new OutOfMemoryError("none to say that the sync has failed");
          }
          throw new IOException("Input/output error");
        }
      } catch (IOException e) {
        throw e;
      } catch (Exception e) {
        throw new IOException(e);
      }
      T synced = whole.run();
      succeeded.countDown();
      return synced;
    }
  }

  private WarmStartStore open(FileOps with) {
    return WarmStartStore.open(
        root, StoreOptions.defaults().withDurability(Durability.IN_FILES).withFileOps(with));
  }

  private Map<String, Throwable> saveBoth() {
    Map<String, Throwable> thrown = new ConcurrentHashMap<>();
    try (WarmStartStore store = open(ops)) {
      RUNS.forEach(run -> save(store, run));
      ops.armed = true;
      saveAtOnce(store, thrown);
      ops.armed = false;
      // Made again, the names are as good as any.
      RUNS.forEach(run -> save(store, run));
    }
    return thrown;
  }

  private void saveAtOnce(WarmStartStore store, Map<String, Throwable> thrown) {
    AtomicInteger ended = new AtomicInteger();
    for (String run : RUNS) {
      Thread saver =
          new Thread(
              () -> {
                try {
                  save(store, run);
                } catch (RuntimeException | OutOfMemoryError e) {
                  thrown.put(run, e);
                } finally {
                  ended.incrementAndGet();
                }
              });
      savers.add(saver);
      saver.start();
    }
    Await.until("both have ended", () -> ended.get() == 2);
  }

  /** Whether one of the savers waits until another has synced the root. */
  private boolean oneWaitsForTheSyncOfTheRoot() {
    return savers.stream()
        .filter(saver -> saver.getState() == Thread.State.BLOCKED)
        .map(Thread::getStackTrace)
        .anyMatch(stack -> stack.length > 0 && stack[0].getMethodName().equals("syncRoot"));
  }

  private static void save(WarmStartStore store, String run) {
    store.saveOverwrite(KEY, run, new byte[10], EntryAttributes.checkpoint());
  }

  @Test
  void aSyncThatFailsHasFailedForAllWhoseNamesItWasFor() {
    Map<String, Throwable> thrown = saveBoth();
    assertEquals(2, thrown.size(), () -> "" + thrown);
    thrown.values().forEach(each -> assertInstanceOf(DurabilityUnknownException.class, each));
  }

  /** The key's own name: who waited for the sync of the other one synced the root once more. */
  @Test
  void theSameOfTheRootThatTheKeysNameLiesIn() {
    Set<Thread> publishing = ConcurrentHashMap.newKeySet();
    AtomicInteger syncsOfRoot = new AtomicInteger();
    ObservedFileOps failing =
        new ObservedFileOps(new NioFileOps()) {
          @Override
          protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
              throws IOException {
            if (!savers.contains(Thread.currentThread())) {
              return whole.run();
            }
            if (op.kind() == Kind.RENAME || op.kind() == Kind.LINK) {
              publishing.add(Thread.currentThread());
            } else if (op.kind() == Kind.SYNC_DIRECTORY && op.path().endsWith(KEY.toHex())) {
              Await.until("both have begun to publish", () -> publishing.size() == 2);
            } else if (op.kind() == Kind.SYNC_DIRECTORY
                && op.path().equals(root)
                && syncsOfRoot.getAndIncrement() == 0) {
              Await.until(
                  "the other one waits for this sync",
                  SharedSyncTest.this::oneWaitsForTheSyncOfTheRoot);
              throw new IOException("Input/output error");
            }
            return whole.run();
          }
        };
    Map<String, Throwable> thrown = new ConcurrentHashMap<>();
    try (WarmStartStore store = open(failing)) {
      saveAtOnce(store, thrown);
      assertEquals(1, syncsOfRoot.get());
      // As ever after a failure.
      RUNS.forEach(run -> save(store, run));
    }
    assertEquals(2, thrown.size(), () -> "" + thrown);
    thrown.values().forEach(each -> assertInstanceOf(DurabilityUnknownException.class, each));
  }

  @Test
  void alsoIfItIsTheLastToEnd() {
    ops.failsLast = true;
    assertEquals(2, saveBoth().size());
  }

  /** What the kernel tells once may be lost for want of memory. */
  @Test
  void alsoIfThereIsNoMemoryToSaySo() {
    ops.lacksMemory = true;
    assertEquals(2, saveBoth().size());
  }
}
