package io.warmstart.evict;

import io.warmstart.index.RecordedEntry;
import io.warmstart.index.SpaceLedger;
import io.warmstart.model.Retention;
import io.warmstart.policy.Pins;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Victims by what the index has recorded of all entries. */
final class RecordedVictims implements Victims {
  private final SpaceLedger ledger;

  /** By what a sweep spares entries. */
  private record SparedBy(Pins.Known pins, Retention retention) {}

  RecordedVictims(SpaceLedger ledger, Pins.Known pins, Retention retention) {
    this.ledger = ledger;
    ledger.reconsider(new SparedBy(pins, retention));
  }

  @Override
  public OptionalLong bytes() {
    return ledger.totalBytes();
  }

  @Override
  public List<Victim> usedLastBy(long unixNanos) {
    return ledger.usedLastBy(unixNanos).stream().map(Victim::of).toList();
  }

  @Override
  public Optional<Victim> next() {
    return ledger.next().map(Victim::of);
  }

  @Override
  public void skip(Victim victim) {
    RecordedEntry recorded = victim.recorded();
    if (recorded != null) {
      ledger.passOver(recorded);
    }
  }

  @Override
  public void spare(Victim victim, boolean last) {
    RecordedEntry recorded = victim.recorded();
    if (recorded != null) {
      ledger.spare(recorded, last);
    }
  }

  @Override
  public Optional<Victim> nextRetained() {
    return ledger.nextRetained().map(Victim::of);
  }

  @Override
  public boolean isBestOrLatest(Victim victim) {
    RecordedEntry recorded = victim.recorded();
    return recorded != null && ledger.isBestOrLatest(recorded);
  }

  /** Recorded by the removal itself, under the key's lock. */
  @Override
  public void removed(Victim victim, long bytes) {}

  @Override
  public void quarantineShrank(long bytes, long heldBytes) {
    ledger.quarantineHas(heldBytes);
  }
}
