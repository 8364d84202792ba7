package io.warmstart.stress.fault;

/** What becomes of the chosen call. The code is the shim's. */
public enum Action {
  /** Nothing: calls are counted. */
  COUNT(0),
  /** It fails; those after it do not. */
  FAIL_ONCE(1),
  /** It fails, and so do all after it. */
  FAIL_FROM_THERE_ON(2),
  /** The process dies instead of it. */
  DIE_BEFORE(3),
  /** The process dies right after it. */
  DIE_AFTER(4),
  /** It does nothing and says that it did. */
  LEAVE_OUT(5),
  /** So do all after it. */
  LEAVE_OUT_FROM_THERE_ON(6),
  /** The process stops before it, until it is told to go on. */
  STOP_BEFORE(7),
  /** The process stops right after it. */
  STOP_AFTER(8);

  private final int code;

  Action(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
