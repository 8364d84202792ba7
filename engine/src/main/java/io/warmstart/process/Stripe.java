package io.warmstart.process;

import io.warmstart.mapped.ControlLayout;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileLock;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One stripe, as this process has it: by the kernel's lock on its byte, or by a bias.
 *
 * <p>A process that takes a stripe again and again keeps the kernel's lock, and names itself in the
 * stripe's bias. From then on two words of the mapping are enough: it says that the bias is in use,
 * and has the stripe if the bias then still names it. Another process locks the revocation byte,
 * marks the bias as revoked, and has the stripe if the bias is then not in use. Each stores before
 * it reads what the other has stored: not both can go on. The owner notices when it next takes the
 * stripe, or with a heartbeat, and ends the bias under the revocation byte. Nobody needs it to
 * answer: it may be stopped.
 *
 * <p>The bias is written by who holds the stripe's byte while it says that there is none, and else
 * by who holds the revocation byte; it says so again by who holds both. Whoever holds both has the
 * stripe, whatever the words are; so does one that finds there what nobody can have written, or
 * cannot read it.
 *
 * <p>For the thread that holds the stripe's lock of this JVM, but for {@link #isBiased}.
 */
final class Stripe {
  /** So many times taken by the kernel's lock, between two heartbeats, before it is kept. */
  private static final int LEAST_TIMES = 8;

  /** So many after a revocation, so that it is not kept for seconds; half with each heartbeat. */
  private static final int MOST_TIMES = 1 << 20;

  private static final int MOST_HALVINGS = 20;

  private enum Had {
    NOT,
    BY_LOCK,
    BY_BIAS,
    BY_REVOCATION,
    BY_BOTH_LOCKS
  }

  private final int number;
  private final ProcessTable table;
  private final Biases biases;

  private Had had = Had.NOT;

  /** On the stripe's byte. */
  private @Nullable FileLock lock;

  /** On the revocation byte. */
  private @Nullable FileLock revocation;

  /** Where the stripe is biased to this process, which keeps its lock. */
  private volatile @Nullable ControlFile biasedIn;

  private long ownBias;
  private boolean revoked;
  private int timesByLock;
  private int timesSinceBeat;
  private int enough = LEAST_TIMES;
  private long uses;
  private long usesAtBeat;

  Stripe(int number, ProcessTable table, Biases biases) {
    this.number = number;
    this.table = table;
    this.biases = biases;
  }

  /**
   * Takes the stripe, if no other process has it.
   *
   * @throws IOException if there is no lock file now, or the kernel has no locks to give
   */
  boolean tryTake() throws IOException {
    if (had != Had.NOT) {
      // By the same thread, which goes on without the lock once it has timed out.
      return false;
    }
    ControlFile file = biasedIn;
    if (file != null) {
      if (tryUse(file)) {
        had = Had.BY_BIAS;
        return true;
      }
      giveBack(file);
      if (isBiased()) {
        return false;
      }
    }
    boolean taken = false;
    try {
      taken = tryLock() ? tryTakeWithLock() : tryRevoke();
      return taken;
    } finally {
      if (!taken) {
        release();
      }
    }
  }

  /** Whether it is had, and other processes are kept out still. */
  boolean isHeld() {
    return switch (had) {
      case NOT -> false;
      case BY_LOCK, BY_BIAS -> isValid(lock);
      case BY_REVOCATION -> isValid(revocation);
      case BY_BOTH_LOCKS -> isValid(lock) && isValid(revocation);
    };
  }

  /** What the processes share by which it is had; null if this one has lost it. */
  @Nullable ControlFile file() {
    return had == Had.BY_BIAS ? biasedIn : table.current();
  }

  /** Lets others have it; or keeps it, if it is taken again and again. */
  void release() {
    Had before = had;
    had = Had.NOT;
    if (before == Had.BY_BIAS) {
      ControlFile file = Objects.requireNonNull(biasedIn);
      file.biasInUse(number, Biases.notInUse(ownBias));
      if (!biases.mayKeep()) {
        giveBack(file);
      }
      return;
    }
    boolean kept = false;
    try {
      unlockRevocation();
      kept = before == Had.BY_LOCK && keep();
    } finally {
      if (!kept) {
        unlock();
      }
    }
  }

  /** Says that the bias is in use; returns whether it still names this process. */
  private boolean tryUse(ControlFile file) {
    if (revoked || !biases.mayKeep() || !isValid(lock) || file != table.current()) {
      return false;
    }
    file.biasInUse(number, ownBias);
    VarHandle.fullFence();
    if (file.bias(number) == ownBias) {
      uses++;
      return true;
    }
    file.biasInUse(number, Biases.notInUse(ownBias));
    revoked = true;
    enough = MOST_TIMES;
    return false;
  }

  /**
   * With the stripe's byte locked: nobody has the stripe where there is no bias, and else somebody
   * may have it by the revocation byte alone.
   */
  private boolean tryTakeWithLock() throws IOException {
    ControlFile file = table.current();
    if (file != null && file.bias(number) == Biases.NONE) {
      had = Had.BY_LOCK;
      return true;
    }
    if (!tryLockRevocation()) {
      return false;
    }
    had = Had.BY_BOTH_LOCKS;
    if (file != null && endBias(file)) {
      unlockRevocation();
      had = Had.BY_LOCK;
    }
    return true;
  }

  /**
   * Ends whatever bias there is, with both bytes locked: whoever it is to keeps the stripe no
   * longer, or has lost its locks.
   *
   * @return false if it could not be written
   */
  private boolean endBias(ControlFile file) {
    file.biasInUse(number, 0);
    file.bias(number, Biases.NONE);
    return !file.lost();
  }

  private void forgetBias() {
    biasedIn = null;
    revoked = false;
    timesByLock = 0;
    biases.uncount();
  }

  /** Takes the stripe away from the process that it is biased to, if that is not in it. */
  private boolean tryRevoke() throws IOException {
    ControlFile file = table.current();
    if (file == null || !Biases.isOne(file.bias(number)) || !tryLockRevocation()) {
      return false;
    }
    long bias = file.bias(number);
    if (!Biases.isOne(bias)) {
      return false;
    }
    if (!Biases.isRevoked(bias)) {
      file.bias(number, Biases.revoked(bias));
    }
    VarHandle.fullFence();
    // By a file that was replaced the stripe's byte may be another one's by now.
    if (file.biasInUse(number) != Biases.notInUse(bias) || !biases.isCurrent(file)) {
      return false;
    }
    had = Had.BY_REVOCATION;
    // If the owner has given it back meanwhile, or died, it is as any other.
    return !tryLock() || tryTakeWithLock();
  }

  /** Keeps the lock, with the bias to this process, if it may. */
  private boolean keep() {
    ControlFile file = table.current();
    if (!isTakenOften() || file == null || !isValid(lock) || file.bias(number) != Biases.NONE) {
      return false;
    }
    long bias = Biases.of(file);
    file.biasInUse(number, Biases.notInUse(bias));
    if (!biases.tryCount()) {
      return false;
    }
    biasedIn = file;
    ownBias = bias;
    uses = 0;
    usesAtBeat = -1;
    file.bias(number, bias);
    return true;
  }

  private boolean isTakenOften() {
    int beat = biases.beats();
    if (beat != timesSinceBeat) {
      // What was wanted by others once need not be for ever.
      enough = Math.max(LEAST_TIMES, enough >> Math.min(MOST_HALVINGS, beat - timesSinceBeat));
      timesByLock = 0;
      timesSinceBeat = beat;
    }
    return number < ControlLayout.KEY_STRIPES && ++timesByLock >= enough;
  }

  /** Whether it is biased to this process: for any thread, to which it may be over. */
  boolean isBiased() {
    return biasedIn != null;
  }

  /**
   * With each heartbeat: gives the stripe back if it was not taken since the last one, or is
   * wanted, or may be kept no more. What cannot be done now is done later.
   */
  void giveBackIfDue() {
    ControlFile file = biasedIn;
    boolean idle = uses == usesAtBeat;
    usesAtBeat = uses;
    if (file != null
        && (idle || !biases.mayKeep() || file != table.current() || file.bias(number) != ownBias)) {
      giveBack(file);
    }
  }

  /**
   * Ends the bias to this process, unless somebody works under the revocation byte. It is not gone
   * on with the lock that was kept: should the kernel have dropped it, the JDK does not know.
   */
  private void giveBack(ControlFile file) {
    try {
      if (!isValid(lock)) {
        forgetBias();
      } else if (tryLockRevocation()) {
        ControlFile now = table.current();
        endOwnBias(file);
        if (now != null && now != file) {
          // Others may go by the one, or by the other.
          endOwnBias(now);
        }
        forgetBias();
        unlock();
      }
    } catch (IOException e) {
      // There is no lock file now, and no lock any more.
      return;
    } finally {
      unlockRevocation();
    }
  }

  /** Where it cannot be written, who gets the stripe's byte ends it. */
  private void endOwnBias(ControlFile file) {
    if (Biases.isOf(ownBias, file.bias(number))) {
      endBias(file);
    }
  }

  /** Gives the stripe back for good: whoever holds on to a closed store keeps no file mapped. */
  void close() {
    ControlFile file = biasedIn;
    if (file != null && had == Had.NOT) {
      giveBack(file);
      // Also where somebody works under the revocation byte: the lock goes with the lock file.
      biasedIn = null;
    }
  }

  private boolean tryLock() throws IOException {
    lock = table.lockFile().tryLock(LockFile.stripeByte(number));
    return lock != null;
  }

  private boolean tryLockRevocation() throws IOException {
    if (revocation == null) {
      revocation = table.lockFile().tryLock(LockFile.revocationByte(number));
    }
    return revocation != null;
  }

  private void unlock() {
    FileLock held = lock;
    lock = null;
    if (held != null) {
      table.lockFile().release(held);
    }
  }

  private void unlockRevocation() {
    FileLock held = revocation;
    revocation = null;
    if (held != null) {
      table.lockFile().release(held);
    }
  }

  private static boolean isValid(@Nullable FileLock lock) {
    return lock != null && lock.isValid();
  }
}
