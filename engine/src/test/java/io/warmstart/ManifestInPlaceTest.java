package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.Ranking;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code cp backup/run.* KEYDIR/} writes into the files that are there: the directory's time does
 * not move. A process that had the entry in memory answered the version before for good, even if it
 * was told to look at every lookup.
 */
@Tag("slow")
class ManifestInPlaceTest extends ForeignNewVersion {
  ManifestInPlaceTest() {
    super(60);
  }

  private WarmStartStore open(Duration interval) {
    return WarmStartStore.open(root, StoreOptions.defaults().withForeignCheckInterval(interval));
  }

  private static void assertVersion(String expected, WarmStartStore store) {
    for (Ranking ranking : Ranking.values()) {
      assertEquals(expected, version(store, ranking), ranking::toString);
    }
  }

  @Test
  void anEntryThatIsWrittenOverInPlaceIsReadAgain() throws IOException {
    awaitOld();
    try (WarmStartStore store = open(Duration.ZERO);
        WarmStartStore readOnly =
            WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
      assertVersion("old", store);
      assertVersion("old", readOnly);
      assertVersion("old", store);

      newVersion.copyInPlace();

      assertVersion("new", store);
      assertVersion("new", readOnly);
      assertEquals(0, store.verify().problems().size());
    }
  }

  /** {@code cp -p}, and every tool that unpacks a backup, puts the time back. */
  @Test
  void alsoIfItsTimeIsPutBack() throws IOException {
    awaitOld();
    FileTime before = Files.getLastModifiedTime(file(".json"));
    try (WarmStartStore store = open(Duration.ZERO)) {
      assertVersion("old", store);
      assertVersion("old", store);

      newVersion.copyInPlace();
      for (String suffix : new String[] {".bin", ".json"}) {
        Files.getFileAttributeView(file(suffix), BasicFileAttributeView.class)
            .setTimes(before, before, null);
      }

      assertVersion("new", store);
    }
  }

  /**
   * A program that unpacks a backup puts the directory's time back as well: another file, same
   * time.
   */
  @Test
  void aRenameInADirectoryWhoseTimeIsPutBackIsSeen() throws IOException {
    awaitOld();
    Path directory = root.resolve(KEY.toHex());
    FileTime before = Files.getLastModifiedTime(directory);
    try (WarmStartStore store = open(Duration.ZERO)) {
      assertVersion("old", store);
      assertVersion("old", store);

      newVersion.renamePayload();
      newVersion.renameManifest();
      Files.setLastModifiedTime(directory, before);

      assertVersion("new", store);
    }
  }

  /** What one process has looked at says nothing of the version that another has in memory. */
  @Test
  void eachProcessLooksForItself() throws Exception {
    awaitOld();
    try (WarmStartStore store = open(Duration.ofMillis(1));
        ForkedJvm other = ForkedJvm.start(ManifestInPlaceTest.class, root.toString())) {
      other.awaitLine("ready");
      assertEquals("old", ask(other));
      assertEquals("old", ask(other));
      newVersion.copyInPlace();
      Await.answer("new", () -> version(store));
      awaitOld();

      Await.answer(
          "new",
          () -> {
            assertEquals("new", version(store));
            return ask(other);
          });
    }
  }

  private static String ask(ForkedJvm other) throws Exception {
    other.tell();
    return other.awaitLine("version").strip();
  }

  /** Answers what it finds whenever it is asked. */
  public static void main(String[] arguments) throws Exception {
    StoreOptions options = StoreOptions.defaults().withForeignCheckInterval(Duration.ofMillis(1));
    try (WarmStartStore store = WarmStartStore.open(Path.of(arguments[0]), options)) {
      System.out.println("ready");
      while (true) {
        ForkedJvm.awaitParent();
        System.out.println("version " + version(store));
      }
    }
  }
}
