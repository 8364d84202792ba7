package io.warmstart.index;

import static io.warmstart.index.IndexLayout.FREE_SLOT_OFFSET;
import static io.warmstart.index.IndexLayout.NEXT_SLOT_OFFSET;
import static io.warmstart.index.IndexLayout.SLOTS_OFFSET;
import static io.warmstart.index.IndexLayout.SLOTS_PER_PAGE;

import java.util.function.IntSupplier;
import org.agrona.concurrent.AtomicBuffer;

/**
 * The slots of each stripe that no key has: a list through the slots themselves, which only the
 * stripe's holder reads or changes. All is called by him.
 */
final class FreeSlots {
  private final IndexFiles files;
  private final IntSupplier pages;

  /**
   * Stands over the files.
   *
   * @param pages gives out a page of zeros, or 0
   */
  FreeSlots(IndexFiles files, IntSupplier pages) {
    this.files = files;
    this.pages = pages;
  }

  /** How many slots the stripe has been given in all, free or not. */
  long slots(int stripe) {
    return files.base.getLong(slotsOffset(stripe));
  }

  /** Takes a slot out of the stripe's list; 0 if it is empty, {@link Link#BROKEN} if astray. */
  long take(int stripe) {
    long slot = first(stripe);
    if (slot == 0) {
      return 0;
    }
    IndexFile file = slot == Link.BROKEN ? null : files.fileOf(slot / SLOTS_PER_PAGE);
    if (slot > 0 && file == null) {
      // Not to be mapped now, by this process; or gone, and with it the generation.
      return Link.BROKEN;
    }
    long next = file == null ? Link.BROKEN : next(stripe, file.buffer, slot);
    if (next == Link.BROKEN) {
      files.giveUp();
      return Link.BROKEN;
    }
    begin(stripe, next);
    return slot;
  }

  /** Puts a slot that was taken out of its chain into the stripe's list. */
  void put(int stripe, AtomicBuffer buffer, long slot) {
    long next = first(stripe);
    if (next == Link.BROKEN) {
      files.giveUp();
      return;
    }
    link(stripe, buffer, slot, next);
    begin(stripe, slot);
  }

  /** Puts the slots of a new page into the stripe's list, which is empty; false without room. */
  boolean refill(int stripe) {
    int page = pages.getAsInt();
    IndexFile file = page == 0 ? null : files.fileOf(page);
    if (file == null) {
      return false;
    }
    long first = (long) page * SLOTS_PER_PAGE;
    long last = first + SLOTS_PER_PAGE - 1;
    for (long each = first; each <= last; each++) {
      link(stripe, file.buffer, each, each == last ? 0 : each + 1);
    }
    begin(stripe, first);
    files.base.putLong(slotsOffset(stripe), slots(stripe) + SLOTS_PER_PAGE);
    return true;
  }

  private long first(int stripe) {
    return Link.numberInHead(files.base.getLong(headOffset(stripe)), Link.FREE_SLOT, stripe);
  }

  private static long next(int stripe, AtomicBuffer buffer, long slot) {
    long word = buffer.getLong(KeyTable.offsetOf(slot) + NEXT_SLOT_OFFSET);
    return Link.number(word, Link.FREE_SLOT, stripe, slot);
  }

  private void begin(int stripe, long slot) {
    files.base.putLong(headOffset(stripe), Link.to(Link.FREE_SLOT, stripe, Link.HEAD, slot));
  }

  private static void link(int stripe, AtomicBuffer buffer, long slot, long next) {
    buffer.putLong(
        KeyTable.offsetOf(slot) + NEXT_SLOT_OFFSET, Link.to(Link.FREE_SLOT, stripe, slot, next));
  }

  private static int headOffset(int stripe) {
    return IndexLayout.stripeHead(stripe) + FREE_SLOT_OFFSET;
  }

  private static int slotsOffset(int stripe) {
    return IndexLayout.stripeHead(stripe) + SLOTS_OFFSET;
  }
}
