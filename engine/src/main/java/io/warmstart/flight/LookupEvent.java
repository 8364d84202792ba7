package io.warmstart.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A lookup that was not answered from memory. */
@Name("io.warmstart.Lookup")
@Label("Lookup")
@Description("A lookup that was not answered from memory.")
@Category("warmstart")
@StackTrace(false)
public final class LookupEvent extends Event {
  @Label("Key")
  @Nullable String key;

  @Label("Found")
  boolean found;

  @Label("Directory listed")
  boolean listed;

  /** It is over. */
  public void over(String askedKey, boolean hit, boolean byListing) {
    end();
    if (shouldCommit()) {
      key = askedKey;
      found = hit;
      listed = byListing;
      commit();
    }
  }
}
