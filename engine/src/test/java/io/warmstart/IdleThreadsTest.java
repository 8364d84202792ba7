package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Payload;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StoreListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** A root that is closed in order keeps no thread, not even one that waits for more to do. */
@Isolated
class IdleThreadsTest {
  private static final Set<String> OF_CALLERS =
      Set.of("warmstart-callbacks", "warmstart-listeners");

  private static final int ROUNDS = 20;

  @TempDir Path parent;

  /** Each left one of each behind for five seconds: 89 in a loop of them. */
  @Test
  void aLoopThatOpensSavesAndClosesLeavesNoThreadsBehind() throws Exception {
    Set<Thread> before = ofCallers();
    for (int round = 0; round < ROUNDS; round++) {
      StoreOptions options =
          StoreOptions.defaults()
              .withListener(new StoreListener() {})
              .withSizeBudgetBytes(2000)
              .withPolicy(PolicyUse.THIS_STORE_ONLY);
      Path root = Files.createDirectory(parent.resolve("root-" + round));
      try (WarmStartStore store = WarmStartStore.open(root, options)) {
        for (int each = 0; each < 2; each++) {
          store
              .saveAsync(Payloads.key("k"), Payload.of(new byte[700]), EntryAttributes.checkpoint())
              .toCompletableFuture()
              .get(30, TimeUnit.SECONDS);
        }
        store.evictOverflow();
      }
    }
    // Those that have nothing to do go at once; they used to stay for five seconds.
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
    Set<Thread> left = left(before);
    while (left.size() >= ROUNDS / 2 && System.nanoTime() - end < 0) {
      TimeUnit.MILLISECONDS.sleep(1);
      left = left(before);
    }
    assertTrue(left.size() < ROUNDS / 2, left.size() + " threads");
  }

  private static Set<Thread> left(Set<Thread> before) {
    Set<Thread> left = ofCallers();
    left.removeAll(before);
    return left;
  }

  private static Set<Thread> ofCallers() {
    Set<Thread> all = new HashSet<>(Thread.getAllStackTraces().keySet());
    all.removeIf(each -> !OF_CALLERS.contains(each.getName()));
    return all;
  }
}
