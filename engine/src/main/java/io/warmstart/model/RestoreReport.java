package io.warmstart.model;

import java.util.List;
import java.util.Optional;

/**
 * What lies in a root's quarantine, and what has come of bringing it back. Immutable.
 *
 * @param items one for each run that is there, and one for each version of it that stays
 */
public record RestoreReport(List<Item> items) {
  /** What has come of a run, or would. */
  public enum Outcome {
    /** It is in its key directory again, whole, under its run id. */
    RESTORED,
    /** It is whole: a restore would bring it back. */
    RESTORABLE,
    /** It stays: a whole entry of that run id is in place, which is never replaced. */
    IN_PLACE,
    /** It stays: somebody is writing that run, or has within the last minute. Try again later. */
    BEING_WRITTEN,
    /** It stays: no manifest fits a payload. */
    NOT_WHOLE,
    /** It stays: nothing tells which key and run it is of. */
    UNKNOWN,
    /** It stays: an error. */
    FAILED
  }

  /**
   * One run in quarantine.
   *
   * @param key its key; empty if that is unknown
   * @param runId its run id; empty if that is unknown
   * @param outcome what has come of it
   * @param detail why, in one line; empty if there is nothing to add
   * @param reason why it was moved to quarantine; empty if nothing tells
   * @param files the files there that are meant, by their names in the quarantine
   * @param payloadBytes the length of the payload; -1 if it is not whole
   */
  public record Item(
      Optional<Fingerprint> key,
      String runId,
      Outcome outcome,
      String detail,
      String reason,
      List<String> files,
      long payloadBytes) {
    /** {@return whether it is still in quarantine although it was to be brought back} */
    public boolean stays() {
      return outcome != Outcome.RESTORED && outcome != Outcome.RESTORABLE;
    }
  }

  /** {@return whether nothing that was asked for stays in quarantine} */
  public boolean complete() {
    return items.stream().noneMatch(Item::stays);
  }

  /** {@return how many runs have come back} */
  public long restored() {
    return items.stream().filter(item -> item.outcome() == Outcome.RESTORED).count();
  }
}
