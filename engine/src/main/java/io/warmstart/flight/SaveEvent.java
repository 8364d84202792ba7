package io.warmstart.flight;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A save, from the call until it is as durable as was asked for. */
@Name("io.warmstart.Save")
@Label("Save")
@Description("A save, from the call until it is as durable as was asked for.")
@Category("warmstart")
@StackTrace(false)
public final class SaveEvent extends Event {
  @Label("Key")
  @Nullable String key;

  @Label("Run")
  @Nullable String runId;

  @Label("Payload")
  @DataAmount
  long bytes;

  @Label("Durability")
  @Nullable String durability;

  @Label("In the journal")
  boolean journalled;

  /** It is over. */
  public void over(
      String savedKey, String savedRun, long payloadBytes, String asked, boolean inJournal) {
    end();
    if (shouldCommit()) {
      key = savedKey;
      runId = savedRun;
      bytes = payloadBytes;
      durability = asked;
      journalled = inJournal;
      commit();
    }
  }
}
