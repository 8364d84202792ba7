package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.Durability;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each process looked into the directory after each save of any other. */
@Tag("slow")
class LookupBesideSaverTest {
  @TempDir Path root;
  private final AtomicInteger lists = new AtomicInteger();

  private WarmStartStore open() {
    Thread looking = Thread.currentThread();
    ObservedFileOps ops =
        new WatchedFileOps(
            op -> {
              if (op.kind() == Kind.LIST && Thread.currentThread() == looking) {
                lists.incrementAndGet();
              }
            });
    return WarmStartStore.open(
        root,
        StoreOptions.defaults().withForeignCheckInterval(Duration.ofDays(1)).withFileOps(ops));
  }

  @Test
  void afterASaveOfAnotherProcessNoDirectoryIsListed() throws IOException {
    Fingerprint key = Payloads.key("k");
    try (WarmStartStore store = open();
        ForkedJvm child =
            ForkedJvm.start(
                JournallingProcess.class,
                "count",
                root.toString(),
                "k",
                Durability.IN_FILES.name(),
                "20")) {
      // It never comes to save into the journal: so it saves until it is killed.
      Await.until("the other has saved", () -> store.lookup(key).isPresent());
      int changes = 0;
      long last = 0;
      int withoutListing = 0;
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (changes < 50 && System.nanoTime() - deadline < 0) {
        lists.set(0);
        try (Entry entry = store.lookup(key, Ranking.LATEST).orElseThrow()) {
          long now = entry.iteration().orElseThrow();
          assertTrue(now >= last, now + " after " + last);
          if (now > last) {
            changes++;
            withoutListing += lists.get() == 0 ? 1 : 0;
          }
          last = now;
        }
      }
      assertTrue(changes >= 50, "changes: " + changes);
      // A lookup that meets a save under way lists, as often as the saver loses its processor then.
      assertTrue(withoutListing >= changes / 10, withoutListing + " without listing of " + changes);
      child.kill();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
