package io.warmstart.index;

/**
 * The number of a page, a slot or an entry, as one word of the index leads to it: the number, and
 * above it a check over the number, who has stored it, and where.
 *
 * <p>A number alone is believed whatever it is: one flipped bit leads a stripe's chain into pages
 * of another, whose holder knows nothing of it, or has a page given out twice. With the stripe and
 * the place in the check a word is refused that was flipped, torn out of another place, or left by
 * another stripe. Number and check are one long and one store, so no death comes between them, and
 * a reader without the lock needs one load.
 *
 * <p>Whoever holds the stripe and meets a word that is refused ends the generation: see {@link
 * IndexFiles#giveUp}. Whoever reads without the lock takes it for the end of the list.
 */
final class Link {
  /** Leads to the free slots of a stripe: from its head, and from one to the next. */
  static final int FREE_SLOT = 1;

  /** Leads to the free entries of a stripe. */
  static final int FREE_ENTRY = 2;

  /** Leads to the pages of a stripe's entries. */
  static final int ENTRY_PAGE = 3;

  /** Leads to the first entry of a bucket; the place is the bucket's number. */
  static final int ENTRY_BUCKET = 4;

  /** Leads from an entry to the next of its bucket. */
  static final int NEXT_ENTRY = 5;

  private static final int PAGES_USED = 6;

  /** Not a stripe: the header. */
  private static final int NO_STRIPE = IndexLayout.STRIPES;

  /** The place of those that lie in a stripe's head. */
  static final long HEAD = 0;

  /** What no number is: the word was stored by nobody. */
  static final long BROKEN = -1;

  /** Enough for the entries of the last page, eight to a page. */
  private static final int NUMBER_BITS = 24;

  private static final long NUMBER_MASK = (1L << NUMBER_BITS) - 1;

  private Link() {}

  /**
   * The word that leads to a number.
   *
   * @param place the number of the page, slot or entry that it is stored in, or {@link #HEAD}
   * @param number 0 for none
   */
  static long to(int kind, int stripe, long place, long number) {
    return Checks.ofLink((long) kind << 32 | stripe, place, number) << NUMBER_BITS | number;
  }

  /** The number that a word leads to; 0 for none, {@link #BROKEN} if its check is wrong. */
  static long number(long word, int kind, int stripe, long place) {
    long number = word & NUMBER_MASK;
    return word == to(kind, stripe, place, number) ? number : BROKEN;
  }

  /** The same of a stripe's head, which is made of zeros: those stand for none. */
  static long numberInHead(long word, int kind, int stripe) {
    return word == 0 ? 0 : number(word, kind, stripe, HEAD);
  }

  /** The same of a bucket of entries, which is made of zeros too. */
  static long numberInBucket(long word, int stripe, int bucket) {
    return word == 0 ? 0 : number(word, ENTRY_BUCKET, stripe, bucket);
  }

  /** The word for how many pages are given out. */
  static long pagesUsed(long pages) {
    return to(PAGES_USED, NO_STRIPE, HEAD, pages);
  }

  /** How many pages are given out by a word; {@link #BROKEN} if its check is wrong. */
  static long usedPages(long word) {
    return number(word, PAGES_USED, NO_STRIPE, HEAD);
  }
}
