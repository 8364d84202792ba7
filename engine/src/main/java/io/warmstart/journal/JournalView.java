package io.warmstart.journal;

import io.warmstart.mapped.MappedFaults;
import io.warmstart.model.Digest256;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.ranking.Candidate;
import io.warmstart.runtime.EngineLog;
import io.warmstart.runtime.Uninterrupted;
import io.warmstart.segment.JournalEntry;
import io.warmstart.segment.Segment;
import io.warmstart.segment.SegmentFiles;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What the journal of a root holds, this process's segments and all others', by key. It asks for no
 * lock and keeps nobody from anything: each segment is mapped, and read on from where it was read
 * to.
 *
 * <p>A version is shown from the moment on in which its save may return: a power-safe one not
 * before it was synced. Of a segment that was given up, which its adopter syncs before he says so,
 * all is shown that is whole: a disk that was away may have come back without the words that said
 * what was synced. Where nobody adopts, in a store for lookups only, a version counts for synced
 * once it is ten seconds old. It is shown until a pair of it, or of a later version of its run, is
 * in place, or a later version is in the journal. Where a run lies in the journal and in a pair,
 * the later written stamp is the version.
 *
 * <p>To find what a save has left that returned before, look here <em>before</em> the key's
 * directory is listed: a record goes only when its pair, or a later version, is there.
 *
 * <p>Safe for all threads.
 */
public final class JournalView implements AutoCloseable {
  /** What stands for the segments that there are, where nobody tells when they change. */
  public static final long UNKNOWN = 0;

  private static final int MOST_LOOKS = 8;

  private final SegmentFiles files;
  private final JournalPlace place;

  // Under the monitor.
  private final TreeMap<Integer, SegmentView> segments = new TreeMap<>();
  private long listedUnder = UNKNOWN;
  private boolean otherLayoutTold;
  private boolean closed;

  /** Makes a view that has seen nothing yet. */
  public JournalView(JournalPlace place) {
    this.place = place;
    this.files = place.files();
  }

  /**
   * The latest version of each run of a key that is in the journal, and of which no pair is known
   * to be in place.
   *
   * @throws IOException if the journal cannot be looked at: there may be some
   */
  public synchronized List<JournalEntry> entriesOf(Digest256 key) throws IOException {
    if (!place.isReadable()) {
      return List.of();
    }
    try {
      return collect(key);
    } catch (InternalError e) {
      // A file that was cut off is mapped again, as long as it is.
      forget();
    }
    try {
      return collect(key);
    } catch (InternalError e) {
      throw lost(e);
    }
  }

  /**
   * Looks again while something is hidden that is later than what is found: what has taken its
   * place may have come to a segment that was read before.
   */
  private List<JournalEntry> collect(Digest256 key) throws IOException {
    Map<String, JournalEntry> found = new HashMap<>();
    Map<String, Long> hiddenBefore = Map.of();
    for (int look = 0; look < MOST_LOOKS; look++) {
      refresh();
      if (segments.isEmpty()) {
        return List.of();
      }
      found.clear();
      Map<String, Long> hidden = new HashMap<>();
      for (SegmentView known : segments.values()) {
        known.collect(key, found, hidden);
        if (known.mustReadAgain()) {
          known.refresh();
          known.collect(key, found, hidden);
        }
      }
      MappedFaults.raisePending();
      hidden
          .entrySet()
          .removeIf(
              each -> {
                JournalEntry other = found.get(each.getKey());
                return other != null && other.writtenNanos() >= each.getValue();
              });
      if (hidden.equals(hiddenBefore) || hidden.isEmpty()) {
        break;
      }
      hiddenBefore = hidden;
    }
    return found.isEmpty() ? List.of() : List.copyOf(found.values());
  }

  /**
   * The keys of all versions that are in the journal, or were a moment ago; saves under way
   * included.
   *
   * @throws IOException if it cannot be read, or changes too fast: there may be others
   */
  public synchronized Set<Digest256> keys() throws IOException {
    Set<Digest256> keys = new HashSet<>();
    if (!place.isReadable()) {
      return keys;
    }
    try {
      boolean whole = false;
      for (int look = 0; look < MOST_LOOKS && !whole; look++) {
        keys.clear();
        whole = collectKeys(keys);
      }
      MappedFaults.raisePending();
      if (!whole) {
        throw new IOException("the journal changes too fast: directory=" + files.directory());
      }
    } catch (InternalError e) {
      throw lost(e);
    }
    return keys;
  }

  /** Returns false if some segment changed twice meanwhile. */
  private boolean collectKeys(Set<Digest256> keys) throws IOException {
    boolean whole = true;
    refresh();
    for (SegmentView known : segments.values()) {
      if (known.mustReadAgain()) {
        known.refresh();
      }
      whole &= !known.mustReadAgain() || !known.segment().isWhole();
      known.collectKeys(keys);
    }
    return whole;
  }

  /**
   * Whether more of a key may be found later although nobody tells: in a store for lookups only,
   * once that is old enough. What was found until then is not to be kept.
   */
  public synchronized boolean showsMoreWithAge(Digest256 key) {
    return place.readOnly() && segments.values().stream().anyMatch(each -> each.hasWaiting(key));
  }

  /** Whether a version of a run is in the journal that is in no durable pair. */
  public synchronized boolean holds(Digest256 key, String runId) throws IOException {
    return look(
        () -> {
          refresh();
          boolean held = false;
          for (SegmentView known : segments.values()) {
            held |= known.holds(key, runId);
          }
          return held;
        });
  }

  /** Looks at the segments, all pages of which are there if it returns. */
  private <T> T look(Uninterrupted.Step<T> step) throws IOException {
    try {
      T seen = step.run();
      MappedFaults.raisePending();
      return seen;
    } catch (InternalError e) {
      throw lost(e);
    }
  }

  /**
   * Has what the segments say of their records survive a power cut: what is in pairs does not
   * become a pair once more.
   */
  public void makeMarksDurable() throws IOException {
    // Also where there are none: those that are gone may come back after a power cut.
    if (place.isReadable() && files.hasDirectory()) {
      files.syncAll();
    }
  }

  /**
   * The latest written stamp that a key has in the journal, or had a moment ago, saves under way
   * included.
   *
   * @return unix nanoseconds; {@link Long#MIN_VALUE} if it has none
   */
  public synchronized long latestNanos(Digest256 key) throws IOException {
    return look(
        () -> {
          refresh();
          long latest = Long.MIN_VALUE;
          for (SegmentView known : segments.values()) {
            latest = Math.max(latest, known.latestNanos(key));
          }
          return latest;
        });
  }

  /** This process has committed a record. */
  synchronized void committed(JournalEntry entry) {
    SegmentView known = segments.get(entry.place().segment());
    if (known != null) {
      known.committed(entry);
    }
  }

  /**
   * Whether any process has segments.
   *
   * @throws IOException if the journal cannot be looked at
   */
  synchronized boolean hasSegments() throws IOException {
    return look(this::anySegments);
  }

  private boolean anySegments() throws IOException {
    if (closed || !place.isReadable()) {
      return false;
    }
    long word = place.segmentsWord();
    if (word == UNKNOWN || word != listedUnder) {
      relist();
      listedUnder = word;
    }
    return !segments.isEmpty();
  }

  /** A closed store that somebody holds on to keeps no segment mapped. */
  @Override
  public synchronized void close() {
    closed = true;
    segments.clear();
  }

  /** The mappings are made again with the next look. */
  private void forget() {
    segments.clear();
    listedUnder = UNKNOWN;
  }

  private IOException lost(InternalError error) {
    forget();
    return new IOException("a page of the journal is gone: directory=" + files.directory(), error);
  }

  private void refresh() throws IOException {
    if (!anySegments()) {
      return;
    }
    for (SegmentView known : segments.values()) {
      known.refresh();
    }
  }

  private void relist() throws IOException {
    List<Integer> numbers = files.list().numbers();
    segments.keySet().retainAll(numbers);
    for (int number : numbers) {
      SegmentView known = segments.get(number);
      if (known != null && files.leadsTo(number, known.segment().identity())) {
        continue;
      }
      segments.remove(number);
      Segment mapped = files.map(number, false);
      if (mapped == null) {
        // Gone since the listing: its pairs are there.
        continue;
      }
      if (mapped.hasLayout()) {
        segments.put(number, new SegmentView(mapped, place));
      } else if (!otherLayoutTold) {
        otherLayoutTold = true;
        EngineLog.warning(
            "a segment of the journal is another version's and is left alone: file="
                + files.path(number));
      }
    }
  }

  /**
   * A version as a candidate, with its payload.
   *
   * @param memory for the caller to release
   */
  public record Read(Candidate candidate, PayloadMemory memory) {}

  /**
   * Copies the payload of a version, and compares it with its check.
   *
   * @return null if it has gone from there since: its pair, or a later version, is in place
   * @throws IOException if the payload is not what was saved
   */
  public @Nullable Read read(JournalEntry entry) throws IOException {
    SegmentView known;
    synchronized (this) {
      known = segments.get(entry.place().segment());
    }
    if (known == null) {
      return null;
    }
    Segment segment = known.segment();
    try {
      if (segment.salt() != entry.place().salt() || entry.end() > segment.length()) {
        return null;
      }
      PayloadMemory memory =
          PayloadMemory.copyOf(
              segment.buffer(), entry.payloadPosition(), (int) entry.payloadBytes());
      boolean taken = false;
      try {
        MappedFaults.raisePending();
        CRC32C crc = new CRC32C();
        Digest256 checksum = memory.checksum(crc);
        if ((int) crc.getValue() == entry.place().payloadCheck()) {
          Read read = new Read(new Candidate(entry.runId(), entry.manifest(checksum)), memory);
          taken = true;
          return read;
        }
      } finally {
        if (!taken) {
          memory.release();
        }
      }
      boolean sameLife = segment.salt() == entry.place().salt();
      MappedFaults.raisePending();
      if (!sameLife) {
        return null;
      }
    } catch (InternalError e) {
      synchronized (this) {
        throw lost(e);
      }
    }
    throw new IOException(
        "payload in the journal does not fit its check: "
            + entry.run()
            + " file="
            + files.path(entry.place().segment()));
  }
}
