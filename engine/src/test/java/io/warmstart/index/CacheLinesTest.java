package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.table.SlotCursor;
import io.warmstart.payload.CacheLinePadding;
import io.warmstart.payload.PayloadLease;
import io.warmstart.process.HitTally;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import org.agrona.UnsafeApi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a lookup writes to shares no cache line with what another thread's lookup writes to, however
 * the collector packs them. Side by side, two threads took three times as long for each hit.
 */
class CacheLinesTest {
  private static final int LINE = 64;
  private static final int HEADER = 8;

  @ParameterizedTest
  @ValueSource(
      classes = {PayloadLease.class, HitTally.class, SlotCursor.class, IndexedWinner.class})
  void nothingBeforeSharesALine(Class<?> type) {
    assertTrue(CacheLinePadding.class.isAssignableFrom(type));
    // The object before may end with a field that is written to just as often.
    assertTrue(first(fields(type)) >= LINE, () -> type + " begins at " + first(fields(type)));
  }

  @ParameterizedTest
  @ValueSource(classes = {PayloadLease.class, HitTally.class})
  void nothingAfterSharesALine(Class<?> type) {
    assertTrue(paddingAfter(type) >= LINE - HEADER, () -> type + ": " + paddingAfter(type));
  }

  @Test
  void nothingAfterABufferSharesALine() throws ClassNotFoundException {
    Class<?> type = Class.forName("io.warmstart.lookup.EntryLease$View");
    long padding = last(fields(type), true) - last(fields(type.getSuperclass()), false);
    assertTrue(padding >= LINE - HEADER, () -> type + ": " + padding);
  }

  private static long paddingAfter(Class<?> type) {
    List<Field> all = fields(type);
    return last(all, true) - last(all, false);
  }

  private static long first(List<Field> fields) {
    return fields.stream()
        .filter(f -> !isPadding(f))
        .mapToLong(CacheLinesTest::offset)
        .min()
        .orElseThrow();
  }

  private static long last(List<Field> fields, boolean padding) {
    return fields.stream()
        .filter(f -> isPadding(f) == padding)
        .mapToLong(CacheLinesTest::end)
        .max()
        .orElseThrow();
  }

  private static boolean isPadding(Field field) {
    return field.getName().startsWith("before") || field.getName().startsWith("after");
  }

  private static long offset(Field field) {
    return UnsafeApi.objectFieldOffset(field);
  }

  private static long end(Field field) {
    boolean wide = field.getType() == long.class || field.getType() == double.class;
    return offset(field) + (wide ? Long.BYTES : Integer.BYTES);
  }

  /** Of the class and those that it extends. */
  private static List<Field> fields(Class<?> type) {
    List<Field> fields = new ArrayList<>();
    for (Class<?> each = type; each != null; each = each.getSuperclass()) {
      for (Field field : each.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers())) {
          fields.add(field);
        }
      }
    }
    return fields;
  }
}
