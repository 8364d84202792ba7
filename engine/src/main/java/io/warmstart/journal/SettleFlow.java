package io.warmstart.journal;

import io.warmstart.model.StoreException;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.pair.StoreFailures;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Has what was saved become pairs, so that who reads files alone sees it. What could not be made
 * into pairs stays in the journal.
 *
 * <p>Safe for all threads.
 */
public final class SettleFlow {
  private final Path root;
  private final Journal journal;
  private final Adoption adoption;
  private final Notices notices;
  private final boolean readOnly;

  public SettleFlow(
      Path root, Journal journal, Adoption adoption, Notices notices, boolean readOnly) {
    this.root = root;
    this.journal = journal;
    this.adoption = adoption;
    this.notices = notices;
    this.readOnly = readOnly;
  }

  /** All that was saved, here and in the other processes of this machine; what fails is told. */
  public void run() {
    if (readOnly) {
      return;
    }
    runOwn();
    try {
      adoption.runToEnd();
      if (!journal.awaitOthers()) {
        // One of those may have died instead.
        adoption.runToEnd();
        tell("a process has made no pairs of what it has saved: root=" + root, null);
      }
    } catch (IOException | StoreException e) {
      tell("not all that others have saved is in files: root=" + root, e);
    }
  }

  /** What this process has saved: what others have in the journal no sweep removes. */
  public void runOwn() {
    try {
      journal.flush();
    } catch (StoreException e) {
      tell("not all that was saved is in files: root=" + root, e);
    }
  }

  /**
   * What this process has saved, and what the dead have left.
   *
   * @throws StoreException if some could not be made into pairs
   */
  public void runOwnAndLeft() {
    journal.flush();
    try {
      adoption.runToEnd();
    } catch (IOException e) {
      throw StoreFailures.ofWriting("not all that the dead have saved is in files", root, e);
    }
  }

  private void tell(String what, @Nullable Exception because) {
    notices.troubleAgain(Kind.JOURNALLED_SAVES, what, because);
  }
}
