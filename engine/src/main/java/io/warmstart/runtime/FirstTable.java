package io.warmstart.runtime;

import java.util.Map;

/**
 * Maps that have their table from the start. One of {@code java.util} that finds no memory for its
 * first table takes another capacity than a power of two afterwards, and forgets entries when it
 * grows (OpenJDK 17 and 25). So a program that catches the error and goes on has a map that lacks
 * what was put into it.
 */
public final class FirstTable {
  private FirstTable() {}

  /**
   * Gives an empty map its table.
   *
   * @param map that may have a null key, and keeps its table when it is cleared
   * @return it
   * @throws OutOfMemoryError if there is no memory for it: then nobody has the map
   */
  @SuppressWarnings("NullAway")
  public static <M extends Map<?, ?>> M of(M map) {
    map.put(null, null);
    map.clear();
    return map;
  }
}
