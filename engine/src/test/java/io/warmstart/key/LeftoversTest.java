package io.warmstart.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.KeyFiles;
import io.warmstart.Payloads;
import io.warmstart.SteppedClock;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import io.warmstart.index.ForkedJvm;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.VerifyReport;
import io.warmstart.process.BootId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which half-written files a sweep removes: those whose writer is proven dead, and of the original
 * store, which leaves no proof, those that are old.
 */
@Tag("slow")
public class LeftoversTest {
  /** Above every number that the kernel gives out. */
  private static final long NO_SUCH_PID = 4_294_967_290L;

  private static final String RUN_ID = "r0-0";

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("leftovers");
  private final SteppedClock clock = new SteppedClock();
  private WarmStartStore store;
  private KeyFiles files;

  @BeforeEach
  void open() throws IOException {
    store =
        WarmStartStore.open(
            root, StoreOptions.defaults().withClock(clock).withForeignCheckInterval(Duration.ZERO));
    files = KeyFiles.created(root, key);
  }

  @AfterEach
  void close() {
    store.close();
  }

  /** A file whose mtime says that it is old, as that of one that a backup has brought back. */
  private Path left(String name) throws IOException {
    Path file = Files.writeString(files.file(name), "left");
    return Files.setLastModifiedTime(
        file, FileTime.from(Instant.now().minus(Duration.ofDays(400))));
  }

  private Path staged(Owner owner) throws IOException {
    return left(new StagedName(RUN_ID, StagedName.Role.PAYLOAD, owner, 1).toText());
  }

  /** A kill leaves staged files by design; a check that cried wolf over them would be ignored. */
  @Test
  void verifyTellsLeftoversApartFromWhatIsWrong() throws IOException {
    // The root is counted now: the housekeeper does not scan it before the verification does.
    store.evictOverflow();
    Path dead = staged(new Owner(77, BootId.read(), 1));

    VerifyReport found = store.verify();
    assertTrue(found.clean());
    assertEquals(
        List.of(dead.toRealPath().toString()),
        found.leftovers().stream().map(VerifyReport.Problem::path).toList());
    assertFalse(found.leftovers().get(0).repaired());

    VerifyReport repaired = store.repair();
    assertTrue(repaired.clean());
    assertFalse(Files.exists(dead));
    assertTrue(repaired.leftovers().get(0).repaired());
  }

  @Test
  void anOldTemporaryOfTheOriginalWhoseProcessIsGoneIsRemoved() throws IOException {
    Path orphan = left("r0-0.json.tmp." + NO_SUCH_PID + ".0");
    clock.advance(Duration.ofMinutes(11));
    assertEquals(1, store.evictOverflow().leftoversRemoved());
    assertFalse(Files.exists(orphan));
  }

  @Test
  void aYoungTemporaryOfTheOriginalStaysSinceItsPidMayBeThatOfAnotherNamespace()
      throws IOException {
    Path young = left("r0-0.json.tmp." + NO_SUCH_PID + ".0");
    clock.advance(Duration.ofMinutes(9));
    store.evictOverflow();
    assertTrue(Files.exists(young));
  }

  @Test
  void aTemporaryOfTheOriginalStaysWhileAProcessHasItsPidButNotForEver() throws IOException {
    long alive = ProcessHandle.current().pid();
    Path used = left("r0-0.bin.tmp." + alive + ".0");
    clock.advance(Duration.ofHours(23));
    store.evictOverflow();
    assertTrue(Files.exists(used));
    clock.advance(Duration.ofHours(2));
    store.evictOverflow();
    assertFalse(Files.exists(used));
  }

  @Test
  void temporariesWhoseNameTellsNoPidAreLeftAlone() throws IOException {
    Path weird = left("garbage.tmp.notapid.suffix");
    Path empty = left("garbage.tmp.");
    Path huge = left("garbage.tmp.99999999999999999999.0");
    clock.advance(Duration.ofDays(400));
    store.evictOverflow();
    assertTrue(Files.exists(weird));
    assertTrue(Files.exists(empty));
    assertTrue(Files.exists(huge));
  }

  @Test
  void aFileThatThisProcessHasStagedStaysHoweverOld() throws IOException {
    Owner self = ownOwner();
    Path mine = staged(self);
    clock.advance(Duration.ofDays(400));
    store.evictOverflow();
    assertTrue(Files.exists(mine));
  }

  /** The number of the row is the same, its epoch tells that somebody else held it then. */
  @Test
  void aFileStagedByAnEarlierHolderOfALivingProcessesRowIsRemoved() throws IOException {
    Owner self = ownOwner();
    Path before = staged(new Owner(self.slot(), self.boot(), self.epoch() - 1));
    store.evictOverflow();
    assertFalse(Files.exists(before));
  }

  @Test
  void aFileStagedBeforeTheLastRebootIsRemovedOnlyWhenItIsOld() throws IOException {
    Owner self = ownOwner();
    Owner elsewhere = new Owner(self.slot(), ~self.boot(), self.epoch());
    Path left = staged(elsewhere);
    clock.advance(Duration.ofMinutes(9));
    store.evictOverflow();
    assertTrue(Files.exists(left));
    clock.advance(Duration.ofMinutes(2));
    store.evictOverflow();
    assertFalse(Files.exists(left));
  }

  @Test
  void aFileStagedByAnotherProcessStaysWhileItLivesAndGoesWithIt() throws Exception {
    try (ForkedJvm other = ForkedJvm.start(RootHolder.class, root.toString())) {
      Owner living = Objects.requireNonNull(Owner.parse(other.awaitLine("owner")));
      Path theirs = staged(living);
      store.evictOverflow();
      assertTrue(Files.exists(theirs));

      other.kill();

      assertEquals(1, store.evictOverflow().leftoversRemoved());
      assertFalse(Files.exists(theirs));
    }
  }

  private Owner ownOwner() throws IOException {
    Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
    try {
      return engine.siblings().controlFile().orElseThrow().owner();
    } finally {
      EngineRegistry.release(engine);
    }
  }

  /** Opens a root, tells who it is, and stays. */
  public static final class RootHolder {
    private RootHolder() {}

    public static void main(String[] args) throws Exception {
      WarmStartStore store = WarmStartStore.open(Path.of(args[0]));
      Owner owner =
          EngineRegistry.acquire(store.root(), store.options().engineOptions())
              .siblings()
              .controlFile()
              .orElseThrow()
              .owner();
      System.out.println("owner " + owner.toText());
      ForkedJvm.awaitParent();
      System.out.println("live " + store.stats().liveProcesses());
      ForkedJvm.untilKilled();
    }
  }
}
