package io.warmstart.io;

import org.jspecify.annotations.Nullable;

/** Holds the heap of this JVM nearly full. For one thread. */
public final class NearlyFullHeap {
  private static final int LARGEST = 1 << 17;

  private static Object @Nullable [] held;
  private static byte @Nullable [] left;

  private NearlyFullHeap() {}

  /** Takes all memory but so many bytes, roughly. */
  public static void fill(int bytes) {
    left = new byte[bytes];
    for (int size = LARGEST; size >= 4; size /= 2) {
      try {
        while (true) {
          Object[] next = new Object[size];
          next[0] = held;
          held = next;
        }
      } catch (OutOfMemoryError e) {
        // With smaller pieces then.
      }
    }
    left = null;
  }

  /** Gives it back. */
  public static void free() {
    held = null;
    left = null;
  }
}
