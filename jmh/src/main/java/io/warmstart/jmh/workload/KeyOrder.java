package io.warmstart.jmh.workload;

import java.util.SplittableRandom;
import java.util.function.IntSupplier;

/**
 * The order in which one thread asks for keys, drawn beforehand so that drawing is not measured.
 * Not for use by several threads.
 */
public final class KeyOrder {
  private static final int LENGTH = 1 << 14;

  private final Key[] keys;
  private final int[] indexes = new int[LENGTH];
  private int position;

  /**
   * An order over these keys.
   *
   * @param seed another for each thread
   */
  public KeyOrder(Key[] keys, Skew skew, long seed) {
    this.keys = keys;
    IntSupplier ranks = skew.ranks(keys.length, new SplittableRandom(seed));
    for (int i = 0; i < LENGTH; i++) {
      indexes[i] = ranks.getAsInt();
    }
  }

  /** The next key. */
  public Key next() {
    return keys[indexes[position++ & (LENGTH - 1)]];
  }
}
