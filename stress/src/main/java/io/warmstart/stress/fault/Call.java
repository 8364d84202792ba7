package io.warmstart.stress.fault;

/** A kind of system call that can be acted on. The bit is the shim's. */
public enum Call {
  OPEN(0),
  CREATE(1),
  READ(2),
  WRITE(3),
  SYNC(4),
  RENAME(5),
  LINK(6),
  UNLINK(7),
  MKDIR(8),
  RMDIR(9),
  STAT(10),
  LIST(11),
  TRUNCATE(12),
  MAP(13),
  CLOSE(14),
  LOCK(15);

  private final int bit;

  Call(int bit) {
    this.bit = bit;
  }

  long mask() {
    return 1L << bit;
  }

  static Call ofBit(long bit) {
    for (Call call : values()) {
      if (call.bit == bit) {
        return call;
      }
    }
    throw new IllegalArgumentException("call: actual=" + bit);
  }
}
