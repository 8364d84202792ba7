package io.warmstart.evict;

import io.warmstart.index.SpaceLedger;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.index.table.Spared;
import io.warmstart.policy.Limits;
import io.warmstart.policy.Pins;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Victims by what the index has recorded of all entries. */
final class RecordedVictims implements Victims {
  private final SpaceLedger ledger;

  /** What the index spares on behalf of a sweep. */
  private record SparedBySweep(Pins.Known pins, boolean keepsBestAndLatest) implements Spared {
    @Override
    public boolean isPinned(RecordedEntry entry) {
      return Victim.of(entry).isPinnedBy(pins);
    }
  }

  RecordedVictims(SpaceLedger ledger, Pins.Known pins, Limits limits) {
    this.ledger = ledger;
    ledger.reconsider(new SparedBySweep(pins, limits.keepsBestAndLatest()));
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
    return ledger.next().or(ledger::nextRetained).map(Victim::of);
  }

  @Override
  public void skip(Victim victim) {
    RecordedEntry recorded = victim.recorded();
    if (recorded != null) {
      ledger.passOver(recorded);
    }
  }

  /** Recorded by the removal itself, under the key's lock. */
  @Override
  public void removed(Victim victim, long bytes) {}

  @Override
  public void quarantineShrank(long bytes, long heldBytes) {
    ledger.quarantineHas(heldBytes);
  }
}
