package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process has died with many runs in its journal. */
@Tag("slow")
@Timeout(120)
class AdoptionTest extends JournallingProcessFixture {
  private static final Fingerprint KEY = Payloads.key("k");
  private static final int MANY = 50;

  private void leaveMany() throws Exception {
    try (ForkedJvm child = start("many", "k", Durability.PROCESS_SAFE, MANY)) {
      child.awaitLine("saved");
      child.kill();
    }
  }

  private List<String> pairs() throws IOException {
    try (Stream<Path> files = Files.list(root.resolve(KEY.toHex()))) {
      return files
          .map(each -> each.getFileName().toString())
          .filter(each -> each.endsWith(".json"))
          .toList();
    }
  }

  /** Two pairs are begun before one is made, where one thread would wait for itself. */
  private final class Meeting extends ObservedFileOps {
    private final CountDownLatch both = new CountDownLatch(2);
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private volatile boolean inVain;

    Meeting() {
      super(new NioFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (op.kind() == Kind.CREATE && op.path().startsWith(root.resolve(KEY.toHex()))) {
        if (threads.add(Thread.currentThread())) {
          both.countDown();
        }
        try {
          inVain = inVain || !both.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
      return whole.run();
    }
  }

  /** Each waits for three syncs: one after the other they took as long as the disk has for all. */
  @Test
  void severalThreadsMakeThePairs() throws Exception {
    leaveMany();
    Meeting ops = new Meeting();
    try (WarmStartStore store =
        WarmStartStore.open(root, options(Durability.IN_FILES).withFileOps(ops))) {
      Await.until("the segment is adopted", () -> segments().isEmpty());

      assertFalse(ops.inVain, "one thread made them all");
      assertEquals(MANY + 1, pairs().size());
      assertTrue(store.verify().clean());
    }
  }

  @Test
  void oneThatFailsKeepsNoOtherFromBeingMade() throws Exception {
    leaveMany();
    AtomicReference<String> failing = new AtomicReference<>();
    ops.countAllThreads();
    ops.onlyAt(
        op -> {
          Path target = op.kind() == Kind.RENAME ? op.target() : null;
          if (target == null || !target.startsWith(root.resolve(KEY.toHex()))) {
            return false;
          }
          String run = target.getFileName().toString().replaceFirst("[.][a-z]+$", "");
          failing.compareAndSet(null, run);
          return run.equals(failing.get());
        });
    ops.arm(Fault.EIO, true, 0, root);
    try (WarmStartStore store = openFaulty()) {
      store.keys();

      assertEquals(MANY, pairs().size());
      assertTrue(pairs().stream().noneMatch(each -> each.startsWith(failing.get())));
      assertEquals(1, segments().size());
      ops.disarm();
      Await.until("the segment is adopted", () -> segments().isEmpty());
      assertEquals(MANY + 1, pairs().size());
    }
  }
}
