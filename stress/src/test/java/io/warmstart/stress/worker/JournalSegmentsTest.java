package io.warmstart.stress.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.io.FileSystemKind;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.stress.history.Version;
import io.warmstart.stress.worker.JournalSegments.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalSegmentsTest {
  private static final int WORKER = 7;

  @TempDir Path directory;

  private void save(WarmStartStore store, int count) {
    byte[] payload = Version.payload(Version.of(WORKER, count), -1, 0, 100);
    store.save(Names.key(0), payload, EntryAttributes.checkpoint());
  }

  /** The first save goes into files, while the segment is made. */
  private List<Segment> saveIntoJournal(WarmStartStore store) throws IOException {
    List<Segment> before = List.of();
    for (int count = 1; count <= 20_000; count++) {
      save(store, count);
      List<Segment> after = JournalSegments.of(directory);
      if (JournalSegments.grew(before, after)) {
        return after;
      }
      before = after;
    }
    throw new IOException("no save went into the journal");
  }

  @Test
  void saveIntoJournalIsToldFromOneIntoFilesAndWhoseItIs() throws IOException {
    assumeTrue(FileSystemKind.overwritesInPlace(directory));
    StoreOptions options = StoreOptions.defaults().withDurability(Durability.PROCESS_SAFE);
    try (WarmStartStore store = WarmStartStore.open(directory, options)) {
      List<Segment> journalled = saveIntoJournal(store);

      assertEquals(WORKER, journalled.get(0).worker());

      store.flush();
      List<Segment> flushed = JournalSegments.of(directory);
      StoreOptions inFiles = options.withDurability(Durability.IN_FILES);
      try (WarmStartStore files = WarmStartStore.open(directory, inFiles)) {
        save(files, 30_000);
      }

      assertFalse(flushed.get(0).holdsSaves());
      assertFalse(JournalSegments.grew(flushed, JournalSegments.of(directory)));
    }
    assertTrue(JournalSegments.of(directory).isEmpty());
  }
}
