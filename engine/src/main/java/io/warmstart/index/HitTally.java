package io.warmstart.index;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Hits counted by one thread at a time, read by any: an addition without a locked instruction. */
public final class HitTally {
  private static final VarHandle SUM;

  static {
    try {
      SUM = MethodHandles.lookup().findVarHandle(HitTally.class, "sum", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private long sum;

  HitTally() {}

  /** Counts one. */
  public void increment() {
    SUM.setOpaque(this, sum + 1);
  }

  long sum() {
    return (long) SUM.getOpaque(this);
  }
}
