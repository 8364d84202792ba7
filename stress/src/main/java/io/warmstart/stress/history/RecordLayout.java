package io.warmstart.stress.history;

/** One operation in a history file: 64 bytes, so that no two share a cache line. */
final class RecordLayout {
  static final int LENGTH = 64;

  static final int STATE = 0;
  static final int KIND = 4;
  static final int KEY = 8;
  static final int RUN = 12;
  static final int VERSION = 16;
  static final int INVOKED = 24;
  static final int RESPONDED = 32;
  static final int REMOVED = 40;

  static final int EMPTY = 0;
  static final int IN_FLIGHT = 1;
  static final int DONE = 2;
  static final int FAILED = 3;

  private RecordLayout() {}

  static String segmentName(int worker, int segment) {
    return prefix(worker) + "%04d".formatted(segment);
  }

  static String prefix(int worker) {
    return "history-%05d-".formatted(worker);
  }
}
