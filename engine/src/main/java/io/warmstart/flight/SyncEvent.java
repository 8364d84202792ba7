package io.warmstart.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A wait for the device to have what was written. */
@Name("io.warmstart.Sync")
@Label("Sync")
@Description("A wait for the device to have what was written.")
@Category("warmstart")
@StackTrace(false)
public final class SyncEvent extends Event {
  @Label("Of a")
  @Nullable String what;

  /** It is over. */
  public void over(String synced) {
    end();
    if (shouldCommit()) {
      what = synced;
      commit();
    }
  }
}
