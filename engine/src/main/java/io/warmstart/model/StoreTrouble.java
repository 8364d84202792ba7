package io.warmstart.model;

import org.jspecify.annotations.Nullable;

/**
 * Something that has gone wrong, or goes wrong again and again: then it is told once in a while.
 *
 * @param kind what it concerns
 * @param text one line, with the root or the file
 * @param cause what has caused it; null if nothing was thrown
 */
public record StoreTrouble(Kind kind, String text, @Nullable Throwable cause) {

  /** What went wrong. */
  public enum Kind {
    /** A save in the background has failed; its stage has the error too. */
    BACKGROUND_SAVE,
    /**
     * What depends on the stages of background saves waits or works on all the threads that there
     * are for it: no stage completes until one of them goes on, which it never does if they wait
     * for what depends on stages of other saves. All is saved all the same. What waits so belongs
     * on another executor, as by {@code thenAcceptAsync}, or depends on those stages itself, by
     * {@code thenCompose}.
     */
    STAGES,
    /** Saves lie in the journal that cannot be made into pairs: a full disk, most likely. */
    JOURNALLED_SAVES,
    /** A save that was acknowledged cannot be read any more from where it lies. */
    LOST,
    /**
     * The journal, or a segment of it, cannot be used: saves go into files, and cost what those
     * cost.
     */
    JOURNAL,
    /** A sweep could not do what it had to: the root may be over its budget. */
    SWEEP,
    /** A sync has failed. Its save has thrown {@link DurabilityUnknownException} or failed. */
    SYNC,
    /** The remote does not answer, or cannot be used. Nobody waits for it; it is tried again. */
    REMOTE,
    /**
     * A save was refused: it does not fit the root's budget, or what of that is not pinned. It has
     * thrown {@link PayloadTooLargeException} or failed, and has changed nothing. It takes a larger
     * budget, or fewer pins.
     */
    REFUSED,
    /**
     * The disk has no bytes or inodes left, or the user's quota is used up. Saves that find no room
     * throw {@link StorageFullException} or fail, what lies in the journal stays there, the
     * accesses to entries are not written down, and a budget or a TTL that a store names holds for
     * its process alone until it can be. Nothing that was saved is lost. It takes more room, or a
     * smaller budget and a sweep.
     */
    DISK_FULL,
    /**
     * The index was lost or damaged, and was made again; or there is none that this process can
     * use, or no room in it. Lookups read files meanwhile, and the bytes of the root are counted by
     * a scan; no entry is lost. It is tried again, with nothing to be done, unless it comes again
     * and again: then something removes or changes files of the engine, the disk is nearly full, or
     * processes of another version are at work.
     */
    INDEX,
    /**
     * This process has lost its locks, or could not get one in time. Something in it has opened and
     * closed the lock file, somebody has removed that, or another process holds a lock and does not
     * go on. Locks are taken again, and the work goes on without: two that overwrite the same run
     * at that moment may leave halves that do not fit, which no lookup returns. A claim that
     * another process has taken meanwhile is gone.
     */
    LOCKS
  }
}
