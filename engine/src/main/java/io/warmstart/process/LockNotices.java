package io.warmstart.process;

import io.warmstart.model.Digest256;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.runtime.EngineLog;
import java.nio.file.Path;

/** Says what has become of the locks that this process shares with others. Safe for all threads. */
final class LockNotices {
  private final Notices notices;
  private final Path directory;

  /** Whether the last heartbeat has thrown: told once, not four times a second. Of its thread. */
  private boolean failing;

  LockNotices(Notices notices, Path directory) {
    this.notices = notices;
    this.directory = directory;
  }

  /** The kernel has dropped all of them. */
  void dropped() {
    notices.troubleAgain(
        Kind.LOCKS,
        "something in this process has opened and closed the lock file, and the kernel has dropped"
            + " all locks of the process; they are taken again: directory="
            + directory,
        null);
  }

  /** There are none for now, since the files that they need cannot be had. */
  void unattached(Exception because) {
    notices.troubleAgain(
        Kind.LOCKS,
        "this process shares no locks with others for now, tried again: directory=" + directory,
        because);
  }

  /** Its patience was at an end before one was free. */
  void inVain() {
    notices.troubleAgain(
        Kind.LOCKS,
        "a lock was not to be got in time, and the work goes on without: directory=" + directory,
        null);
  }

  /** Another process has a claim of this one. Each is told: it is one fit that two compute. */
  void claimLost(Digest256 key) {
    notices.trouble(
        Kind.LOCKS,
        "a claim of this process was lost with its locks, and another process has it now: key="
            + key.toHex(),
        null);
  }

  /** Processes are at work that lay out the shared files in another way. */
  void besideOtherLayout(OtherLayoutException found) {
    notices.trouble(
        Kind.INDEX,
        "goes on without index, by files and kernel locks, until they are gone: "
            + found.getMessage(),
        null);
  }

  /** They are gone. */
  void otherLayoutGone() {
    EngineLog.info("the processes of another version are gone: directory=" + directory);
  }

  /** One has come to its end. */
  void heartbeatWent() {
    failing = false;
  }

  /** One has thrown: the application may have run out of memory, of which it will free some. */
  void heartbeatFailed(Throwable error) {
    if (!failing) {
      failing = true;
      EngineLog.warning(
          "a heartbeat has failed, the next one comes: directory=" + directory, error);
    }
  }
}
