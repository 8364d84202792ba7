package io.warmstart;

import io.warmstart.claim.KeyClaim;
import io.warmstart.model.ClaimOptions;
import io.warmstart.model.ClaimState;
import io.warmstart.model.ClaimUnavailableException;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import io.warmstart.policy.Limits;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Who computes the fit of a key, so that the others need not: one {@link ClaimState#MINE}, all
 * others {@link ClaimState#OTHERS}, until there is a final result or the one is gone.
 *
 * <pre>{@code
 * try (Claim claim = store.claim(key)) {
 *   switch (claim.state()) {
 *     case MINE -> fit(store.session(key));
 *     case FINISHED -> use(store.session(key).completed());
 *     case OTHERS -> takeAnotherFit();   // or claim.await(Duration.ofHours(1))
 *   }
 * }
 * }</pre>
 *
 * <p>It saves work and protects nothing. Two who compute one fit lose an hour and harm nothing:
 * what they save is whole and ranked. So nobody must have a claim to save, and one may be lost
 * without a wrong result.
 *
 * <p>It binds the threads and processes of this machine that work on the root. The kernel holds it:
 * it ends with {@link #close}, with its store or with the process, at once and however that dies;
 * not while the process is stopped, nor while a claim is forgotten and its store open. It leaves
 * nothing on disk. The child processes of a claimer do not have it.
 *
 * <p>Claim what is about to be computed, and not thousands of keys ahead: the kernel looks through
 * all that are open whenever a process of the root takes a lock, and saves take some.
 *
 * <p>If the store has a remote that it writes to, it binds the machines that have the same one too
 * ({@link ClaimOptions}). There it is renewed in the background; once its holder has died, or
 * cannot renew it, it lapses: another has it that has seen no sign of life for the lease, by its
 * own clock. A process that opens a store, looks once and ends never sees that.
 *
 * <p>A key that is claimed is claimed for its own process too: its other threads, and the same one
 * once more, find it to be {@link ClaimState#OTHERS}, by whatever store of the root.
 *
 * <p><b>Threads:</b> safe for all.
 */
public final class Claim implements AutoCloseable {
  private final KeyClaim claim;
  private final Fingerprint key;
  private final boolean othersMayBe;

  Claim(KeyClaim claim, Fingerprint key, boolean othersMayBe) {
    this.claim = claim;
    this.key = key;
    this.othersMayBe = othersMayBe;
  }

  /** {@return the key that it was made for} */
  public Fingerprint key() {
    return key;
  }

  /**
   * {@return how it stands: as of the last look, or of this moment if it was {@link
   * ClaimState#MINE}} Costs no look at the root. After {@link #close} it is never MINE.
   */
  public ClaimState state() {
    return claim.state();
  }

  /**
   * {@return whether it was {@link ClaimState#MINE} and others are not kept out any more} That is
   * so once the root's lock file has been deleted or replaced, the root was moved, or something in
   * this process has opened and closed the lock file; it is noticed within a second. And once it
   * could not be renewed in the remote for its lease. As long as nobody else has claimed the key
   * meanwhile it is taken back, and this is false again. A caller that lost it may go on, or stop:
   * what it saves counts all the same.
   */
  public boolean lost() {
    return claim.lost();
  }

  /**
   * {@return whether machines may work on the key that this claim does not bind: where the root
   * lies on a network file system, has a local directory or a remote, and the claim was not had in
   * a remote} Processes there may have the same key as theirs.
   */
  public boolean onThisMachineOnly() {
    return othersMayBe && claim.alone();
  }

  /**
   * {@return the process that has the key now, for people; empty if none has, or if the kernel does
   * not show it here, as from one container to another} Reads the kernel's list of locks.
   */
  public OptionalLong holder() {
    return claim.holder();
  }

  /**
   * {@return the process that has the key on another machine, for people, as of the last look at
   * the remote; empty if none had} Asks nobody.
   */
  public Optional<String> holderElsewhere() {
    return claim.holderElsewhere();
  }

  /**
   * Waits until it is the caller's, or the key has a final result, also one of another. Of several
   * who wait any may be the next. Both are noticed within a second or so, from another machine
   * within a quarter of the lease or 15 s; a dead holder holds nothing, or for its lease on another
   * machine.
   *
   * <p><b>Blocks:</b> for the time given at most, for a lookup, and for the answers of a remote:
   * for each of two questions its flush wait. Looks once in any case, also if it was {@link
   * ClaimState#FINISHED}, and returns at once if it need not wait.
   *
   * @param patience how long at most; nothing is as good as zero
   * @return how it stands then: {@link ClaimState#OTHERS} when the time was over
   * @throws InterruptedException if the thread is interrupted; the claim is as it was
   * @throws IllegalStateException if it is closed, or is being closed meanwhile, also with its
   *     store
   * @throws ClaimUnavailableException if no locks could be asked for in two seconds, or with a
   *     remote no locks or no answer for three minutes or the lease, whichever is longer, or if the
   *     remote ignores the condition that claims need
   * @throws StoreException if the key could not be looked up
   */
  public ClaimState await(Duration patience) throws InterruptedException {
    return claim.await(Limits.saturatedNanos(patience));
  }

  /**
   * Gives the key back, if it is the caller's. Later calls do nothing. In a remote it is given back
   * after what this store has saved to the key is there, or the flush wait is over; if the remote
   * does not answer it lapses.
   */
  @Override
  public void close() {
    claim.close("was closed");
  }
}
