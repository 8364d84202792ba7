package io.warmstart.index;

import io.warmstart.format.DirectoryNames;
import io.warmstart.io.RacyWindow;
import io.warmstart.model.Digest256;
import io.warmstart.pair.RootDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Knows of keys that the root lacks, without a slot for each: by a {@link KeyFilter} over the names
 * in the root and the keys in the journal, which this process makes in the background once lookups
 * miss often.
 *
 * <p>It rests on two things that are read before all names, and compared in each lookup:
 *
 * <ul>
 *   <li>The index's word of the keys. A process of ours that publishes the first pair of a key has
 *       made the key's directory, or found it, then stores another word, then renames. One that
 *       appends the first record of a key stores another word before it acknowledges the record. So
 *       a filter with the word of now was made from what has that directory, or that record. First
 *       is what comes to a key of which the index counts no files. The keys of which it does are in
 *       the filter, whether or not the root has a directory of them; and when it begins or ceases
 *       to count, another word is stored too.
 *   <li>The root's change time, which a program that knows no index moves when it makes a
 *       directory. It is looked at as often as that of any key.
 * </ul>
 *
 * <p>Safe for all threads.
 */
public final class AbsentKeys {
  /** Fewer lookups in files are not worth a listing. */
  private static final long FEWEST_MISSES = 256;

  /** What a miss from files takes, roughly. */
  private static final long MISS_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

  /**
   * No older may a look at the root be, whatever its interval: it tells of what a process of ours
   * has saved that cannot map the index, too.
   */
  private static final long LONGEST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** A listing takes this part of the time at most. */
  private static final long PAUSE_PER_LISTING = 20;

  private final Index index;
  private final RootDirectory root;
  private final Journalled journalled;

  /** How many lookups have read the files and found nothing, since the root was listed. */
  private final AtomicLong missed = new AtomicLong();

  private volatile @Nullable Known known;

  // Of the thread that lists.
  private long listedAtNanos = System.nanoTime();
  private long listingNanos;

  /** What lies in the journal. */
  public interface Journalled {
    /** All keys of which it has a version that may be in no pair; others may be among them. */
    Set<Digest256> keys() throws IOException;
  }

  /** Makes one that knows nothing yet. */
  public AbsentKeys(Index index, RootDirectory root, Journalled journalled) {
    this.index = index;
    this.root = root;
    this.journalled = journalled;
  }

  /**
   * A filter, and what it was made under.
   *
   * @param word the index's of its keys
   * @param ctime the root's
   */
  private record Known(long word, long ctime, KeyFilter filter) {}

  /**
   * Whether the root has no entry of a key; false if that is not known. Makes no system call,
   * unless it is time to look at the root, takes no lock, and allocates nothing.
   *
   * @param nowUnixNanos the system's clock, to the millisecond
   * @param foreignCheckNanos how old a look at the root may be
   */
  public boolean lacks(Digest256 key, long nowUnixNanos, long foreignCheckNanos) {
    Known current = known;
    return current != null
        && !current.filter.mayHave(key)
        && index.keysWord() == current.word
        && index.foreign().rootCtime(nowUnixNanos, Math.min(foreignCheckNanos, LONGEST_LOOK_NANOS))
            == current.ctime;
  }

  /** A lookup had to read the files to find that there is no entry of a key. */
  public void missed(Digest256 key) {
    Known current = known;
    // No filter would answer for what has files and no entry that counts, as what has expired.
    if (current == null || !current.filter.mayHave(key)) {
      missed.incrementAndGet();
    }
  }

  /** Lists the root if enough lookups have missed since. For one thread at a time. */
  public void listIfDue() {
    long now = System.nanoTime();
    if (missed.get() < Math.max(FEWEST_MISSES, listingNanos / MISS_NANOS)
        || now - listedAtNanos < PAUSE_PER_LISTING * listingNanos) {
      return;
    }
    missed.set(0);
    try {
      Known listed = list();
      if (listed != null) {
        known = listed;
      }
    } catch (IOException e) {
      // Lookups go on reading the files, and tell.
    } finally {
      // Also when it fails: it is not tried again at once.
      listedAtNanos = System.nanoTime();
      listingNanos = listedAtNanos - now;
    }
  }

  /** Null if keys come meanwhile, or there is no index. */
  private @Nullable Known list() throws IOException {
    long word = index.keysWord();
    long ctime = settledCtime();
    if (word == 0 || ctime < 0) {
      return null;
    }
    List<Digest256> keys = new ArrayList<>(journalled.keys());
    keys.addAll(index.countedKeys());
    for (String name : root.ops().list(root.path())) {
      // A file system that ignores case finds the one by the other.
      String lower = name.toLowerCase(Locale.ROOT);
      if (DirectoryNames.isKeyDirectory(lower)) {
        keys.add(Digest256.fromHex(lower));
      }
    }
    return index.keysWord() == word && settledCtime() == ctime
        ? new Known(word, ctime, new KeyFilter(keys))
        : null;
  }

  private long settledCtime() {
    return index.foreign().settledRootCtime(RacyWindow.systemNanos());
  }
}
