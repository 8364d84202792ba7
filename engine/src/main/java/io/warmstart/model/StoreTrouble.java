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
    REMOTE
  }
}
