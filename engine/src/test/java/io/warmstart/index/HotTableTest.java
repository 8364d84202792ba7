package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.payload.PayloadCache;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.ranking.Candidate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of what a process has in memory. */
class HotTableTest {
  private static final int MANY = 5000;

  @TempDir Path directory;
  private final PayloadCache cache = new PayloadCache(1 << 20);
  private final Generation attached = MemoryIndex.attachment();
  private final HotTable entries = attached.cached();
  private final SlotCursor at = new SlotCursor();

  @BeforeEach
  void makePayloadAndSlot() throws IOException {
    Files.write(directory.resolve("payload"), new byte[8]);
    attached.keys().insert(key(0), 1, at);
  }

  /** Keys that meet in few cells, as far as the hash looks. */
  private static Digest256 key(int number) {
    return Digest256.ofWords(number, number, number % 7, 0);
  }

  private HotEntry entry(int number, int ranking) throws IOException {
    Manifest manifest =
        Manifest.ofNewEntry(
            "test",
            Stamp.ofUnixNanos(1000),
            OptionalDouble.empty(),
            OptionalLong.empty(),
            false,
            key(1),
            8);
    try (FileOps.FileHandle file = new NioFileOps().openForReading(directory.resolve("payload"))) {
      PayloadMemory memory = PayloadMemory.load(file, 8, false).memory();
      HotEntry entry =
          new HotEntry(
              new KeyDirectory(directory, key(number)),
              ranking,
              new Candidate("run", manifest),
              memory,
              cache);
      entry.attach(attached, at, new IndexedWinner(), 0);
      return entry;
    }
  }

  @Test
  void eachKeyAndRankingHasItsOwn() throws IOException {
    List<HotEntry> put = new ArrayList<>();
    for (int number = 0; number < 50; number++) {
      for (int ranking = 0; ranking < IndexLayout.WINNERS; ranking++) {
        HotEntry entry = entry(number, ranking);
        assertNull(entries.put(entry));
        put.add(entry);
      }
    }
    for (HotEntry entry : put) {
      assertSame(entry, entries.find(entry.directory().key(), entry.ranking()));
    }
    assertNull(entries.find(key(50), 0));
  }

  @Test
  void whatIsReplacedIsGivenBackAndUntied() throws IOException {
    HotEntry before = entry(1, 0);
    entries.put(before);
    HotEntry after = entry(1, 0);
    assertSame(before, entries.put(after));
    assertSame(after, entries.find(key(1), 0));
    // A key that somebody keeps for good may still know it: it must not keep the mapping.
    assertNull(before.attached());
    assertNull(before.buffer());
  }

  @Test
  void whatIsRetiredIsForgottenAndNothingElse() throws IOException {
    HotEntry first = entry(1, 0);
    HotEntry other = entry(8, 0);
    entries.put(first);
    entries.put(other);
    first.retire();
    assertNull(entries.find(key(1), 0));
    assertNull(first.attached());
    assertSame(other, entries.find(key(8), 0));
    HotEntry second = entry(1, 0);
    entries.put(second);
    first.forget();
    assertSame(second, entries.find(key(1), 0), "its successor stays");
  }

  @Test
  void manyAreFoundAfterTheTableHasGrown() throws IOException {
    for (int number = 0; number < MANY; number++) {
      entries.put(spread(number));
    }
    for (int number = 0; number < MANY; number++) {
      assertNotNull(entries.find(spreadKey(number), 0), "" + number);
    }
    List<HotEntry> forgotten = new ArrayList<>();
    entries.forgetAll(forgotten::add);
    assertEquals(MANY, forgotten.size());
    forgotten.forEach(each -> assertNull(each.attached()));
    assertNull(entries.find(spreadKey(3), 0));
  }

  private HotEntry spread(int number) throws IOException {
    HotEntry like = entry(0, 0);
    HotEntry entry =
        new HotEntry(
            new KeyDirectory(directory, spreadKey(number)),
            0,
            like.candidate(),
            like.memory(),
            cache);
    entry.attach(attached, at, new IndexedWinner(), 0);
    return entry;
  }

  private static Digest256 spreadKey(int number) {
    return Digest256.ofWords(number, 1, Checksums.mix(number), 2);
  }
}
