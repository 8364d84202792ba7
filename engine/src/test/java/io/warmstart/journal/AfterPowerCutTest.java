package io.warmstart.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.Payloads;
import io.warmstart.StoreOptions;
import io.warmstart.Versions;
import io.warmstart.WarmStartStore;
import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A segment of before a reboot, some of whose pages were never written. */
class AfterPowerCutTest {
  private static final Fingerprint KEY = Payloads.key("k");
  private static final int VERSIONS = 5;

  @TempDir Path root;
  private final FaultyFileOps ops = new FaultyFileOps();
  private final List<JournalEntry> records = new ArrayList<>();

  /** Leaves a segment with versions 0 to 4 of one run, whose pair is "warm". */
  @BeforeEach
  void leaveSegment() throws IOException {
    StoreOptions options =
        StoreOptions.defaults().withDurability(Durability.POWER_SAFE).withFileOps(ops);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      Await.until(
          "a save is journalled",
          () -> {
            save(store, "warm");
            return store.stats().counters().getOrDefault("journalled", 0L) > 0;
          });
      store.flush();
      ops.onlyAt(op -> op.kind() == Kind.CREATE);
      ops.arm(Fault.ENOSPC, true, 0, root);
      for (int version = 0; version < VERSIONS; version++) {
        save(store, "v" + version);
      }
    }
    ops.disarm();
    // The counters of what was in its way begin anew.
    Files.delete(root.resolve(".warmstart/coordination"));
    change(
        segment -> {
          long salt = segment.salt();
          new RecordScan(segment, salt).follow(records::add);
          long done = segment.done();
          long durable = segment.durable();
          long end = segment.end();
          // The life goes on under another boot.
          segment.begin(segment.boot() + 1, salt);
          segment.end(end);
          segment.durable(durable);
          segment.done(done);
        });
    records.removeIf(record -> records.indexOf(record) < records.size() - VERSIONS);
    assertEquals(VERSIONS, records.size());
  }

  private void change(Consumer<Segment> change) throws IOException {
    SegmentFiles files = new SegmentFiles(new NioFileOps(), root.resolve(".warmstart"));
    List<Integer> numbers = files.list().numbers();
    assertEquals(1, numbers.size());
    Segment segment = files.map(numbers.get(0), true);
    change.accept(java.util.Objects.requireNonNull(segment));
  }

  private static void save(WarmStartStore store, String version) {
    store.saveOverwrite(KEY, "r", Versions.payload(version, 10_000), EntryAttributes.checkpoint());
  }

  private void tear(int version) throws IOException {
    JournalEntry record = records.get(version);
    change(
        segment -> {
          byte[] page = new byte[4096];
          segment.buffer().putBytes(record.payloadPosition() + 4096, page);
        });
  }

  private void check(String expected, long failures) throws IOException {
    try (WarmStartStore readOnly =
        WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
      assertEquals(expected, found(readOnly));
    }
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertEquals(expected, found(store));
      Await.until(
          "the segment is adopted",
          () ->
              new SegmentFiles(new NioFileOps(), root.resolve(".warmstart"))
                  .list()
                  .numbers()
                  .isEmpty());
      assertEquals(expected, found(store));
      assertTrue(store.verify().clean(), () -> store.verify().problems().toString());
      assertEquals(failures, store.stats().counters().get("journal_failures"));
    }
    byte[] pair = Files.readAllBytes(root.resolve(KEY.toHex()).resolve("r.bin"));
    assertEquals(expected, Versions.nameOf(pair));
  }

  private static String found(WarmStartStore store) {
    try (Entry entry = store.lookupLatest(KEY).orElseThrow()) {
      return Versions.nameOf(entry);
    }
  }

  @Test
  void theLatestIsFound() throws IOException {
    check("v4", 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void whatStandsBehindATornRecordIsFound(int torn) throws IOException {
    tear(torn);

    check("v4", 1);
  }

  @Test
  void whereTheLatestIsTornTheOneBeforeIt() throws IOException {
    tear(4);

    check("v3", 1);
  }

  @Test
  void whereAllAreTornThePair() throws IOException {
    for (int version = 0; version < VERSIONS; version++) {
      tear(version);
    }
    check("warm", 1);
  }

  @Test
  void whereTheHeaderIsTornThePair() throws IOException {
    change(segment -> segment.buffer().putLong(48, 0));

    check("warm", 0);
  }
}
