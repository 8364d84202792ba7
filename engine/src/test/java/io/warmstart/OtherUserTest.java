package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.FileOps;
import io.warmstart.io.InMemory;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A store is one user's. Root may look at it, sweep it and save to it; nothing that root does may
 * take it from its owner. Any other user may look where permissions allow it, and is told so.
 *
 * <p>What went wrong: nobody but root could open a store with a local directory, since the owner of
 * a link in {@code /proc} was taken for the user of the process; and a lookup by root rewrote the
 * manifest, to tell of the hit, as a file of root's that the owner could no longer read.
 */
@Tag("slow")
@Tag("once")
class OtherUserTest {
  @TempDir(factory = InMemory.class)
  static Path folder;

  private static OtherUser user;

  private Path root;
  private final Fingerprint key = Payloads.key("of the user");

  @BeforeAll
  static void becomeAnother() throws IOException {
    user = OtherUser.in(folder);
  }

  @BeforeEach
  void makeHome() throws IOException {
    root = user.makeHome().resolve("root");
  }

  private void done(ForkedJvm process) throws IOException, InterruptedException {
    assertEquals("", process.awaitLine("done"));
  }

  private void userDoesEverything(String... localDirectory)
      throws IOException, InterruptedException {
    String[] arguments =
        Stream.concat(Stream.of("everything", root.toString()), Stream.of(localDirectory))
            .toArray(String[]::new);
    try (ForkedJvm process = user.start(UserChild.class, arguments)) {
      done(process);
    }
  }

  private static void assertAllOf(int owner, Path tree) throws IOException {
    for (String file : OtherUser.ownersAndModes(tree)) {
      assertTrue(file.contains(" " + owner + ":" + OtherUser.ID + " "), file);
    }
  }

  @Test
  void anOrdinaryUserDoesEverything() throws Exception {
    userDoesEverything();
    userDoesEverything();
    assertAllOf(OtherUser.ID, root);
  }

  /** One key of a user with a strict umask, and nobody else's keys went to the remote. */
  @Test
  void aKeyOfAnotherUserInTheRemoteKeepsNoOthersFromGoingThere() throws Exception {
    Path remote = Files.createDirectory(root.resolveSibling("remote"));
    Files.setPosixFilePermissions(remote, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path others = Files.createDirectory(remote.resolve("7".repeat(64)));
    Files.setPosixFilePermissions(others, PosixFilePermissions.fromString("rwx------"));

    try (ForkedJvm process =
        user.start(UserChild.class, "push", root.toString(), remote.toString())) {
      done(process);
    }
  }

  /** It counted as reached: each key by itself was another user's. */
  @Test
  void aRemoteInWhichHeMayDoNothingIsNoneThatAnswers() throws Exception {
    Path remote = Files.createDirectory(root.resolveSibling("remote"));
    Files.setPosixFilePermissions(remote, PosixFilePermissions.fromString("rwxrwxrwx"));

    try (ForkedJvm process =
        user.start(UserChild.class, "push-in-vain", root.toString(), remote.toString())) {
      done(process);
    }
  }

  /** Five of them in a row, and the remote was taken to be away: nothing else went there. */
  @Test
  void keysThatAreNotToBeWrittenToKeepNoOthersFromGoingThere() throws Exception {
    Path remote = Files.createDirectory(root.resolveSibling("remote"));
    Files.setPosixFilePermissions(remote, PosixFilePermissions.fromString("rwxrwxrwx"));
    for (int each = 0; each < UserChild.OF_OTHERS; each++) {
      Path others = Files.createDirectory(remote.resolve(UserChild.ofOthers(each).toHex()));
      Files.setPosixFilePermissions(
          others, PosixFilePermissions.fromString(each % 2 == 0 ? "rwxr-xr-x" : "rwx------"));
    }

    try (ForkedJvm process =
        user.start(UserChild.class, "push-beside-others", root.toString(), remote.toString())) {
      done(process);
    }
  }

  @Test
  void anOrdinaryUserDoesEverythingWithALocalDirectory() throws Exception {
    Path local = Files.createDirectory(root.resolveSibling("local"));
    OtherUser.giveAll(local, OtherUser.ID);

    userDoesEverything(local.toString());

    assertAllOf(OtherUser.ID, local);
    try (Stream<Path> names = Files.list(local)) {
      Path directory = names.findFirst().orElseThrow();
      assertTrue(
          directory.getFileName().toString().startsWith("warmstart-" + OtherUser.ID + "-"),
          directory.toString());
      assertTrue(Files.exists(directory.resolve("locks")), "the locks lie elsewhere");
    }
  }

  @Test
  void aLookByRootChangesNoFile() throws Exception {
    // given an entry that was never looked up
    userDoesEverything();
    Path manifest = root.resolve(key.toHex()).resolve(UserChild.RUN + ".json");
    List<String> before = OtherUser.ownersAndModes(root);
    Object inode = Files.getAttribute(manifest, "unix:ino");

    // when
    try (WarmStartStore store = WarmStartStore.open(root)) {
      for (int look = 0; look < 3; look++) {
        store.lookup(key).orElseThrow().close();
        store.lookupLatest(key).orElseThrow().close();
      }
      store.flush();
    }

    // then
    assertEquals(before, OtherUser.ownersAndModes(root));
    assertEquals(inode, Files.getAttribute(manifest, "unix:ino"));
    userDoesEverything();
  }

  @Test
  void whatRootDoesTakesNothingFromTheOwner() throws Exception {
    // given a user's store with a pair that is to be set aside, and no file of the engine's
    userDoesEverything();
    KeyFiles files = KeyFiles.of(root, key);
    files.editManifest(UserChild.RUN, "\"schema_version\": 1", "\"schema_version\": 2");
    deleteTree(root.resolve(".warmstart"));

    // when
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.lookup(key).orElseThrow().close();
      store.saveOverwrite(key, "by-root", new byte[] {1}, EntryAttributes.checkpoint());
      store.saveOverwrite(key, "by-root", new byte[] {2}, EntryAttributes.finalResult());
      store.save(Payloads.key("a key of root's"), new byte[] {3}, EntryAttributes.checkpoint());
      store.repair();
      store.evictOverflow();
    }

    // then
    assertTrue(!KeyFiles.quarantined(root).isEmpty(), "nothing was set aside");
    assertAllOf(OtherUser.ID, root);
    userDoesEverything();
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertTrue(store.lookup(Payloads.key("a key of root's")).isPresent());
    }
  }

  @Test
  void rootComesToTheLocksOfTheOwner() throws Exception {
    // given the owner at work, with locks in a directory of the machine
    Path local = Files.createDirectory(root.resolveSibling("local"));
    OtherUser.giveAll(local, OtherUser.ID);
    try (ForkedJvm owner = user.start(UserChild.class, "stay", root.toString(), local.toString())) {
      assertEquals("1", owner.awaitLine("live"));

      // when
      StoreOptions options = StoreOptions.defaults().withLocalDirectory(local);
      try (WarmStartStore store = WarmStartStore.open(root, options)) {
        // then
        assertEquals(2, store.stats().liveProcesses());
        store.save(key, new byte[] {1}, EntryAttributes.checkpoint());
      }
      owner.tell();
      done(owner);
    }
    assertAllOf(OtherUser.ID, local);
    userDoesEverything(local.toString());
  }

  @Test
  void rootThatIsFirstOnAUsersDirectoryLeavesItToTheUser() throws Exception {
    Files.createDirectory(root);
    OtherUser.giveAll(root, OtherUser.ID);
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.save(key, new byte[] {1}, EntryAttributes.checkpoint());
    }
    assertAllOf(OtherUser.ID, root);
    userDoesEverything();
  }

  /** It was taken for root's store from then on, and closed to the user. */
  @Test
  void rootThatDiesBeforeItGivesTheEngineDirectoryAwayTakesNothing() throws Exception {
    // given
    Files.createDirectory(root);
    OtherUser.giveAll(root, OtherUser.ID);
    Files.createDirectory(
        root.resolve(".warmstart"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));

    // when
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.save(key, new byte[] {1}, EntryAttributes.checkpoint());
    }

    // then
    assertAllOf(OtherUser.ID, root);
    userDoesEverything();
  }

  @Test
  void anOldProbeOfADeadProcessIsRemoved() throws Exception {
    // given
    userDoesEverything();
    Path old = Files.createFile(root.resolve(".warmstart").resolve("owner.new-1-1"));
    Path young = Files.createFile(root.resolve(".warmstart").resolve("owner.new-1-2"));
    FileOps later =
        new ObservedFileOps(new NioFileOps()) {
          @Override
          protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
              throws IOException {
            return whole.run();
          }

          @Override
          public long changedNanos(Path path) throws IOException {
            long age = path.endsWith("owner.new-1-1") ? TimeUnit.MINUTES.toNanos(11) : 0;
            return super.changedNanos(path) - age;
          }
        };

    // when
    WarmStartStore.open(root, StoreOptions.defaults().withFileOps(later)).close();

    // then
    assertFalse(Files.exists(old));
    assertTrue(Files.exists(young), "it may be in use");
  }

  @Test
  void aUserThatIsFirstOnADirectoryOfRootsOwnsTheStore() throws Exception {
    Files.createDirectory(root);
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxrwxrwx"));
    userDoesEverything();
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.lookup(key).orElseThrow().close();
      store.save(key, new byte[] {1}, EntryAttributes.checkpoint());
    }
    assertAllOf(OtherUser.ID, root.resolve(".warmstart"));
    assertAllOf(OtherUser.ID, root.resolve(key.toHex()));
    userDoesEverything();
  }

  @Test
  void anotherUserMayOnlyLookAndIsToldSo() throws Exception {
    // given a store that an administrator has opened to the group
    userDoesEverything();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.toList()) {
        boolean directory = Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS);
        Files.setPosixFilePermissions(
            file, PosixFilePermissions.fromString(directory ? "rwxrwx---" : "rw-rw----"));
      }
    }
    List<String> before = OtherUser.ownersAndModes(root);

    // when
    String refusal;
    try (ForkedJvm neighbour =
        user.startAs(OtherUser.NEIGHBOUR, UserChild.class, "everything", root.toString())) {
      refusal = neighbour.awaitLine("done");
    }
    try (ForkedJvm neighbour =
        user.startAs(OtherUser.NEIGHBOUR, UserChild.class, "look", root.toString())) {
      done(neighbour);
    }

    // then
    assertTrue(refusal.startsWith("ReadOnlyStoreException: the store is another user's"), refusal);
    assertTrue(refusal.contains("expected user=65534 actual=65533 root=" + root), refusal);
    assertEquals(before, OtherUser.ownersAndModes(root));
  }

  @Test
  void aStoreThatIsClosedToTheUserSaysSoWithThePath() throws Exception {
    // given the directory of a store open to all, and its keys to its owner alone
    userDoesEverything();
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxrwxrwx"));

    // when
    String refusal;
    try (ForkedJvm neighbour =
        user.startAs(OtherUser.NEIGHBOUR, UserChild.class, "everything", root.toString())) {
      refusal = neighbour.awaitLine("done");
    }
    String look;
    try (ForkedJvm neighbour =
        user.startAs(OtherUser.NEIGHBOUR, UserChild.class, "look", root.toString())) {
      look = neighbour.awaitLine("done");
    }

    // then
    assertTrue(refusal.startsWith("ReadOnlyStoreException: cannot open root"), refusal);
    assertTrue(refusal.contains("permission denied file=" + root.resolve(".warmstart")), refusal);
    assertTrue(look.contains("permission denied file=" + root.resolve(key.toHex())), look);
  }

  private static void deleteTree(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted((one, other) -> other.compareTo(one)).toList()) {
        Files.delete(Objects.requireNonNull(file));
      }
    }
  }
}
