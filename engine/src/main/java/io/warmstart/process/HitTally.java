package io.warmstart.process;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Hits counted by one thread at a time, read by any: an addition without a locked instruction. */
public final class HitTally extends HitTallyFields {
  private static final VarHandle SUM;

  static {
    try {
      SUM = MethodHandles.lookup().findVarHandle(HitTallyFields.class, "sum", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings({"unused", "UnusedVariable"})
  private long after0, after1, after2, after3, after4, after5, after6;

  HitTally() {}

  /** Counts one. */
  public void increment() {
    SUM.setOpaque(this, sum + 1);
  }

  long sum() {
    return (long) SUM.getOpaque(this);
  }
}
