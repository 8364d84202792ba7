package io.warmstart.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.KeyFiles;
import io.warmstart.Payloads;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.io.FileSystemKind;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ProcessUser;
import io.warmstart.io.RacyWindow;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import io.warmstart.process.Placement;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Where locks and index of a root lie, and whom a directory that others can reach is trusted to.
 */
class PlacementsTest {
  private static final StoreOptions DEFAULTS = StoreOptions.defaults();

  @TempDir Path parent;
  private Path root;
  private Path machine;
  private Path directory;
  private StoreOwner owner;

  @BeforeEach
  void makeRoot() throws IOException {
    parent = parent.toRealPath();
    root = Files.createDirectory(parent.resolve("root"));
    machine = Files.createDirectory(parent.resolve("machine"));
    owner = StoreOwner.of(root, new NioFileOps());
    directory = machine.resolve(Placements.name(root, owner.user()));
  }

  private Placement place(FileSystemKind kind, Path... defaults) {
    return Placements.of(root, DEFAULTS.engineOptions(), owner, kind, List.of(defaults));
  }

  @Test
  void onALocalFileSystemTheyLieInTheRoot() {
    Placement place = place(FileSystemKind.LOCAL, machine);
    assertEquals(root.resolve(".warmstart"), place.directory());
    assertFalse(place.nodeLocal());
    assertFalse(place.shared());
    assertFalse(Files.exists(directory));
  }

  /** It took the stamps of other machines' files for those of its own clock. */
  @ParameterizedTest
  @EnumSource(FileSystemKind.class)
  void whoOnlyReadsLooksInTheRootAndKnowsOfOtherMachines(FileSystemKind kind) {
    EngineOptions readOnly = DEFAULTS.withReadOnly(true).engineOptions();
    Placement place = Placements.of(root, readOnly, owner, kind, List.of(machine));
    boolean shared = kind != FileSystemKind.LOCAL;
    assertEquals(root.resolve(".warmstart"), place.directory());
    assertFalse(place.nodeLocal());
    assertEquals(shared, place.shared());
    assertEquals(shared ? RacyWindow.OTHER_CLOCK : RacyWindow.SAME_CLOCK, place.racyWindow());
    assertFalse(Files.exists(directory));
  }

  @Test
  void elsewhereTheyLieInAPrivateDirectoryOfTheMachine() throws IOException {
    for (FileSystemKind kind : List.of(FileSystemKind.NETWORK, FileSystemKind.UNKNOWN)) {
      Placement place = place(kind, machine);
      assertEquals(directory, place.directory());
      assertTrue(place.nodeLocal());
      assertTrue(place.shared());
      assertEquals(place, place(kind, machine), "the next process comes to the same");
      assertEquals(
          "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)));
    }
    Path other = Files.createDirectory(parent.resolve("other root"));
    assertNotEquals(
        directory,
        Placements.of(
                other, DEFAULTS.engineOptions(), owner, FileSystemKind.NETWORK, List.of(machine))
            .directory());
  }

  /** Two containers may have one path, one kernel, and two directories. */
  @Test
  void twoDirectoriesByOnePathAreTwoMachines() throws IOException {
    Placement one = place(FileSystemKind.NETWORK, machine);
    Files.move(directory, parent.resolve("away"));
    Placement other = place(FileSystemKind.NETWORK, machine);
    assertEquals(one.directory(), other.directory());
    assertNotEquals(one.scope(), other.scope());
  }

  @Test
  void aReadOnlyStoreMakesNoDirectory() {
    StoreOptions lookupsOnly = DEFAULTS.withReadOnly(true).withLocalDirectory(machine);
    try (WarmStartStore store = WarmStartStore.open(root, lookupsOnly)) {
      assertTrue(store.lookup(Payloads.key("none")).isEmpty());
    }
    assertFalse(Files.exists(directory));
  }

  @Test
  void whereTheFirstWillNotDoTheNextIsTaken() throws IOException {
    Path hostile = Files.createDirectory(parent.resolve("hostile"));
    Files.createSymbolicLink(hostile.resolve(Placements.name(root, owner.user())), machine);
    Placement place = place(FileSystemKind.NETWORK, parent.resolve("missing"), hostile, machine);
    assertEquals(directory, place.directory());
  }

  @Test
  void whereNoneWillDoTheErrorNamesAllAndTheOption() throws IOException {
    Path file = Files.writeString(parent.resolve("file"), "a file");
    StoreException refused =
        assertThrows(
            StoreException.class,
            () -> place(FileSystemKind.NETWORK, parent.resolve("missing"), file));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains("withLocalDirectory"), message);
    assertTrue(message.contains(root.toString()), message);
    assertTrue(message.contains(file.toString()), message);
    assertEquals(2, refused.getSuppressed().length);
  }

  private String refusal() {
    StoreException refused =
        assertThrows(
            StoreException.class,
            () -> WarmStartStore.open(root, DEFAULTS.withLocalDirectory(machine)).close());
    return String.valueOf(refused.getMessage());
  }

  @Test
  void aLinkThatSomebodyHasPutThereIsNotFollowed() throws IOException {
    Path trap = Files.createDirectory(parent.resolve("trap"));
    Files.createSymbolicLink(directory, trap);
    String message = refusal();
    assertTrue(message.contains("not a directory file=" + directory), message);
    assertEquals(List.of(), new KeyFiles(trap).names());
  }

  @Test
  void aDirectoryThatOthersMayWriteToIsRefused() throws IOException {
    Files.createDirectory(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    String message = refusal();
    assertTrue(message.contains("mode: expected=700 actual=777 file=" + directory), message);
  }

  @Test
  void anotherUsersDirectoryIsRefused() throws IOException {
    assumeTrue(ProcessUser.id() == 0, "only root can give files away");
    Files.createDirectory(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    Files.setAttribute(directory, "unix:uid", 65534, LinkOption.NOFOLLOW_LINKS);
    String message = refusal();
    assertTrue(message.contains("owner: expected=0 actual=65534 file=" + directory), message);
  }

  @Test
  void aMissingOneAndAFileAreRefused() throws IOException {
    Path missing = parent.resolve("missing");
    Path file = Files.writeString(parent.resolve("file"), "a file");
    for (Path bad : List.of(missing, file)) {
      StoreException refused =
          assertThrows(
              StoreException.class,
              () -> WarmStartStore.open(root, DEFAULTS.withLocalDirectory(bad)));
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.startsWith("cannot use local directory: "), message);
      assertTrue(message.contains(bad.toString()), message);
    }
  }

  /** A session's end may clean up; and the first that comes then may be another user. */
  @Test
  void deletedUnderARunningStoreItIsMadeAgainButNotTakenFromAnother() throws Exception {
    Fingerprint key = Payloads.key("deleted");
    try (WarmStartStore store = WarmStartStore.open(root, DEFAULTS.withLocalDirectory(machine))) {
      store.save(key, new byte[] {1}, EntryAttributes.checkpoint());
      Files.move(directory, machine.resolve("away"));
      Path trap = Files.createDirectory(parent.resolve("trap"));
      Files.createSymbolicLink(directory, trap);
      for (int save = 0; save < 10; save++) {
        store.save(key, new byte[] {2}, EntryAttributes.checkpoint());
        Thread.sleep(100);
        assertTrue(store.lookup(key).isPresent());
      }
      assertEquals(List.of(), new KeyFiles(trap).names(), "the trap was filled");
      Files.delete(directory);
      Await.until("it is made again", () -> Files.exists(directory.resolve("locks")));
      assertTrue(store.lookup(key).isPresent());
    }
  }
}
