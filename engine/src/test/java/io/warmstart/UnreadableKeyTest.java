package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.UnsyncedFileOps;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.KeyContents;
import io.warmstart.model.RootInspection;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One key whose directory cannot be listed. What looks at all keys failed as a whole; a sweep told
 * of more bytes after it than before; and a pin of another key failed although it had been made.
 */
@Timeout(60)
class UnreadableKeyTest {
  private static final Fingerprint CLOSED = Payloads.key("closed");
  private static final Fingerprint OPEN = Payloads.key("open");

  @TempDir Path root;
  private volatile boolean closed;

  /** Does not list the directory of one key. */
  private final FileOps ops =
      new WatchedFileOps(
          new UnsyncedFileOps(),
          op -> {
            if (closed && op.kind() == Kind.LIST && op.path().endsWith(CLOSED.toHex())) {
              throw new AccessDeniedException(op.path().toString());
            }
          });

  private final StoreOptions options =
      StoreOptions.defaults().withFileOps(ops).withForeignCheckInterval(Duration.ZERO);

  private WarmStartStore openWithBoth() {
    WarmStartStore store = WarmStartStore.open(root, options);
    for (Fingerprint each : List.of(CLOSED, OPEN)) {
      store.saveOverwrite(each, "r", new byte[1000], EntryAttributes.checkpoint());
    }
    store.flush();
    store.evictOverflow();
    return store;
  }

  @Test
  void theOthersAreListedAndItSaysWhyItIsNot() {
    try (WarmStartStore store = openWithBoth()) {
      store.label(CLOSED, "user", "anna");
      store.pin(CLOSED);
      RootInspection before = store.inspect();
      closed = true;

      List<KeyContents> all = store.contents();
      assertEquals(store.keys(), all.stream().map(KeyContents::key).toList());
      for (KeyContents each : all) {
        boolean open = each.key().equals(OPEN);
        assertEquals(open ? Optional.empty() : Optional.of("permission denied"), each.failure());
        assertEquals(open ? 1 : 0, each.entries().size());
        assertEquals(!open, each.pinned());
        assertEquals(open ? "{}" : "{user=anna}", each.labels().toString());
      }
      RootInspection found = store.inspect();
      assertEquals(1, found.unreadableKeys());
      assertEquals(2, found.keys());
      assertEquals(1, found.entries());
      assertEquals(before.bytes(), found.bytes(), "the index knows what it has");
      assertThrows(StoreException.class, () -> store.contents(CLOSED));
    }
  }

  @Test
  void aSweepCountsItsBytesBeforeAsItDoesAfter() {
    try (WarmStartStore store = openWithBoth()) {
      long bytes = store.inspect().bytes();
      closed = true;

      EvictionReport report = store.evictOverflow();

      assertEquals(1, report.failures());
      assertEquals(bytes, report.bytesBefore());
      assertEquals(bytes, report.bytesAfter());
      assertTrue(report.unreadableBytes() > 1000 && report.unreadableBytes() < bytes);
      EvictionReport dry = store.evictOverflow(true);
      assertEquals(bytes, dry.bytesBefore());
      assertEquals(report.unreadableBytes(), dry.unreadableBytes());
    }
  }

  /** Where no index knows what it has. */
  @Test
  void aPinOfItKeepsNobodyFromPinningAnother() throws IOException {
    try (WarmStartStore store = openWithBoth()) {
      store.pin(CLOSED);
    }
    Files.delete(root.resolve(".warmstart").resolve("index"));
    closed = true;
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      store.pin(OPEN);
      assertTrue(store.contents(OPEN).pinned());
    }
  }
}
