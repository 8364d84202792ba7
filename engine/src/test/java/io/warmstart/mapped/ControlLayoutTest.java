package io.warmstart.mapped;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.mapped.ControlLayout.Field;
import io.warmstart.model.StoreCounter;
import io.warmstart.process.ControlFile;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ControlLayoutTest {
  private static final int CACHE_LINE = 64;

  static Stream<Arguments> records() {
    return Stream.of(
        Arguments.of("header", ControlLayout.HEADER, ControlLayout.HEADER_LENGTH),
        Arguments.of("process row", ControlLayout.PROCESS_ROW, ControlLayout.PROCESS_ROW_LENGTH),
        Arguments.of("stripe", ControlLayout.STRIPE, ControlLayout.STRIPE_LENGTH));
  }

  @ParameterizedTest
  @MethodSource("records")
  void fieldsLieInTheirRecordAndDoNotOverlap(String name, List<Field> fields, int recordLength) {
    boolean[] taken = new boolean[recordLength];
    for (Field field : fields) {
      for (int offset = field.offset(); offset < field.offset() + field.length(); offset++) {
        assertTrue(!taken[offset], name + ": " + field.name() + " overlaps at " + offset);
        taken[offset] = true;
      }
    }
  }

  /** A word that straddles its alignment is not read or written in one piece. */
  @ParameterizedTest
  @MethodSource("records")
  void everyWordIsAligned(String name, List<Field> fields, int recordLength) {
    for (Field field : fields) {
      int word = Math.min(8, field.length());
      assertEquals(0, field.offset() % word, name + ": " + field.name());
      assertEquals(0, field.length() % word, name + ": " + field.name());
    }
    assertEquals(0, recordLength % CACHE_LINE, name);
  }

  @Test
  void recordsFollowEachOtherWithoutOverlapAndFillPages() {
    assertEquals(
        ControlLayout.HEADER_OFFSET + ControlLayout.HEADER_LENGTH, ControlLayout.rowOffset(0));
    assertEquals(
        ControlLayout.rowOffset(ControlLayout.PROCESS_ROWS), ControlLayout.stripeOffset(0));
    int end = ControlLayout.stripeOffset(ControlLayout.SWEEP_STRIPE + 1);
    assertTrue(end <= ControlLayout.FILE_LENGTH);
    assertEquals(0, ControlLayout.FILE_LENGTH % 4096);
    assertEquals(0, ControlLayout.STRIPES_OFFSET % CACHE_LINE);
    assertEquals(0, ControlLayout.PROCESSES_OFFSET % CACHE_LINE);
  }

  /** What stands in a row has its name from its place: so none is moved, or given again. */
  @Test
  void countersKeepTheirPlacesInTheRow() {
    List<String> names =
        List.of(
            "HITS",
            "MISSES",
            "SAVES",
            "OVERWRITES",
            "EVICTED",
            "EXPIRED",
            "QUARANTINED",
            "ROLLED_FORWARD",
            "LEFTOVERS_REMOVED",
            "REPUBLISHED",
            "LOCK_BREAKS",
            "LOCK_TIMEOUTS",
            "FILES_ONLY",
            "SYNC_FAILURES",
            "SAVE_FAILURES",
            "LOOKUP_FAILURES",
            "FORGOTTEN_LEASES",
            "TOUCHES_WRITTEN",
            "TOUCH_FAILURES",
            "SWEEPS",
            "SWEEP_FAILURES",
            "REBUILDS",
            "LOOKUPS_FROM_FILES",
            "REMOVED_BY_OTHERS",
            "LOCKS_LOST",
            "FOREIGN_SEEN",
            "JOURNALLED",
            "JOURNAL_FAILURES");
    assertEquals(names, Stream.of(StoreCounter.values()).map(StoreCounter::name).toList());
    assertEquals(
        IntStream.range(0, ControlLayout.COUNTERS).map(place -> 32 + 8 * place).boxed().toList(),
        Stream.of(StoreCounter.values()).map(ControlLayout::counterOffset).toList());
  }

  @Test
  void theHashChangesWhenAnyFieldMovesGrowsOrIsRenamed() {
    List<List<Field>> layout =
        List.of(ControlLayout.HEADER, ControlLayout.PROCESS_ROW, ControlLayout.STRIPE);
    int hash = ControlLayout.layoutHash();
    assertEquals(hash, ControlLayout.layoutHash(layout));
    for (int record = 0; record < layout.size(); record++) {
      for (int each = 0; each < layout.get(record).size(); each++) {
        Field field = layout.get(record).get(each);
        for (Field changed :
            List.of(
                new Field(field.name(), field.offset() + 8, field.length(), field.meaning()),
                new Field(field.name(), field.offset(), field.length() + 8, field.meaning()),
                new Field(field.name() + "'", field.offset(), field.length(), field.meaning()))) {
          List<List<Field>> other = new ArrayList<>(layout);
          List<Field> fields = new ArrayList<>(layout.get(record));
          fields.set(each, changed);
          other.set(record, fields);
          assertNotEquals(hash, ControlLayout.layoutHash(other), changed::toString);
        }
      }
    }
  }

  @Test
  void buildsThatDifferInTheIndexOnlyDoNotShareTheRoot() {
    long layout = IndexLayout.layout();
    assertNotEquals(ControlFile.versionWord(layout), ControlFile.versionWord(layout + 1));
    assertNotEquals(ControlFile.versionWord(layout), ControlFile.versionWord(layout + (1L << 32)));
  }

  /** What is in use on disk: if this fails, {@link ControlLayout#VERSION} must move on. */
  @Test
  void theLayoutOfVersionFourIsFrozen() {
    assertEquals(4, ControlLayout.VERSION);
    assertEquals(0xe1592d72, ControlLayout.layoutHash());
  }
}
