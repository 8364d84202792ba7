package io.warmstart.flight;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A sweep that evicts and expires. */
@Name("io.warmstart.Sweep")
@Label("Sweep")
@Description("A sweep that evicts and expires.")
@Category("warmstart")
@StackTrace(false)
public final class SweepEvent extends Event {
  @Label("Evicted")
  long evicted;

  @Label("Expired")
  long expired;

  @Label("Bytes after")
  @DataAmount
  long bytesAfter;

  /** It is over. */
  public void over(long entriesEvicted, long entriesExpired, long rootBytes) {
    end();
    if (shouldCommit()) {
      evicted = entriesEvicted;
      expired = entriesExpired;
      bytesAfter = rootBytes;
      commit();
    }
  }
}
