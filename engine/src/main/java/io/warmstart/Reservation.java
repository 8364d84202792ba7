package io.warmstart;

import io.warmstart.model.DurabilityUnknownException;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreException;
import io.warmstart.save.ReservedSave;
import org.agrona.MutableDirectBuffer;

/**
 * A save whose payload is written where it will lie: serialise into {@link #buffer}, then {@link
 * #commit}. Where the journal has room the buffer is its own memory, and the payload is not copied
 * again on its way in; where it has none, the buffer is memory outside the heap, which counts
 * against {@code -XX:MaxDirectMemorySize}, and all else is the same.
 *
 * <pre>{@code
 * try (Reservation reserved = store.reserveOverwrite(key, "best", length, attributes)) {
 *   state.serialiseTo(reserved.buffer());
 *   reserved.commit();
 * }
 * }</pre>
 *
 * <p>Until it is committed nobody finds anything of it, in no process, whatever dies; other saves,
 * {@code flush} and {@code close} do not wait for it. It keeps no lock. In the journal it keeps
 * room that is given back no sooner than it ends, so it is meant to be short: while one stays open,
 * others may get memory of their own instead.
 *
 * <p>It ends with {@link #commit}, {@link #abort} or {@link #close}, or when its store is closed.
 * From then on the buffer has length 0. A thread that is writing to it at that very moment, or
 * writes through a buffer that was wrapped around it, breaks this contract: what it writes may come
 * to lie in another save, which its check then proves bad, or, if it was committed, aborted or
 * closed by another thread meanwhile, in memory that was freed. The end of the store frees none of
 * it. One that is forgotten ends when the garbage collector finds it and its buffer.
 *
 * <p><b>Threads:</b> for one at a time, which may change.
 */
public final class Reservation implements AutoCloseable {
  private final ReservedSave save;
  private final Runnable acknowledge;

  /**
   * Makes it.
   *
   * @param acknowledge waits for the remote, if that was asked for
   */
  Reservation(ReservedSave save, Runnable acknowledge) {
    this.save = save;
    this.acknowledge = acknowledge;
  }

  /**
   * {@return where to write the payload: as long as was asked for} What it contains at first is not
   * defined: all of it is saved. Where somebody truncates the journal's file meanwhile, an access
   * may throw InternalError, and {@link #commit} throws unless the file has grown again since.
   *
   * @throws IllegalStateException if it has ended
   */
  public MutableDirectBuffer buffer() {
    return save.buffer();
  }

  /** {@return the run id under which it is saved} */
  public String runId() {
    return save.runId();
  }

  /**
   * Saves what the buffer contains now, as {@link WarmStartStore#save} and {@link
   * WarmStartStore#saveOverwrite} do, with a written stamp of this moment. Whether it returns or
   * throws, it has ended.
   *
   * <p><b>Durable:</b> when it returns, as the store's durability says, and as the acknowledgement
   * that it was reserved with.
   *
   * <p><b>Blocks:</b> as a save does.
   *
   * @throws IllegalStateException if it has ended, also because its store was closed
   * @throws PayloadTooLargeException if the root's budget has become smaller than it
   * @throws StorageFullException if the disk is full
   * @throws DurabilityUnknownException if the entry is saved, and it is not known whether it
   *     survives a power cut
   * @throws StoreException if it failed otherwise, or what was written to the buffer may be lost:
   *     its page is gone, or a sync of the journal has failed since it was reserved
   */
  public void commit() {
    save.commit();
    acknowledge.run();
  }

  /**
   * Saves nothing.
   *
   * @throws IllegalStateException if it has ended
   */
  public void abort() {
    save.abort();
  }

  /** Saves nothing, unless it was committed. Later calls do nothing. */
  @Override
  public void close() {
    save.close("was closed");
  }
}
