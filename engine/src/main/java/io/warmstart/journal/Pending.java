package io.warmstart.journal;

import static io.warmstart.mapped.JournalLayout.PAIRED;
import static io.warmstart.mapped.JournalLayout.SETTLED;
import static io.warmstart.mapped.JournalLayout.SYNCED;
import static io.warmstart.mapped.JournalLayout.VOID;

import io.warmstart.mapped.MappedFaults;
import io.warmstart.segment.JournalEntry;
import io.warmstart.segment.RecordWriter;
import io.warmstart.segment.SegmentSyncs;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A record of this process that is no durable pair yet, and how far it has come: open, if it was
 * reserved; whole; durable; acknowledged; done, when nothing is needed of it any more.
 *
 * <p>What changes of it does so under the journal's monitor. Where it lies among others, and when
 * it becomes whole, is its segment's business.
 */
public final class Pending {
  private final OwnedFile in;
  private final int position;
  private final int length;
  private final boolean fills;

  /** Of one that is reserved: what its payload is stored through. */
  private final @Nullable WeakReference<ByteBuffer> memory;

  /** Null while it is open. */
  private @Nullable JournalEntry entry;

  private long appendedAtNanos;

  /** How much was stored to the segment when it was. */
  private long stored;

  private boolean acknowledged;
  private boolean done;
  private boolean superseded;
  private boolean paired;

  /**
   * Begins one.
   *
   * @param memory of its payload, if it is reserved
   */
  Pending(OwnedFile in, int position, int length, @Nullable ByteBuffer memory) {
    this.in = in;
    this.position = position;
    this.length = length;
    this.memory = memory == null ? null : new WeakReference<>(memory);
    int half = in.segment().length() / 2;
    this.fills = position <= half && position + length > half;
  }

  OwnedFile in() {
    return in;
  }

  int position() {
    return position;
  }

  int length() {
    return length;
  }

  JournalEntry entry() {
    return Objects.requireNonNull(entry);
  }

  long appendedAtNanos() {
    return appendedAtNanos;
  }

  /** Whether its segment was half full no sooner than with it. */
  boolean fills() {
    return fills;
  }

  /** Whether it is reserved, and neither committed nor aborted. */
  boolean isOpen() {
    return entry == null && !done;
  }

  /** Whether it is reserved, and nobody can commit or abort it any more. */
  boolean isForgotten() {
    return memory != null && memory.refersTo(null);
  }

  /** Its commit word is about to say that it is whole. */
  void become(JournalEntry whole) {
    entry = whole;
    appendedAtNanos = System.nanoTime();
  }

  /**
   * Its commit word was stored.
   *
   * @param count by {@link SegmentSyncs}
   */
  void stored(long count) {
    stored = count;
  }

  /**
   * Waits until it is durable, and sees to that if nobody does; from then on it is found.
   *
   * @return false if it will not be: the segment is condemned
   */
  boolean awaitDurable() {
    return in.syncs().await(stored) && in.mark(entry(), SYNCED);
  }

  /** Whether it is known to survive a power cut. */
  boolean isDurable() {
    return entry().place().powerSafe() || in.syncs().covers(stored);
  }

  boolean acknowledged() {
    return acknowledged;
  }

  void acknowledge() {
    acknowledged = true;
  }

  /** It is whole, but its save has failed, or goes another way: nobody is to find it. */
  void revoke() {
    done = true;
    try {
      // Without an object that says so: there may be no memory for the save, which is why it fails.
      makeVoid(entry().place().salt());
      stored = in.syncs().storedAgain();
      MappedFaults.raisePending();
    } catch (InternalError e) {
      // Nobody else can read the record either.
      in.condemn();
    }
  }

  /**
   * Readers pass over it for good, whether it is whole or not.
   *
   * @param salt of the segment's life
   */
  void makeVoid(long salt) {
    if (in.segment().commit(position) > 0) {
      in.segment().mark(entry(), VOID);
    } else {
      RecordWriter.abort(in.segment(), salt, position, length);
    }
  }

  boolean done() {
    return done;
  }

  /** It is not needed: a later version of its run takes its place, or nobody is to find it. */
  void finish() {
    done = true;
  }

  /** A later version of its run takes its place that is as durable as a pair. */
  void supersede() {
    done = true;
    superseded = true;
  }

  boolean superseded() {
    return superseded;
  }

  /** A pair of it, or of a later version of its run, is in place. */
  void markPaired() {
    in.mark(entry(), PAIRED);
  }

  /** And is durable. */
  void finishInPair() {
    done = true;
    paired = true;
  }

  /**
   * Says so to those who come after a power cut.
   *
   * @return false if a page is gone
   */
  boolean markSettled() {
    return in.mark(entry(), SETTLED);
  }

  boolean paired() {
    return paired;
  }
}
