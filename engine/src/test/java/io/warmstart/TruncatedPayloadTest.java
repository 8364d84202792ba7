package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Backlog;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreTrouble;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Payloads in a mapping of the caller's whose file somebody has truncated. The fault was taken for
 * one of the journal's pages, or the index's: a segment was left, the index made again, and the
 * caller got an InternalError.
 */
class TruncatedPayloadTest {
  private static final int LENGTH = 1 << 20;

  @TempDir Path parent;
  private final Fingerprint key = Payloads.key("mapped");
  private final List<StoreTrouble> troubles = new CopyOnWriteArrayList<>();
  private MappedByteBuffer mapped;

  @BeforeEach
  void truncateWhatIsMapped() throws IOException {
    Path file = Files.write(parent.resolve("file"), new byte[LENGTH]);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, LENGTH);
      channel.truncate(4096);
    }
  }

  private StoreOptions options(Durability durability) {
    return StoreOptions.defaults()
        .withDurability(durability)
        .withListener(
            new StoreListener() {
              @Override
              public void trouble(StoreTrouble trouble) {
                troubles.add(trouble);
              }
            });
  }

  private static void save(WarmStartStore store, Fingerprint key, Payload payload) {
    store.saveOverwrite(key, "run", payload, EntryAttributes.checkpoint().withObjective(1));
  }

  @ParameterizedTest
  @EnumSource
  void itsSaveIsRefusedAndNothingElseIsToBlame(Durability durability) {
    List<Payload> unreadable =
        List.of(
            Payload.of(mapped),
            Payload.of(mapped.slice(0, 40_000)),
            Payload.of(new UnsafeBuffer(mapped), 8192, 100),
            Payload.of(new UnsafeBuffer(mapped), 0, LENGTH));
    try (WarmStartStore store = WarmStartStore.open(parent.resolve("root"), options(durability))) {
      if (durability != Durability.IN_FILES) {
        Journalled.until(store, () -> save(store, key, Payload.of(new byte[10])));
      }
      save(store, key, Payload.of(new byte[11]));
      long rebuilds = store.stats().count(StoreCounter.REBUILDS);
      long journalled = store.stats().count(StoreCounter.JOURNALLED);

      for (Payload each : unreadable) {
        String said =
            String.valueOf(
                assertThrows(StoreException.class, () -> save(store, key, each)).getMessage());
        assertTrue(said.contains("payload's memory cannot be read"), said);
        assertThrows(
            StoreException.class,
            () ->
                store.saveOverwriteAsync(
                    key, "run", each, EntryAttributes.checkpoint(), Backlog.KEEP_ALL));
        assertThrows(StoreException.class, () -> store.session(key).checkpoint(each, 0.5, 1));
        try (Entry entry = store.lookup(key).orElseThrow()) {
          assertEquals(11, entry.payloadLength(), "the version before");
        }
      }

      save(store, key, Payload.of(new byte[12]));
      if (durability != Durability.IN_FILES) {
        assertEquals(journalled + 1, store.stats().count(StoreCounter.JOURNALLED));
      }
      assertEquals(0, store.stats().count(StoreCounter.JOURNAL_FAILURES));
      assertEquals(rebuilds, store.stats().count(StoreCounter.REBUILDS));
      assertTrue(store.verify().clean());
    }
    assertEquals(List.of(), troubles);
  }
}
