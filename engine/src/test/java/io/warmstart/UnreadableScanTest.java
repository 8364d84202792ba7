package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.VerifyReport;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A scan has not seen all, for want of descriptors: its total counts, and it knows not whom. */
class UnreadableScanTest {
  @TempDir Path root;
  private final SteppedClock clock = new SteppedClock();

  /** For a minute only those that had been seen were evicted, however young. */
  @ParameterizedTest
  @EnumSource(
      value = ObservedFileOps.Kind.class,
      names = {"LIST", "OPEN_FOR_READING"})
  void theNextSweepLooksAgain(ObservedFileOps.Kind kind) throws IOException {
    WatchedFileOps ops = new WatchedFileOps();
    StoreOptions options = StoreOptions.defaults().withClock(clock).withFileOps(ops);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      for (String name : new String[] {"first", "second"}) {
        clock.advance(Duration.ofSeconds(10));
        store.saveOverwrite(
            Payloads.key(name), "run", new byte[4000], EntryAttributes.checkpoint());
      }
    }
    Files.delete(root.resolve(".warmstart/index"));
    long bytes = RootFiles.read(root).bytes;
    ops.watch(
        op -> {
          boolean ofFirst = op.path().startsWith(root.resolve(Payloads.key("first").toHex()));
          if (ofFirst && op.kind() == kind) {
            throw new FileSystemException(op.path().toString(), null, "Too many open files");
          }
        });
    try (WarmStartStore store =
        WarmStartStore.open(
            root, options.withSizeBudgetBytes(bytes - 1).withPolicy(PolicyUse.THIS_STORE_ONLY))) {
      assertEquals(0, store.evictOverflow().evicted());
      ops.rest();
      // What the scan could not see, it does not vouch for.
      VerifyReport report = store.verify();
      assertTrue(report.clean(), () -> report.problems().toString());

      assertEquals(1, store.evictOverflow().evicted());

      assertTrue(store.lookup(Payloads.key("first")).isEmpty());
      store.lookup(Payloads.key("second")).orElseThrow().close();
    }
  }
}
