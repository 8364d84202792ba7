package io.warmstart;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.entry.KeyScan;
import io.warmstart.index.FillTicket;
import io.warmstart.index.KeyLocks;
import io.warmstart.index.SharedIndex;
import io.warmstart.io.Rereads;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a lookup goes by: a key's directory as it was at one moment.
 *
 * <p>A scan takes its time: names first, then one manifest after the other. If two saves come in
 * between, it may find the second and not the first, or list an entry that is then evicted for one
 * that it has not listed, and find none at all. So a scan counts only
 *
 * <ul>
 *   <li>if the index tells that no change has begun or ended since before it;
 *   <li>or if it was made under the key's lock, which is taken if the first was disturbed;
 *   <li>or, where there is neither, if the one before it has found the same.
 * </ul>
 *
 * <p>What stores do that know no index, or that have none, is noticed by the last alone; what a
 * saver does that goes on without the lock after a time-out, by the first and the last.
 *
 * <p>Where nothing was found and the listings prove nothing ({@link
 * io.warmstart.entry.SettledListing}), the runs that the index has recorded are looked for by name.
 *
 * @param ticket to fill the index with what is found; null if there is nothing to fill
 */
record KeyLook(@Nullable FillTicket ticket, KeyScan scan) {
  /** Savers wait for the holder of the lock: what takes long is looked at without it. */
  private static final int MOST_UNDER_LOCK = 256;

  /**
   * Where the lock is not to be had and somebody changes the key all the time, the last must do.
   */
  private static final int MOST_LOOKS = 8;

  /** Doubled before each further look: what another machine replaces takes some answers of it. */
  private static final long WAIT_NANOS = TimeUnit.MICROSECONDS.toNanos(250);

  static KeyLook of(Engine engine, KeyDirectory directory) throws IOException {
    KeyLook look = atOneMoment(engine, directory);
    KeyScan scan = look.scan();
    engine.foreignTouches.noteTracesIn(scan);
    if (scan.candidates().isEmpty() && !scan.proven() && !engine.readOnly()) {
      scan.lookFor(engine.ops, directory, engine.records().runIds(directory.key()));
    }
    return look;
  }

  private static KeyLook atOneMoment(Engine engine, KeyDirectory directory) throws IOException {
    long beganUnixNanos = now();
    KeyLook look = new KeyLook(ticket(engine, directory), KeyScan.forLookup(engine.ops, directory));
    for (int more = 1; more < MOST_LOOKS && !look.undisturbed(engine); more++) {
      KeyScan before = look.scan();
      if (more > 1 && engine.besideOtherMachines()) {
        Rereads.pause(WAIT_NANOS << more);
      }
      long beforeBeganUnixNanos = beganUnixNanos;
      beganUnixNanos = now();
      if (before.candidates().size() <= MOST_UNDER_LOCK) {
        try (KeyLocks.Hold hold = engine.locks.acquireBriefly(directory.key())) {
          look = again(engine, directory, before, beforeBeganUnixNanos);
          if (hold.shared() && look.isOfOneMoment(engine)) {
            return look;
          }
        }
      } else {
        look = again(engine, directory, before, beforeBeganUnixNanos);
      }
      if (look.scan().sameEntriesAs(before)) {
        return look;
      }
    }
    return look;
  }

  private static KeyLook again(
      Engine engine, KeyDirectory directory, KeyScan before, long beforeBeganUnixNanos)
      throws IOException {
    FillTicket ticket = beforeRead(engine, directory);
    return new KeyLook(
        ticket,
        KeyScan.again(
            engine.ops,
            directory,
            before,
            facts -> engine.place.racyWindow().isRacy(facts.mtimeNanos(), beforeBeganUnixNanos)));
  }

  /** Whether the lock was enough: it keeps no other machine from replacing what was listed. */
  private boolean isOfOneMoment(Engine engine) {
    return !engine.besideOtherMachines() || scan.vanished().isEmpty();
  }

  private boolean undisturbed(Engine engine) {
    return ticket != null
        && engine.sharedIndex != null
        && engine.sharedIndex.stillHolds(ticket)
        && scan.vanished().isEmpty();
  }

  /** Takes note of the key's state, in a slot that is made for it if it has none. */
  private static @Nullable FillTicket ticket(Engine engine, KeyDirectory directory) {
    SharedIndex index = engine.sharedIndex;
    if (index != null && index.needsSlot(directory.key())) {
      try (KeyLocks.Hold hold = engine.locks.acquireBriefly(directory.key())) {
        if (hold.shared()) {
          index.makeSlot(directory.key());
        }
      }
    }
    return beforeRead(engine, directory);
  }

  private static @Nullable FillTicket beforeRead(Engine engine, KeyDirectory directory) {
    SharedIndex index = engine.sharedIndex;
    return index == null ? null : index.beforeRead(directory.key(), now());
  }

  private static long now() {
    return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
  }
}
