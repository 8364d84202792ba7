package io.warmstart.claim;

import io.warmstart.model.ClaimUnavailableException;
import io.warmstart.model.Digest256;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where machines that share no lock file claim keys from each other. Safe for all threads. */
public interface OtherMachines {
  /**
   * Claims a key, then fetches what there is of it: a final result that the holder before has saved
   * is here when this returns.
   *
   * @param claimer who shares the lock under which the caller asks: what is held by the same one is
   *     of a process that has died
   * @param leaseNanos for how long it is taken to be held without a sign of life
   * @return null if another has it
   * @throws IOException if nobody answers; what was asked for is given back when it turns up
   * @throws ClaimUnavailableException if it answers, and can keep no claims
   */
  @Nullable Hold tryTake(Digest256 key, String claimer, long leaseNanos) throws IOException;

  /** Which machine and process was last found to have the key; empty if it was this one or none. */
  Optional<String> holder(Digest256 key);

  /** A key that was claimed. */
  interface Hold {
    /** Whether others are kept out still. */
    boolean isHeld();

    /** Gives it back; waits for that for a moment. */
    void giveBack();
  }
}
