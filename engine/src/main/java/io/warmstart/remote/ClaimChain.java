package io.warmstart.remote;

import io.warmstart.format.ClaimRecord;
import io.warmstart.model.Digest256;
import io.warmstart.model.Payload;
import io.warmstart.remote.copy.ClaimName;
import io.warmstart.remote.copy.RemoteKey;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.RefusedException;
import io.warmstart.runtime.EngineLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * The claims of one key in a remote: numbered objects, of which the last says who has it.
 *
 * <p>It needs one condition of the remote, that a name is made once: the store that makes the next
 * number has changed the claim, and no other has from the same state. Numbers that have been
 * followed are removed, never the last one. So a writer that stood still for long may make a number
 * that was there and has been removed; it looks once more afterwards, finds a higher one, and has
 * changed nothing.
 *
 * <p>Not safe for threads.
 */
final class ClaimChain {
  private final ObjectStore store;
  private final Digest256 key;
  private boolean removes = true;

  ClaimChain(ObjectStore store, Digest256 key) {
    this.store = store;
    this.key = key;
  }

  private String name(long number) {
    return RemoteKey.prefix(key) + ClaimName.of(number);
  }

  /** The numbers that are there. */
  SortedSet<Long> numbers() throws IOException {
    return RemoteKey.list(store, key).claims();
  }

  /**
   * Reads one.
   *
   * @return null if it is no claim's, or has been followed and removed
   */
  @Nullable ClaimRecord read(long number) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      store.get(
          name(number),
          (piece, count) -> {
            int room = ClaimRecord.MAX_BYTES - bytes.size();
            bytes.write(piece, 0, Math.min(count, room));
          });
    } catch (NoSuchFileException e) {
      return null;
    }
    return ClaimRecord.decode(bytes.toByteArray());
  }

  /** What came of an attempt to follow a number. */
  enum Followed {
    /** It is the last now. */
    LAST,
    /** There is one of the next number: another's, or its own of an attempt without an answer. */
    TAKEN,
    /** Others have gone further meanwhile, from it or past it. */
    OVERTAKEN
  }

  /**
   * Follows a number.
   *
   * @param last what was found to be the last, or where to begin
   * @throws IOException if that is not known: it may have been made
   */
  Followed follow(long last, ClaimRecord record) throws IOException {
    long number = last + 1;
    if (!store.putIfAbsent(name(number), Payload.of(record.encode()))) {
      return Followed.TAKEN;
    }
    SortedSet<Long> there = numbers();
    if (there.isEmpty() || there.last() < number) {
      throw new IOException("a listing does not show what was made: " + name(number) + " " + this);
    }
    if (there.last() == number) {
      return Followed.LAST;
    }
    // A machine that has followed it at once may have removed it by now.
    forgetBefore(there.last(), List.of(number));
    return Followed.OVERTAKEN;
  }

  /**
   * Whether the remote makes a second object of a name that is taken, as one does that ignores
   * conditions.
   *
   * @param number of one that is there
   */
  boolean isOverwritten(long number, ClaimRecord record) throws IOException {
    return store.putIfAbsent(name(number), Payload.of(record.encode()));
  }

  /**
   * Removes what has been followed. What cannot be removed does no harm; the next claim removes it,
   * or a sweep.
   */
  void forgetBefore(long number, Iterable<Long> numbers) {
    try {
      for (long each : numbers) {
        if (each < number && removes) {
          store.delete(name(each));
        }
      }
    } catch (RefusedException e) {
      removes = false;
      EngineLog.warning(
          "a claim leaves objects behind, since these rights do not remove them; a sweep with others"
              + " does: "
              + this,
          e);
    } catch (IOException e) {
      // As if its process had died before.
    }
  }

  @Override
  public String toString() {
    return "key=" + key.toHex() + " remote=" + store.name();
  }
}
