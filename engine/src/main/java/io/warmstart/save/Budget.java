package io.warmstart.save;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestCodec;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.Stamp;
import io.warmstart.index.SpaceLedger;
import io.warmstart.model.Digest256;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.notice.Notices;
import io.warmstart.policy.Limits;
import io.warmstart.policy.PinnedBytes;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What a save asks of the budget before it stages anything: whether the entry can be kept at all.
 *
 * <p>An entry is its payload and its manifest. One that is larger than the budget by itself would
 * push out every other and then not fit either, so it is refused while nothing has happened yet.
 * The exception is a budget of 0: nothing fits it, and whoever sets it wants each save to replace
 * all that was there before.
 */
public final class Budget {
  /** No manifest of ours is as long; with so much to spare nobody need know how long it is. */
  private static final long ROOM_FOR_A_MANIFEST = 1024;

  private static final int MOST_NANOS = 999_999_999;

  private final SpaceLedger ledger;
  private final PinnedBytes pinned;
  private final Path root;
  private final Notices notices;

  public Budget(SpaceLedger ledger, PinnedBytes pinned, Path root, Notices notices) {
    this.ledger = ledger;
    this.pinned = pinned;
    this.root = root;
    this.notices = notices;
  }

  /**
   * Refuses what cannot fit.
   *
   * @throws PayloadTooLargeException if payload and manifest are larger than the budget, or than
   *     what of it is not pinned
   */
  void requireRoom(
      Limits limits, Fingerprint key, String runId, long payloadBytes, EntryAttributes attributes) {
    long budgetBytes = limits.sizeBudgetBytes();
    if (budgetBytes == 0) {
      return;
    }
    if (payloadBytes <= budgetBytes - pinned.known() - ROOM_FOR_A_MANIFEST) {
      pinned.saving(key.digest(), runId, payloadBytes + ROOM_FOR_A_MANIFEST);
      return;
    }
    if (!limits.budgetInForce()) {
      // A root that is larger than the default would keep its size.
      budgetBytes = Math.max(budgetBytes, ledger.totalBytes().orElse(0));
    }
    long manifestBytes = manifestBytes(payloadBytes, attributes);
    long pinnedBytes = pinnedBeside(key, runId);
    if (payloadBytes > budgetBytes - pinnedBytes - manifestBytes) {
      PayloadTooLargeException refused =
          new PayloadTooLargeException(
              "payload and manifest are larger than the root's budget"
                  + (pinnedBytes > 0 ? " beside what is pinned: expected<=" : ": expected<=")
                  + (pinnedBytes > 0 ? budgetBytes + "-" + pinnedBytes : budgetBytes)
                  + " actual="
                  + payloadBytes
                  + "+"
                  + manifestBytes
                  + " key="
                  + key.toHex()
                  + " root="
                  + root);
      notices.troubleAgain(Kind.REFUSED, "a save was refused: " + refused.getMessage(), refused);
      throw refused;
    }
    pinned.saving(key.digest(), runId, payloadBytes + manifestBytes);
  }

  private long pinnedBeside(Fingerprint key, String runId) {
    try {
      return pinned.beside(key.digest(), runId);
    } catch (IOException e) {
      return pinned.known();
    }
  }

  /** How long the manifest can become, accesses included: a hit must not push its entry out. */
  private long manifestBytes(long payloadBytes, EntryAttributes attributes) {
    Stamp late = new Stamp(Long.MAX_VALUE / 1_000_000_000L, MOST_NANOS);
    Manifest manifest =
        Manifest.ofNewEntry(
            Manifest.PRODUCER,
            late,
            attributes.objective(),
            attributes.iteration(),
            attributes.kind() == EntryKind.FINAL,
            Digest256.fromHex("0".repeat(64)),
            payloadBytes);
    try {
      int written = ManifestCodec.encode(manifest).length;
      return Math.max(written, ManifestCodec.encode(manifest.withAccess(late)).length);
    } catch (ManifestFormatException e) {
      throw new IllegalArgumentException("the manifest cannot be written: " + e.getMessage(), e);
    }
  }
}
