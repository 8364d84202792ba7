package io.warmstart.save;

import io.warmstart.journal.Reserved;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.StoreException;
import io.warmstart.payload.PayloadMemory;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A save whose payload is still being written, into memory that it has been given: a record's own
 * in the journal, or else memory outside the heap. It ends once: committed or aborted.
 *
 * <p>What is forgotten needs no end: the journal aborts a record whose memory nobody has any more,
 * and memory outside the heap goes with its buffer.
 *
 * <p>Safe for all threads, in that it ends once; its buffer is for one at a time.
 */
public final class ReservedSave {
  /**
   * The buffer that callers get: a caller that still has it keeps the save from being forgotten.
   */
  private static final class View extends UnsafeBuffer {
    @SuppressWarnings({"unused", "FieldCanBeLocal", "UnusedVariable"})
    private final ReservedSave save;

    /** A thread that writes at the very moment of the end must not run into memory that is gone. */
    private final ByteBuffer memory;

    View(ReservedSave save, ByteBuffer memory) {
      super(memory);
      this.save = save;
      this.memory = memory;
    }

    void end() {
      wrap(BufferUtil.address(memory), 0);
    }
  }

  /** What it has until it ends. */
  private record Unsaved(ByteBuffer memory, @Nullable Reserved inJournal, Save save) {}

  private final SaveFlow flow;
  private final String runId;
  private final View view;

  // Under the monitor.
  private @Nullable Unsaved unsaved;
  private String ended = "";

  /**
   * Takes room for a payload: in the journal if that has room now, else outside the heap.
   *
   * @param runId null for a fresh one
   * @param length of the payload, in bytes
   * @throws PayloadTooLargeException if payload and manifest are larger than the budget
   * @throws IllegalArgumentException if the run id is none, or no buffer has that length
   */
  public ReservedSave(
      SaveFlow flow,
      Fingerprint key,
      @Nullable String runId,
      long length,
      EntryAttributes attributes,
      Durability durability) {
    if (length < 0 || !PayloadMemory.fitsBuffer(length)) {
      throw new IllegalArgumentException(
          "length to be reserved: expected=0 to 2 GiB less 8 bytes actual=" + length);
    }
    SaveFlow.Room room = flow.reserve(key, runId, (int) length, attributes, durability);
    Reserved inJournal = room.inJournal();
    ByteBuffer memory = inJournal == null ? allocate((int) length) : inJournal.memory();
    Payload payload = Payload.of(new UnsafeBuffer(memory), 0, (int) length);
    this.flow = flow;
    this.runId = room.runId();
    this.unsaved =
        new Unsaved(
            memory,
            inJournal,
            new Save(key, room.runId(), payload, attributes, durability, room.mayReplace()));
    this.view = new View(this, memory);
  }

  private static ByteBuffer allocate(int length) {
    try {
      return ByteBuffer.allocateDirect(length);
    } catch (OutOfMemoryError e) {
      throw new StoreException(
          "the journal has no room for what is to be reserved, and there is no memory outside the"
              + " heap, of which -XX:MaxDirectMemorySize says how much there may be: expected="
              + length,
          e);
    }
  }

  public String runId() {
    return runId;
  }

  /**
   * Where the payload is to be written.
   *
   * @throws IllegalStateException if the save has ended
   */
  public synchronized UnsafeBuffer buffer() {
    requireOpen();
    return view;
  }

  /**
   * Saves what was written; whether it returns or throws, the save has ended.
   *
   * @throws IllegalStateException if it has ended before
   */
  public synchronized void commit() {
    Unsaved of = end("was committed");
    try {
      if (of.inJournal == null) {
        flow.begin(of.save).finish();
      } else {
        flow.commit(of.save, of.inJournal);
      }
    } finally {
      letGo(of);
      // The journal takes for forgotten what nobody has any more.
      Reference.reachabilityFence(of.memory);
    }
  }

  /**
   * Saves nothing.
   *
   * @throws IllegalStateException if it has ended before
   */
  public synchronized void abort() {
    letGo(end("was aborted"));
  }

  /**
   * Saves nothing, unless it has ended.
   *
   * @param how what a caller that still uses it is told
   */
  public synchronized void close(String how) {
    if (unsaved != null) {
      letGo(end(how));
    }
  }

  /** The same while another thread may be writing: memory outside the heap goes with its buffer. */
  public synchronized void closeWithStore(String how) {
    if (unsaved != null) {
      Unsaved of = end(how);
      if (of.inJournal != null) {
        flow.abort(of.inJournal);
      }
    }
  }

  private Unsaved requireOpen() {
    Unsaved of = unsaved;
    if (of == null) {
      throw new IllegalStateException("the reservation " + ended + ": run=" + runId);
    }
    return of;
  }

  /** From here on a caller that has kept the buffer runs into its bounds, and into no record. */
  private Unsaved end(String how) {
    Unsaved of = requireOpen();
    unsaved = null;
    ended = how;
    view.end();
    return of;
  }

  private void letGo(Unsaved of) {
    if (of.inJournal == null) {
      BufferUtil.free(of.memory);
    } else {
      flow.abort(of.inJournal);
    }
  }
}
