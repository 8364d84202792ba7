package io.warmstart;

import io.warmstart.format.Manifest;
import io.warmstart.index.HotEntry;
import io.warmstart.lookup.EntryLease;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import io.warmstart.pair.StoreFailures;
import io.warmstart.policy.Pins;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import net.openhft.chronicle.bytes.BytesStore;
import org.agrona.DirectBuffer;

/**
 * A lease on one version of an entry: its facts, and its payload off the heap, without a copy.
 *
 * <p>The payload stays readable until {@link #close}, even when the entry is overwritten or evicted
 * meanwhile. After that every accessor throws IllegalStateException, and the buffer that {@link
 * #payload} returned has length 0. A lease that is forgotten is reclaimed with the object, and
 * counted.
 *
 * <p><b>Threads:</b> any number may read a lease; none may read while another closes or refills it.
 */
public final class Entry implements AutoCloseable {
  private static final VarHandle LEASE;

  static {
    try {
      LEASE = MethodHandles.lookup().findVarHandle(Entry.class, "lease", EntryLease.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private EntryLease lease;

  /**
   * An entry that holds nothing yet, for {@link WarmStartStore#lookup(Fingerprint, Ranking,
   * Entry)}.
   */
  public Entry() {
    this(new EntryLease());
  }

  /** The entry that a lease holds. */
  Entry(EntryLease lease) {
    this.lease = lease;
  }

  /** Makes it ready for a lookup, of which there may be many. */
  EntryLease reuse(Pins of) {
    EntryLease own = lease;
    if (own.isLent() || own == EntryLease.none()) {
      close();
      own = new EntryLease();
      lease = own;
    }
    own.reuse(of);
    return own;
  }

  EntryLease lease() {
    return lease;
  }

  /**
   * {@return the payload, in place} Do not write to it.
   *
   * @throws IllegalStateException after close, or if the payload is too large for a buffer (2 GiB
   *     less 8 bytes); then use {@link #bytes}
   */
  public DirectBuffer payload() {
    return lease.view();
  }

  /**
   * {@return a copy of the payload, read-only, from its first byte to its last} It stays readable
   * after close, for callers that need a {@link ByteBuffer}, which no close could keep from freed
   * memory.
   *
   * @throws IllegalStateException after close, or if the payload is too large for a buffer
   */
  public ByteBuffer buffer() {
    DirectBuffer payload = lease.view();
    byte[] copy = new byte[payload.capacity()];
    payload.getBytes(0, copy);
    return ByteBuffer.wrap(copy).asReadOnlyBuffer();
  }

  /**
   * {@return the payload as a stream, of any size, from its first byte} It reads in place: once the
   * entry is closed it throws IOException. For one thread; closing it does nothing.
   *
   * @throws IllegalStateException after close
   */
  public InputStream stream() {
    return lease.stream();
  }

  /** {@return the payload's length in bytes} */
  public long payloadLength() {
    return lease.length();
  }

  /**
   * {@return the payload as Chronicle bytes, of any size, in place} Do not write to it or release
   * it, and keep the entry for as long as you read.
   *
   * @throws StoreException if Chronicle's classes do not work in this JVM: it denies them {@code
   *     sun.misc.Unsafe}, or a library that they need is missing
   * @throws OutOfMemoryError if there is no thread or memory now for Chronicle to start
   */
  public BytesStore<?, ?> bytes() {
    return lease.bytes();
  }

  /** {@return the objective, if the entry has one} */
  public OptionalDouble objective() {
    return manifest().objective();
  }

  /** {@return the iteration, if the entry has one: unsigned} */
  public OptionalLong iteration() {
    return manifest().iteration();
  }

  /** {@return a checkpoint or a final result} */
  public EntryKind kind() {
    return manifest().finalResult() ? EntryKind.FINAL : EntryKind.CHECKPOINT;
  }

  /** {@return the key that it was saved under} */
  public Fingerprint key() {
    return Fingerprint.ofDigest(lease.held().directory().key());
  }

  /**
   * {@return the root that it lies in: the store's, or that of a seed, see {@link
   * StoreOptions#withSeeds}} As {@link WarmStartStore#root} tells it.
   */
  public Path root() {
    return lease.held().directory().root();
  }

  /** {@return the run that saved it} */
  public String runId() {
    return lease.held().candidate().runId();
  }

  /**
   * {@return when it was saved; saturated at {@link Instant#MAX}, which no clock that is right
   * comes to}
   */
  public Instant writtenAt() {
    return manifest().written().toInstant();
  }

  /** {@return when it was saved: whole seconds since 1970, unsigned} */
  public long writtenUnixSecs() {
    return manifest().written().unixSecs();
  }

  /** {@return when it was saved: the nanoseconds within the second} */
  public int writtenNanos() {
    return manifest().written().nanos();
  }

  /**
   * {@return whether no sweep removes the entry now, because it is pinned or its key} Looks at
   * files.
   *
   * @throws StoreException if that cannot be said
   */
  public boolean pinned() {
    HotEntry held = lease.held();
    try {
      return lease.pins().holds(held.directory().key(), held.candidate().runId());
    } catch (IOException e) {
      throw StoreFailures.ofReading("the pins cannot be read", held.directory().path(), e);
    }
  }

  private Manifest manifest() {
    return lease.held().candidate().manifest();
  }

  /** Ends the lease. Later calls do nothing. */
  @Override
  public void close() {
    EntryLease ended = lease;
    if (!ended.isLent()) {
      ended.end();
    } else if (LEASE.compareAndSet(this, ended, EntryLease.none())) {
      // By one of those who close: given back twice, it would serve two lookups at once.
      ended.giveBack();
    }
  }
}
