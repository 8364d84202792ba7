package io.warmstart.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.NearlyFullHeap;
import io.warmstart.io.NioFileOps;
import io.warmstart.model.ClaimOptions;
import io.warmstart.model.Digest256;
import io.warmstart.notice.Notices;
import io.warmstart.process.Counters;
import io.warmstart.process.Placement;
import io.warmstart.process.ProcessTable;
import io.warmstart.process.Siblings;
import java.nio.file.Path;
import java.util.Optional;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What was taken from other machines in the moment in which there is no memory is given back. */
@Tag("slow")
@Tag("once")
@Timeout(120)
class FullHeapClaimTest {
  @TempDir Path directory;

  /** It was renewed for as long as the process lived, with nobody to give it back. */
  @Test
  void whatWasTakenElsewhereIsGivenBack() throws Exception {
    try (ForkedJvm child =
        ForkedJvm.command(Claiming.class, directory.toString())
            .flag("-Xmx12m")
            .flag("-XX:+UseSerialGC")
            .flag("-XX:-UseGCOverheadLimit")
            .start()) {
      assertEquals("0", child.awaitLine("kept"));
    }
  }

  /** Claims from machines whose answer comes where there is no memory for it. */
  static final class Claiming implements OtherMachines, OtherMachines.Hold {
    private static final Digest256 KEY = Digest256.ofWords(1, 2, 3, 4);

    private static @Nullable Crumb crumbs;

    /** As small as what a claim may need. */
    private record Crumb(@Nullable Crumb next) {}

    private boolean fills;
    private int taken;

    public static void main(String[] args) throws Exception {
      Placement place = Placement.inRoot(Path.of(args[0]));
      Claiming others = new Claiming();
      try (ProcessTable table =
          ProcessTable.start(
              place,
              new NioFileOps(),
              SystemEpochNanoClock.INSTANCE,
              1,
              new Notices(),
              new Counters())) {
        Siblings siblings = new Siblings(table, 1);
        for (int round = 0; round < 2; round++) {
          KeyClaim claim =
              new KeyClaim(
                  siblings,
                  others,
                  ClaimOptions.defaults(),
                  KEY,
                  Path.of(args[0]),
                  others::isFinished,
                  ended -> {});
          try {
            claim.begin();
          } catch (OutOfMemoryError e) {
            // Caught by the application, which goes on.
          } finally {
            free();
          }
          claim.close("has ended");
          // What is to run then is loaded in the first round.
          others.fills = true;
        }
        System.out.println("kept " + others.taken);
        ForkedJvm.untilKilled();
      }
    }

    @Override
    public Optional<String> holder(Digest256 key) {
      return Optional.empty();
    }

    @Override
    public Hold tryTake(Digest256 key, String claimer, long leaseNanos) {
      taken++;
      if (fills) {
        NearlyFullHeap.fill(0);
        try {
          while (true) {
            crumbs = new Crumb(crumbs);
          }
        } catch (OutOfMemoryError e) {
          // To the last byte.
        }
      }
      return this;
    }

    private boolean isFinished() {
      free();
      return false;
    }

    private static void free() {
      crumbs = null;
      NearlyFullHeap.free();
    }

    @Override
    public boolean isHeld() {
      return true;
    }

    @Override
    public void giveBack() {
      taken--;
    }
  }
}
