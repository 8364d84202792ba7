package io.warmstart.save;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.Payloads;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.index.ForkedJvm;
import io.warmstart.io.NearlyFullHeap;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.UnsyncedFileOps;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What was handed in is saved, also where there was no memory for what came after it. */
@Tag("slow")
@Timeout(120)
class FullHeapAsyncTest {
  @TempDir Path root;

  @Test
  void whatWaitsIsSavedAndTheStoreCanBeClosed() throws Exception {
    try (ForkedJvm child =
        ForkedJvm.command(HandingIn.class, root.toString())
            .flag("-Xmx32m")
            .flag("-XX:-UseGCOverheadLimit")
            .start()) {
      assertEquals("0", child.awaitLine("unsaved"));
      assertEquals("in order", child.awaitLine("closed"));
    }
  }

  /** Hands in more and more behind a save that does not come to its end. */
  static final class HandingIn {
    /** A little before an ArrayDeque has to grow, to some 5,000 bytes. */
    private static final int MANY = 837;

    private static final int LEFT_BYTES = 4500;
    private static final CountDownLatch GATE = new CountDownLatch(1);

    private HandingIn() {}

    public static void main(String[] args) throws Exception {
      StoreOptions options =
          StoreOptions.defaults()
              .withDurability(Durability.IN_FILES)
              .withFileOps(
                  new WatchedFileOps(
                      new UnsyncedFileOps(),
                      op -> {
                        if (op.kind() == Kind.SYNC
                            && Thread.currentThread().getName().equals("warmstart-saves")) {
                          try {
                            GATE.await();
                          } catch (InterruptedException e) {
                            throw new IOException(e);
                          }
                        }
                      }));
      WarmStartStore store = WarmStartStore.open(Path.of(args[0]), options);
      Fingerprint key = Payloads.key("full heap");
      Payload payload = Payload.of(new byte[10]);
      List<CompletableFuture<String>> stages = new ArrayList<>(2 * MANY);
      for (int count = 0; count < MANY; count++) {
        stages.add(hand(store, key, payload));
      }
      NearlyFullHeap.fill(LEFT_BYTES);
      try {
        for (int count = 0; count < 20; count++) {
          stages.add(hand(store, key, payload));
        }
      } catch (OutOfMemoryError | InternalError e) {
        // Caught by the application, which goes on.
      } finally {
        NearlyFullHeap.free();
      }
      stages.add(hand(store, key, payload));
      GATE.countDown();
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (unsaved(stages) > 0 && System.nanoTime() - until < 0) {
        Thread.sleep(10);
      }
      System.out.println();
      System.out.println("unsaved " + unsaved(stages));
      store.close();
      System.out.println("closed in order");
      ForkedJvm.untilKilled();
    }

    private static CompletableFuture<String> hand(
        WarmStartStore store, Fingerprint key, Payload payload) {
      return store.saveAsync(key, payload, EntryAttributes.checkpoint()).toCompletableFuture();
    }

    private static long unsaved(List<CompletableFuture<String>> stages) {
      return stages.stream().filter(each -> !each.isDone()).count();
    }
  }
}
