package io.warmstart.segment;

import static io.warmstart.mapped.JournalLayout.BOOT_OFFSET;
import static io.warmstart.mapped.JournalLayout.CHECK_OFFSET;
import static io.warmstart.mapped.JournalLayout.DONE_OFFSET;
import static io.warmstart.mapped.JournalLayout.DURABLE_OFFSET;
import static io.warmstart.mapped.JournalLayout.GIVEN_UP;
import static io.warmstart.mapped.JournalLayout.HEADER_LENGTH;
import static io.warmstart.mapped.JournalLayout.IN_USE;
import static io.warmstart.mapped.JournalLayout.LENGTH_OFFSET;
import static io.warmstart.mapped.JournalLayout.MAGIC;
import static io.warmstart.mapped.JournalLayout.MAGIC_OFFSET;
import static io.warmstart.mapped.JournalLayout.NUMBER_OFFSET;
import static io.warmstart.mapped.JournalLayout.SALT_OFFSET;
import static io.warmstart.mapped.JournalLayout.STATE_OFFSET;
import static io.warmstart.mapped.JournalLayout.VERSION_OFFSET;

import io.warmstart.io.FileFacts;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.mapped.MappedFaults;
import java.lang.invoke.VarHandle;
import java.nio.MappedByteBuffer;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A mapped segment of the journal. A caller looks for a pending fault before it uses the answer.
 * Safe for all threads.
 */
public final class Segment {
  private final int number;
  private final AtomicBuffer buffer;
  private final FileFacts identity;

  /**
   * Stands over a mapping of a whole segment.
   *
   * @param identity the file's
   */
  public Segment(int number, AtomicBuffer buffer, FileFacts identity) {
    this.number = number;
    this.buffer = buffer;
    this.identity = identity;
  }

  public int number() {
    return number;
  }

  public AtomicBuffer buffer() {
    return buffer;
  }

  /** The file's bytes as the JDK has mapped them. */
  MappedByteBuffer mapping() {
    return (MappedByteBuffer) Objects.requireNonNull(buffer.byteBuffer());
  }

  public FileFacts identity() {
    return identity;
  }

  public int length() {
    return buffer.capacity();
  }

  /** Begins a life: the records of those before are none from here on. */
  public void begin(long boot, long salt) {
    buffer.putLongVolatile(CHECK_OFFSET, 0);
    buffer.putLong(MAGIC_OFFSET, MAGIC);
    buffer.putLong(VERSION_OFFSET, JournalLayout.layout());
    buffer.putLong(BOOT_OFFSET, boot);
    buffer.putLong(NUMBER_OFFSET, number);
    buffer.putLong(LENGTH_OFFSET, length());
    buffer.putLong(DURABLE_OFFSET, HEADER_LENGTH);
    buffer.putLong(DONE_OFFSET, HEADER_LENGTH);
    buffer.putLongVolatile(SALT_OFFSET, salt);
    buffer.putLongVolatile(
        CHECK_OFFSET, JournalLayout.check(JournalLayout.layout(), boot, number, length(), salt));
  }

  /** Whether it is one of this build's at all, and not one that is just beginning another life. */
  public boolean isWhole() {
    long boot = boot();
    long salt = salt();
    return hasLayout()
        && buffer.getLong(NUMBER_OFFSET) == number
        && buffer.getLong(LENGTH_OFFSET) == length()
        && buffer.getLongVolatile(CHECK_OFFSET)
            == JournalLayout.check(layout(), boot, number, length(), salt);
  }

  /** Whether its owner has begun another life, and died before it could append to it. */
  public boolean isBeginning() {
    return buffer.getLongVolatile(CHECK_OFFSET) == 0;
  }

  /** Whether it was made by a build that lays it out as this one can read. */
  public boolean hasLayout() {
    return buffer.getLongVolatile(MAGIC_OFFSET) == MAGIC && JournalLayout.isReadable(layout());
  }

  private long layout() {
    return buffer.getLong(VERSION_OFFSET);
  }

  public long boot() {
    return buffer.getLong(BOOT_OFFSET);
  }

  public long salt() {
    return buffer.getLongVolatile(SALT_OFFSET);
  }

  public long durable() {
    return buffer.getLongVolatile(DURABLE_OFFSET);
  }

  public void durable(long position) {
    buffer.putLongVolatile(DURABLE_OFFSET, position);
  }

  public long done() {
    return buffer.getLongVolatile(DONE_OFFSET);
  }

  public void done(long position) {
    buffer.putLongVolatile(DONE_OFFSET, position);
  }

  public boolean inUse() {
    return buffer.getLongVolatile(STATE_OFFSET) == IN_USE;
  }

  public boolean isGivenUp() {
    return buffer.getLongVolatile(STATE_OFFSET) == GIVEN_UP;
  }

  /** Says whether it is in use, before anything that comes after is read. */
  public void state(long state) {
    buffer.putLongVolatile(STATE_OFFSET, state);
    VarHandle.fullFence();
  }

  public long wanted() {
    return buffer.getLongVolatile(JournalLayout.WANTED_OFFSET);
  }

  /** Asks its owner for pairs of all that is in it now. */
  public void want(long token) {
    buffer.putLongVolatile(JournalLayout.WANTED_OFFSET, token);
  }

  /** Whether the last request for pairs was answered, and with it all before it. */
  public boolean isAnswered() {
    return buffer.getLongVolatile(JournalLayout.ANSWERED_OFFSET) == wanted();
  }

  /** All that was in it when somebody asked is in pairs. */
  public void answer(long token) {
    buffer.putLongVolatile(JournalLayout.ANSWERED_OFFSET, token);
  }

  /**
   * Adds to the commit word of a record that is whole; by the thread that holds the segment's lock.
   */
  public void mark(JournalEntry entry, long mark) {
    int position = entry.place().position();
    buffer.putLongVolatile(position, commit(position) | mark);
  }

  /** What stands in the commit word of a record beside its length. */
  public long marks(JournalEntry entry) {
    return commit(entry.place().position()) & JournalLayout.MARKS;
  }

  /** The commit word of the record at a position. */
  public long commit(int position) {
    return buffer.getLongVolatile(position);
  }

  /** What stands in the head of a record of its kind, and of what it has. */
  long flags(int position) {
    return buffer.getLong(position + JournalLayout.FLAGS_OFFSET);
  }

  /** What says whose place that is; read before a commit word that is negative. */
  public long place(int position) {
    return buffer.getLongVolatile(position + JournalLayout.PLACE_OFFSET);
  }

  /**
   * The payload of a record, on the heap.
   *
   * @return null if it does not fit its check
   * @throws InternalError if a page is gone
   */
  public byte @Nullable [] payload(JournalEntry entry) {
    byte[] payload = new byte[(int) entry.payloadBytes()];
    buffer.getBytes(entry.payloadPosition(), payload);
    MappedFaults.raisePending();
    CRC32C crc = new CRC32C();
    crc.update(payload);
    return (int) crc.getValue() == entry.place().payloadCheck() ? payload : null;
  }
}
