package io.warmstart.index;

import io.warmstart.model.Digest256;
import io.warmstart.pair.RootDirectory;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Knows of keys that the root lacks, without a slot for each: by a {@link KeyFilter} over the names
 * in the root, which this process makes in the background once lookups miss often.
 *
 * <p>It rests on two things that were read before the root was listed and are compared in each
 * lookup. Whoever of ours is about to publish the first pair of a key has made the key's directory,
 * and then stored another word into the index ({@link Index#changing}, {@link
 * Index#directoryMade}). So a filter with the word of now was made from a listing that has that
 * directory. A program that knows no index moves the root's change time when it makes a directory,
 * which is looked at as often as that of any key.
 *
 * <p>What lies in the journal has no directory yet, so the journal is asked first: a version leaves
 * it after its pair is in place.
 *
 * <p>Nothing that is wrong in the mapped slots makes a key absent: the filter lies in this process.
 * Safe for all threads.
 */
public final class AbsentKeys {
  /** Fewer lookups in files are not worth a listing. */
  private static final long FEWEST_MISSES = 256;

  /** What a miss from files takes, roughly. */
  private static final long MISS_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

  /** A listing takes this part of the time at most. */
  private static final long PAUSE_PER_LISTING = 20;

  private final Index index;
  private final RootDirectory root;
  private final Predicate<Digest256> mayBeJournalled;

  /** How many lookups have read the files and found nothing, since the root was listed. */
  private final AtomicLong missed = new AtomicLong();

  private volatile @Nullable Known known;

  // Of the thread that lists.
  private long listedAtNanos = System.nanoTime();
  private long listingNanos;

  /**
   * Makes one that knows nothing yet.
   *
   * @param mayBeJournalled whether a version of a key may be in the journal and in no pair
   */
  public AbsentKeys(Index index, RootDirectory root, Predicate<Digest256> mayBeJournalled) {
    this.index = index;
    this.root = root;
    this.mayBeJournalled = mayBeJournalled;
  }

  /**
   * A filter, and what it was made under.
   *
   * @param word the index's of its keys; no two generations have the same
   * @param ctime the root's
   */
  private record Known(long word, long ctime, KeyFilter filter) {}

  /**
   * Whether the root has no entry of a key; false if that is not known. Makes no system call,
   * unless it is time to look at the root, takes no lock of files, and allocates nothing.
   *
   * @param nowUnixNanos the system's clock, to the millisecond
   * @param foreignCheckNanos how old a look at the root may be
   */
  public boolean lacks(Digest256 key, long nowUnixNanos, long foreignCheckNanos) {
    Known current = known;
    return current != null
        && !current.filter.mayHave(key)
        && !mayBeJournalled.test(key)
        && keysWord() == current.word
        && index.foreign().rootCtime(nowUnixNanos, foreignCheckNanos) == current.ctime;
  }

  /** A lookup had to read the files to find that there is no entry. */
  public void missed() {
    missed.incrementAndGet();
  }

  /** 0 if there is no index now. */
  private long keysWord() {
    return index.attachments().askWord(attached -> attached.files().keysWord(), 0);
  }

  /** Lists the root if enough lookups have missed since. For one thread at a time. */
  public void listIfDue() {
    long now = System.nanoTime();
    if (missed.get() < Math.max(FEWEST_MISSES, listingNanos / MISS_NANOS)
        || now - listedAtNanos < PAUSE_PER_LISTING * listingNanos) {
      return;
    }
    Known listed = list();
    if (listed != null) {
      missed.set(0);
      known = listed;
    }
    listedAtNanos = System.nanoTime();
    listingNanos = listedAtNanos - now;
  }

  /** Null if the root changes, cannot be listed, or has no index. */
  private @Nullable Known list() {
    long word = keysWord();
    long ctime = settledCtime();
    if (word == 0 || ctime < 0) {
      return null;
    }
    List<Digest256> keys;
    try {
      keys = root.keys();
    } catch (IOException e) {
      // Lookups go on reading the files, and tell.
      return null;
    }
    return settledCtime() == ctime ? new Known(word, ctime, new KeyFilter(keys)) : null;
  }

  private long settledCtime() {
    return index
        .foreign()
        .settledRootCtime(TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()));
  }
}
