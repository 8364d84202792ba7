package io.warmstart.mapped;

import io.warmstart.model.Digest256;

/**
 * Checks over records of the index. They tell a record that belongs together from one that was
 * torn, flipped or made for another key, not from one that somebody has forged.
 *
 * <p>Each input goes through a multiplication by an odd constant, which is a bijection, so a change
 * of any one input always changes the check. The products are independent of one another: the
 * processor computes them side by side.
 */
public final class Checksums {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;
  private static final int SEALED_BITS = 26;

  private Checksums() {}

  /** Over all that a winner is believed by; a miss has no manifest, and 0 for its change time. */
  public static long ofWinner(
      Digest256 key, int ranking, long changes, long ctime, long version, long manifestCtime) {
    long sum =
        (changes ^ key.word(0)) * 0xbf58476d1ce4e5b9L
            ^ Long.rotateLeft((ctime + ranking) * 0x94d049bb133111ebL, 13)
            ^ Long.rotateLeft((version ^ key.word(2)) * 0xd6e8feb86659fd93L, 29)
            ^ Long.rotateLeft((manifestCtime + ranking) * 0xa0761d6478bd642fL, 43);
    return finish(sum);
  }

  /**
   * What an entry in memory was read under, as one word.
   *
   * @param owner whose memory that is: another number for each mapping of an index
   * @param retirements of its cell
   */
  public static long ofMemo(long changes, long owner, int retirements, int ranking) {
    return changes * 0xbf58476d1ce4e5b9L
        + owner * 0xa0761d6478bd642fL
        + retirements * 0x94d049bb133111ebL
        + (ranking + 1) * 0xd6e8feb86659fd93L;
  }

  /** The check of a number of bytes that somebody is accountable for: a key, a stripe. */
  public static long ofBytes(long accountable, long bytes) {
    return mix(mix(accountable + GOLDEN) ^ bytes);
  }

  /** What an entry adds to its key's census: over all that a ranking goes by. */
  public static long ofRanked(long runHash, long writtenNanos, double objective, boolean last) {
    long sum =
        runHash
            ^ Long.rotateLeft(writtenNanos * 0xbf58476d1ce4e5b9L, 13)
            ^ Long.rotateLeft(Double.doubleToRawLongBits(objective) * 0xd6e8feb86659fd93L, 29)
            ^ (last ? GOLDEN : 0);
    return mix(sum);
  }

  /** Over all that a census is believed by. */
  public static long ofCensus(Digest256 key, long ctime, long asOf, long sum, long doubt) {
    return finish(
        (sum ^ key.word(0)) * 0xbf58476d1ce4e5b9L
            ^ Long.rotateLeft(ctime * 0x94d049bb133111ebL, 13)
            ^ Long.rotateLeft((asOf ^ key.word(2)) * 0xd6e8feb86659fd93L, 29)
            ^ Long.rotateLeft(doubt * 0xa0761d6478bd642fL, 43));
  }

  /**
   * A number with a check over it and over whose word it is: one word and one store, so no death
   * comes between them, and a flipped bit or the word of another is refused.
   *
   * @param number of 26 bits
   */
  public static long seal(long owner, long number) {
    long sum = owner * 0xbf58476d1ce4e5b9L ^ number * 0x94d049bb133111ebL;
    return (finish(sum) & (-1L << SEALED_BITS)) | number;
  }

  /** The number of a sealed word; -1 if the owner has not stored that word. */
  public static long unseal(long owner, long word) {
    long number = word & ((1L << SEALED_BITS) - 1);
    return word == seal(owner, number) ? number : -1;
  }

  /**
   * A hash of a key, best in its upper bits. The words are one already, unless somebody has made
   * them up.
   */
  public static long ofKey(Digest256 key) {
    return (key.word(0)
            ^ Long.rotateLeft(key.word(1), 17)
            ^ Long.rotateLeft(key.word(2), 31)
            ^ Long.rotateLeft(key.word(3), 47))
        * GOLDEN;
  }

  /** The finaliser of splitmix64: every bit of the input moves half of the output's. */
  public static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }

  private static long finish(long sum) {
    return (sum ^ (sum >>> 32)) * GOLDEN;
  }

  /** A hash of a run id that is the same in every process. */
  public static long ofRunId(String runId) {
    return ofText(runId);
  }

  /** The same of any text. */
  public static long ofText(String text) {
    long hash = 1125899906842597L;
    for (int at = 0; at < text.length(); at++) {
      // By a large number: with a small one, two pairs of characters may come to the same.
      hash = (hash ^ text.charAt(at)) * GOLDEN;
    }
    return mix(hash);
  }
}
