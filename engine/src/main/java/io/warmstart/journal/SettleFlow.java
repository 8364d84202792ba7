package io.warmstart.journal;

import io.warmstart.model.StoreException;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.pair.StoreFailures;
import io.warmstart.runtime.FirstFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Has what was saved become pairs, so that a program that reads files alone sees it. What could not
 * be made into pairs stays in the journal.
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

  /**
   * All that was saved, here and in the other processes of this machine. What fails of one part
   * keeps no other from its turn, and all that fails is told.
   */
  public void run() {
    if (readOnly) {
      return;
    }
    Shortcomings failures = new Shortcomings();
    failures.of("what was saved here", journal::flush);
    failures.of("what the dead have saved", adoption::runToEnd);
    if (!haveOthersMadeTheirs(failures)) {
      // One of those may have died instead.
      failures.of("what a process that has not answered has saved", adoption::runToEnd);
    }
    failures.tell();
  }

  private boolean haveOthersMadeTheirs(Shortcomings failures) {
    boolean[] answered = {true};
    failures.of(
        "what others have saved",
        () -> {
          answered[0] = journal.awaitOthers();
          if (!answered[0]) {
            throw new IOException("a process has made no pairs of what it has saved");
          }
        });
    return answered[0];
  }

  /** What this process has saved: what others have in the journal no sweep removes. */
  public void runOwn() {
    Shortcomings failures = new Shortcomings();
    failures.of("what was saved here", journal::flush);
    failures.tell();
  }

  /**
   * What this process has saved, and what the dead have left.
   *
   * @throws StoreException if some could not be made into pairs
   */
  public void runOwnAndLeft() {
    StoreException own = null;
    try {
      journal.flush();
    } catch (StoreException e) {
      // One run of this process's keeps none of theirs waiting.
      own = e;
    }
    try {
      adoption.runToEnd();
    } catch (IOException e) {
      throw StoreFailures.ofWriting("not all that the dead have saved is in files", root, e);
    }
    if (own != null) {
      throw own;
    }
  }

  /** Told at once: of one kind of trouble no more is told within a minute. */
  private final class Shortcomings {
    private final List<String> parts = new ArrayList<>();
    private @Nullable Exception first;

    void of(String part, Failures.Step step) {
      try {
        step.run();
      } catch (IOException | StoreException e) {
        parts.add(part + " (" + StoreFailures.describeWithFile(e) + ")");
        first = FirstFailure.of(first, e);
      }
    }

    void tell() {
      if (first != null) {
        notices.troubleAgain(
            Kind.JOURNALLED_SAVES,
            "not all is in files: " + String.join(", ", parts) + ": root=" + root,
            first);
      }
    }
  }
}
