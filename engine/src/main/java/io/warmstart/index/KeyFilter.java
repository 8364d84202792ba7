package io.warmstart.index;

import io.warmstart.mapped.Checksums;
import io.warmstart.model.Digest256;
import java.util.Collection;

/**
 * A Bloom filter over the keys of a root: it may take a key that the root lacks for one that it
 * has, one in two hundred to one in a thousand, and never the other way round. Four bits of one
 * word stand for each key, so a question costs one cache line. Immutable.
 *
 * <p>Source: Bloom 1970, in blocks of one word as in Putze, Sanders and Singler 2007, "Cache-,
 * Hash- and Space-Efficient Bloom Filters".
 */
final class KeyFilter {
  /** Bits for each key: 16 to 32. */
  private static final int MOST_BITS = 32;

  private static final int MOST_WORDS = 1 << 26;

  private final long[] words;

  KeyFilter(Collection<Digest256> keys) {
    long wanted = Long.highestOneBit(Math.max(1, (long) keys.size() * MOST_BITS / Long.SIZE));
    words = new long[(int) Math.min(wanted, MOST_WORDS)];
    for (Digest256 key : keys) {
      long hash = hash(key);
      words[word(hash)] |= bits(hash);
    }
  }

  /** False if the key is none of those. */
  boolean mayHave(Digest256 key) {
    long hash = hash(key);
    long bits = bits(hash);
    return (words[word(hash)] & bits) == bits;
  }

  private static long hash(Digest256 key) {
    return Checksums.mix(Checksums.ofKey(key));
  }

  private int word(long hash) {
    return (int) hash & (words.length - 1);
  }

  /** By bits that do not choose the word. */
  private static long bits(long hash) {
    return 1L << (hash >>> 40) | 1L << (hash >>> 46) | 1L << (hash >>> 52) | 1L << (hash >>> 58);
  }
}
