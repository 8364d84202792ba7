package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class HousekeeperTest {
  @TempDir Path root;

  /** Counts what the housekeeper looks at, and lets some of it fail. */
  private static final class HousekeeperLooks extends ObservedFileOps {
    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicInteger failuresLeft = new AtomicInteger();

    HousekeeperLooks() {
      super(new NioFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (Thread.currentThread().getName().equals("warmstart-agent")) {
        looks.incrementAndGet();
        if (op.kind() == Kind.STAT && failuresLeft.get() > 0) {
          failuresLeft.decrementAndGet();
          throw new IllegalStateException("in the housekeeper");
        }
      }
      return whole.run();
    }
  }

  /** A file system could not be unmounted while somebody held on to a store that was closed. */
  @Test
  void aClosedStoreKeepsNoFileMapped() throws Exception {
    HousekeeperLooks ops = new HousekeeperLooks();
    WarmStartStore store = WarmStartStore.open(root, StoreOptions.defaults().withFileOps(ops));
    Payload payload = Payload.of(ByteBuffer.allocateDirect(10));
    try (store) {
      while (ops.looks.get() < 4) {
        // So often that the process keeps the key's stripe.
        for (int i = 0; i < 20; i++) {
          store.saveOverwrite(Payloads.key("any"), "r", payload, EntryAttributes.checkpoint());
        }
      }
      assertTrue(MappedFiles.areUnder(root), "the index is not");
    }
    try {
      MappedFiles.awaitNoneUnder(root);
    } finally {
      Reference.reachabilityFence(store);
    }
  }

  /** It ended the thread: that the index was replaced, this process never noticed any more. */
  @Test
  void anErrorInOneTickIsShownAndTheNextComesAllTheSame() throws Exception {
    Queue<String> shown = new ConcurrentLinkedQueue<>();
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, e) -> shown.add(e.getMessage()));
    HousekeeperLooks ops = new HousekeeperLooks();
    Path index = root.resolve(".warmstart/index");
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withFileOps(ops))) {
      store.save(Payloads.key("any"), new byte[10], EntryAttributes.checkpoint());
      // From here on there is an index, whose heartbeats look.
      ops.failuresLeft.set(2);
      while (shown.size() < 2) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      Files.delete(index);

      while (!Files.exists(index)) {
        TimeUnit.MILLISECONDS.sleep(10);
      }

      assertEquals(2, shown.size());
      assertTrue(shown.stream().allMatch("in the housekeeper"::equals), shown::toString);
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }
}
