package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.index.table.IndexFile;
import io.warmstart.index.table.Segment;
import io.warmstart.index.table.Segments;
import io.warmstart.index.table.SlotCounts;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.payload.PayloadCache;
import io.warmstart.payload.PayloadMemory;
import io.warmstart.ranking.Candidate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.AtomicBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of slots and entries, and of those who remember their places, as segments grow. */
@Timeout(120)
class SegmentGrowthTest {
  @TempDir Path parent;
  private IndexRoot root;
  private StripeOfKeys stripe;

  @BeforeEach
  void open() throws IOException {
    root = IndexRoot.open(parent);
    stripe = new StripeOfKeys(root);
  }

  @AfterEach
  void close() {
    root.close();
  }

  private void fill(SlotCursor at, Digest256 key) {
    assertTrue(stripe.keys().fill(at, key, 0, 9_000, winner(at), stripe.fresh()));
  }

  private IndexedWinner winner(SlotCursor at) {
    IndexedWinner winner = new IndexedWinner();
    winner.set(1, 3);
    winner.under(stripe.keys().changes(at), 5_000);
    return winner;
  }

  private HotEntry inMemory(SlotCursor at, Digest256 key) throws IOException {
    Path empty = Files.write(parent.resolve("empty"), new byte[0]);
    Manifest manifest =
        Manifest.ofNewEntry(
            "test",
            Stamp.ofUnixNanos(1),
            OptionalDouble.empty(),
            OptionalLong.empty(),
            false,
            key,
            0);
    try (FileOps.FileHandle handle = new NioFileOps().openForReading(empty)) {
      HotEntry entry =
          new HotEntry(
              new KeyDirectory(parent, key),
              0,
              new Candidate("run", manifest),
              PayloadMemory.load(handle, 0, false).memory(),
              new PayloadCache(1 << 20));
      entry.attach(stripe.process.attached(), at, winner(at), 0);
      return entry;
    }
  }

  private boolean stands(HotEntry entry) {
    AtomicBuffer buffer = entry.buffer();
    return buffer != null && stripe.keys().stands(entry, buffer);
  }

  @Test
  void aSlotThatMovesKeepsItsBytesAndItsLatestStampAndLosesItsWinners() {
    SlotCursor before = stripe.insert(StripeOfKeys.key(0), 100);
    SlotCounts.latestWritten(before, 4_000);
    fill(before, StripeOfKeys.key(0));
    assertTrue(stripe.keys().read(before, StripeOfKeys.key(0), 0, new IndexedWinner()));

    for (int n = 1; n < 1_000; n++) {
      stripe.insert(StripeOfKeys.key(n), 100 + n);
    }

    SlotCursor at = new SlotCursor();
    for (int n = 0; n < 1_000; n++) {
      assertTrue(stripe.keys().find(StripeOfKeys.key(n), at), "key " + n);
      assertEquals(100 + n, SlotCounts.bytes(at, StripeOfKeys.key(n)));
    }
    assertTrue(stripe.keys().find(StripeOfKeys.key(0), at));
    assertNotEquals(before.offset, at.offset);
    assertEquals(4_000, SlotCounts.latestWritten(at));
    assertFalse(
        stripe.keys().read(at, StripeOfKeys.key(0), 0, new IndexedWinner()),
        "a winner in the new place");
    assertFalse(
        stripe.keys().read(before, StripeOfKeys.key(0), 0, new IndexedWinner()),
        "a winner in the old place");
  }

  @Test
  void whatIsInMemoryIsVoidOnceItsSlotHasMoved() throws IOException {
    SlotCursor before = stripe.insert(StripeOfKeys.key(0), 100);
    fill(before, StripeOfKeys.key(0));
    HotEntry entry = inMemory(before, StripeOfKeys.key(0));
    assertTrue(stands(entry));

    for (int n = 1; stripe.places(StripeOfKeys.key(0)) < 8; n++) {
      stripe.insert(StripeOfKeys.key(n), 100);
    }

    assertFalse(stands(entry));
  }

  /** It has no slot any more that could be told of a change. */
  @Test
  void whatIsInMemoryOfAKeyWhoseSlotWasTakenIsVoidToo() throws IOException {
    for (int n = 0; n < 20; n++) {
      stripe.insert(StripeOfKeys.key(n), 100);
    }
    List<Digest256> withoutFiles = new ArrayList<>();
    List<HotEntry> inMemory = new ArrayList<>();
    for (int n = 20; n < 40; n++) {
      // As of a key that a foreign store has saved, and no scan has counted.
      SlotCursor at = stripe.insert(StripeOfKeys.key(n), 0);
      fill(at, StripeOfKeys.key(n));
      withoutFiles.add(StripeOfKeys.key(n));
      inMemory.add(inMemory(at, StripeOfKeys.key(n)));
      assertTrue(stands(inMemory.get(inMemory.size() - 1)));
    }

    for (int n = 40; n < 400; n++) {
      stripe.insert(StripeOfKeys.key(n), 100);
    }

    int left = 0;
    for (int n = 0; n < withoutFiles.size(); n++) {
      boolean found = stripe.keys().find(withoutFiles.get(n), new SlotCursor());
      left += found ? 1 : 0;
      assertTrue(found || !stands(inMemory.get(n)), "key " + n);
    }
    assertTrue(left < 10, "left: " + left);
  }

  /** Of a segment that is split one half stays, and with it its winners. */
  @Test
  void aSplitVoidsWhatMovesAndLeavesTheRest() {
    int many = 0;
    List<Integer> places = new ArrayList<>();
    while (stripe.places(StripeOfKeys.key(0)) < 64 || many < 30) {
      stripe.insert(StripeOfKeys.key(many++), 100);
    }
    for (int n = 0; n < many; n++) {
      SlotCursor at = new SlotCursor();
      assertTrue(stripe.keys().find(StripeOfKeys.key(n), at));
      fill(at, StripeOfKeys.key(n));
      places.add(at.offset);
    }

    long used = stripe.pagesUsed();
    for (int n = many; stripe.pagesUsed() == used; n++) {
      stripe.insert(StripeOfKeys.key(n), 100);
    }

    int stayed = 0;
    for (int n = 0; n < many; n++) {
      SlotCursor at = new SlotCursor();
      assertTrue(stripe.keys().find(StripeOfKeys.key(n), at));
      assertEquals(100, SlotCounts.bytes(at, StripeOfKeys.key(n)));
      boolean same = at.offset == places.get(n);
      assertEquals(
          same, stripe.keys().read(at, StripeOfKeys.key(n), 0, new IndexedWinner()), "key " + n);
      stayed += same ? 1 : 0;
    }
    assertTrue(stayed > 5 && stayed < many - 5, stayed + " of " + many);
  }

  /** A store that meets a place which was left loses nothing: it is before all that is new. */
  @Test
  void aFillThatWasBegunBeforeAMoveIsRefused() {
    SlotCursor at = stripe.insert(StripeOfKeys.key(0), 100);
    long changes = stripe.keys().changes(at);

    for (int n = 1; n < 8; n++) {
      stripe.insert(StripeOfKeys.key(n), 100);
    }

    assertTrue(stripe.keys().find(StripeOfKeys.key(0), at));
    assertNotEquals(changes, stripe.keys().changes(at));
  }

  @Test
  void slotsThatComeAndGoTakeNoMorePages() {
    for (int n = 0; n < 20; n++) {
      stripe.insert(StripeOfKeys.key(n), 100);
    }
    long used = stripe.pagesUsed();

    for (int n = 20; n < 5_000; n++) {
      stripe.insert(StripeOfKeys.key(n), 100);
      stripe.keys().remove(StripeOfKeys.key(n), stripe.fresh());
    }

    assertEquals(used, stripe.pagesUsed());
    for (int n = 0; n < 20; n++) {
      assertTrue(stripe.keys().find(StripeOfKeys.key(n), new SlotCursor()), "key " + n);
    }
  }

  @Test
  void keysWithoutFilesTakeTheirSlotsFromOneAnother() {
    for (int n = 0; n < 20; n++) {
      stripe.insert(StripeOfKeys.key(n), 100);
    }

    for (int n = 20; n < 10_000; n++) {
      stripe.insert(StripeOfKeys.key(n), 0);
    }

    assertEquals(64, stripe.places(StripeOfKeys.key(0)));
    int remembered = 0;
    for (int n = 0; n < 10_000; n++) {
      boolean found = stripe.keys().find(StripeOfKeys.key(n), new SlotCursor());
      assertTrue(found || n >= 20, "key " + n);
      remembered += found && n >= 20 ? 1 : 0;
    }
    assertTrue(remembered > 30, "remembered: " + remembered);
  }

  /** At a million keys it comes to that, and the whole index was given up. */
  @Test
  void recordsThatFindNoPlaceInTheNextSegmentGetALargerOne() {
    int many = 0;
    while (stripe.places(StripeOfKeys.key(0)) < 32 || many < 20) {
      stripe.insert(StripeOfKeys.key(many++), 100);
    }
    assertEquals(32, stripe.places(StripeOfKeys.key(0)));
    Segments segments =
        new Segments(
            stripe.process.attached().files(),
            stripe.process.attached().files()::allocate,
            IndexLayout.SLOTS_OFFSET,
            IndexLayout.SLOT_LENGTH);
    AtomicInteger homes = new AtomicInteger();
    Segments.Mover crowding =
        new Segments.Mover() {
          @Override
          public boolean keeps(Segment from, int offset) {
            return true;
          }

          @Override
          public int home(Segment from, int offset) {
            // The first seventeen want one home, which has sixteen places on its way.
            return homes.getAndIncrement() < 17
                ? 0
                : (int) (Checksums.ofKey(from.keyAt(offset)) >>> 26);
          }

          @Override
          public void copy(Segment from, int offset, Segment to, int toOffset) {
            from.copy(offset, IndexLayout.SLOT_LENGTH, to, toOffset);
          }

          @Override
          public void abandon(Segment from, int offset) {}
        };

    assertTrue(segments.grow(StripeOfKeys.key(0), crowding));

    assertEquals(128, stripe.places(StripeOfKeys.key(0)));
    for (int n = 0; n < many; n++) {
      assertTrue(stripe.keys().find(StripeOfKeys.key(n), new SlotCursor()), "key " + n);
    }
  }

  /** Where there is no room for more pages. */
  @Test
  void aKeyThatFindsNoPlaceIsRefusedAndTheOthersStay() {
    stripe.insert(StripeOfKeys.key(0), 100);
    stripe
        .memory
        .file(0)
        .putLong(IndexLayout.PAGES_USED_OFFSET, IndexFile.pagesUsed(IndexLayout.MOST_PAGES));
    List<Digest256> present = new ArrayList<>(List.of(StripeOfKeys.key(0)));
    for (int n = 1; n < 20; n++) {
      SlotCursor at = new SlotCursor();
      if (stripe.keys().insert(StripeOfKeys.key(n), stripe.fresh(), at)) {
        SlotCounts.account(at, StripeOfKeys.key(n), 100, 0);
        present.add(StripeOfKeys.key(n));
      }
    }

    assertTrue(present.size() > 2 && present.size() <= 4, "present: " + present.size());
    for (Digest256 each : present) {
      assertTrue(stripe.keys().find(each, new SlotCursor()));
    }
  }
}
