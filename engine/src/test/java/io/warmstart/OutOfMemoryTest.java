package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreCounter;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application that catches an OutOfMemoryError and goes on, as those do that try one model after
 * the other.
 */
@Tag("slow")
@Timeout(120)
class OutOfMemoryTest {
  @TempDir Path root;

  /**
   * The heartbeat met the error too and ended, and with it went the lock file: the process counted
   * as dead, and took no lock any more, for the rest of its life.
   */
  @Test
  void afterwardsTheProcessIsAliveToOthersAndTakesLocksAsBefore() throws Exception {
    try (ForkedJvm child =
            ForkedJvm.command(FullHeap.class, root.toString())
                .flag("-Xmx32m")
                .flag("-XX:-UseGCOverheadLimit")
                .start();
        WarmStartStore other = WarmStartStore.open(root)) {
      child.awaitLine("filled");
      // What the heartbeat has missed, it makes up for with the next.
      child.tell();
      assertEquals("[warmstart-agent, warmstart-locks]", child.awaitLine("threads"));
      assertEquals("0", child.awaitLine("without locks"));
      assertEquals(2, other.stats().liveProcesses());
    }
  }

  /** Fills the heap and holds it full over several heartbeats, again and again. */
  static final class FullHeap {
    private static volatile Object @Nullable [] held;

    private FullHeap() {}

    public static void main(String[] args) throws Exception {
      Fingerprint key = Payloads.key("full heap");
      WarmStartStore store = WarmStartStore.open(Path.of(args[0]));
      use(store, key);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
      try {
        while (System.nanoTime() - end < 0) {
          try {
            fill();
          } catch (OutOfMemoryError e) {
            held = null;
          }
        }
      } finally {
        Reference.reachabilityFence(held);
      }
      held = null;
      System.gc();
      // On a line of its own: a thread that has no memory may have begun one and not ended it.
      System.out.println();
      System.out.println("filled");
      ForkedJvm.awaitParent();
      Set<String> threads = new TreeSet<>();
      Thread.getAllStackTraces().keySet().forEach(each -> threads.add(each.getName()));
      threads.retainAll(Set.of("warmstart-locks", "warmstart-agent"));
      System.out.println("threads " + threads);
      long before = filesOnly(store);
      use(store, key);
      System.out.println("without locks " + (filesOnly(store) - before));
      ForkedJvm.untilKilled();
    }

    private static void use(WarmStartStore store, Fingerprint key) {
      store.saveOverwrite(key, "r", new byte[100], EntryAttributes.checkpoint());
      store.lookup(key).orElseThrow().close();
    }

    private static long filesOnly(WarmStartStore store) {
      return store.stats().count(StoreCounter.FILES_ONLY);
    }

    private static void fill() {
      Object[] chain = null;
      for (int size = 1 << 17; size >= 2; size /= 2) {
        try {
          while (true) {
            Object[] next = new Object[size];
            next[0] = chain;
            chain = next;
            held = chain;
          }
        } catch (OutOfMemoryError e) {
          // With smaller pieces then.
        }
      }
      long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(600);
      while (System.nanoTime() - until < 0) {
        // What others have given back is taken at once.
        try {
          Object[] next = new Object[2];
          next[0] = chain;
          chain = next;
          held = chain;
        } catch (OutOfMemoryError e) {
          // It is full still.
        }
      }
      held = null;
    }
  }
}
