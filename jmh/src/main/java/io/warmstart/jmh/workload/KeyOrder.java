package io.warmstart.jmh.workload;

import java.util.SplittableRandom;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.agrona.BitUtil;

/**
 * The order in which one thread asks for keys, drawn beforehand so that drawing is not measured.
 * Not for use by several threads.
 */
public final class KeyOrder {
  private static final int LEAST_LENGTH = 1 << 14;

  /** A shorter order would leave out many of the keys, and cost fewer cache misses than they do. */
  private static final int LENGTH_PER_KEY = 8;

  private final Key[] keys;
  private final int[] indexes;
  private int position;

  /**
   * An order over these keys.
   *
   * @param seed another for each thread
   */
  public KeyOrder(Key[] keys, Skew skew, long seed) {
    this.keys = keys;
    this.indexes = draw(keys.length, skew, seed);
  }

  /** Draws ranks, so many that their number is a power of two. */
  public static int[] draw(int keys, Skew skew, long seed) {
    IntSupplier ranks = skew.ranks(keys, new SplittableRandom(seed));
    int least = Math.max(LEAST_LENGTH, LENGTH_PER_KEY * keys);
    return IntStream.generate(ranks).limit(BitUtil.findNextPositivePowerOfTwo(least)).toArray();
  }

  /** The next key. */
  public Key next() {
    return keys[indexes[position++ & (indexes.length - 1)]];
  }
}
