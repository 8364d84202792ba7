package io.warmstart.payload;

/** How payloads move between the heap, native memory and files. */
final class Pieces {
  private Pieces() {}

  /** Large enough that a call's cost does not show, small enough to stay in a core's own cache. */
  static final int BYTES = 128 * 1024;
}
