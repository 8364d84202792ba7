package io.warmstart.stress.history;

/** What an operation asks for. The code stands in history files. */
public enum Kind {
  /** A save under a fresh run id. */
  SAVE(1),
  /** A save under a run id that others share. */
  OVERWRITE(2),
  /** A lookup of the lowest objective. */
  LOWEST(3),
  /** A lookup of the latest; histories know no stamps, so its rank is not checked. */
  LATEST(4),
  /** A sweep of the whole root. */
  SWEEP(5);

  private final int code;

  Kind(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static Kind ofCode(int code) {
    for (Kind kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    throw new IllegalArgumentException("kind: actual=" + code);
  }

  /** Whether it writes an entry. */
  public boolean writes() {
    return this == SAVE || this == OVERWRITE;
  }

  /** Whether it answers with an entry. */
  public boolean reads() {
    return this == LOWEST || this == LATEST;
  }
}
