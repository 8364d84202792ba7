package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.io.ProcessUser;
import io.warmstart.testing.ForkedClasses;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** An ordinary user, as whom root runs processes of the tests. */
final class OtherUser {
  static final int ID = 65534;

  /** Another one. */
  static final int NEIGHBOUR = 65533;

  private final Path folder;
  private final String classPath;
  private final String flagsFile;
  private final List<String> archiveFlags = new ArrayList<>();

  private OtherUser(Path folder, String classPath, String flagsFile) {
    this.folder = folder;
    this.classPath = classPath;
    this.flagsFile = flagsFile;
  }

  /**
   * Copies what such a process needs to where it may read it; skips the test where nobody may
   * become another user.
   *
   * @param folder of the test's own; opened to all
   */
  static OtherUser in(Path folder) throws IOException {
    assumeTrue(ProcessUser.id() == 0, "skipped: only root can run a process as another user");
    assumeTrue(
        run("setpriv", "--reuid", "" + ID, "--regid", "" + ID, "--clear-groups", "true") == 0,
        "skipped: setpriv is missing, or this superuser may not change its user");
    open(folder);
    List<String> copies = new ArrayList<>();
    Path program = Files.createDirectory(folder.resolve("program"));
    for (Path source : ForkedClasses.path()) {
      if (Files.exists(source)) {
        Path copy = program.resolve(copies.size() + "-" + source.getFileName());
        copyTree(source, copy);
        copies.add(copy.toString());
      }
    }
    Path flags = program.resolve("flags");
    Files.copy(Path.of(System.getProperty("warmstart.test.jvmflags")), flags);
    open(flags);
    open(program);
    OtherUser user =
        new OtherUser(folder, String.join(File.pathSeparator, copies), flags.toString());
    if (ForkedClasses.archived()) {
      user.makeArchive(program.resolve("archive"));
    }
    return user;
  }

  /** That of the build is of files that this user cannot read. */
  private void makeArchive(Path archive) throws IOException {
    try (ForkedJvm first =
        ForkedJvm.command(UserChild.class, "everything", folder.resolve("first").toString())
            .from(classPath, flagsFile)
            .flag("-XX:TieredStopAtLevel=1")
            .flag("-XX:ArchiveClassesAtExit=" + archive)
            .flag(ForkedClasses.SILENT)
            .start()) {
      first.awaitLine("done");
      first.awaitEnd();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    archiveFlags.addAll(ForkedClasses.flagsOf(archive));
  }

  /** Makes a directory that is this user's. */
  Path makeHome() throws IOException {
    Path home = Files.createTempDirectory(folder, "home-");
    open(home);
    giveAll(home, ID);
    return home;
  }

  /** Starts a main class of the tests as this user. */
  ForkedJvm start(Class<?> main, String... arguments) throws IOException {
    return startAs(ID, main, arguments);
  }

  /** Starts it as another, who is in no group of this one but shares its group's number. */
  ForkedJvm startAs(int user, Class<?> main, String... arguments) throws IOException {
    ForkedJvm.Command command =
        ForkedJvm.command(main, arguments)
            .from(classPath, flagsFile)
            .flag("-XX:TieredStopAtLevel=1");
    archiveFlags.forEach(command::flag);
    return command
        .through("setpriv", "--reuid", "" + user, "--regid", "" + ID, "--clear-groups")
        .start();
  }

  /** Gives a tree to a user and its group. */
  static void giveAll(Path tree, int user) throws IOException {
    assertEquals(0, run("chown", "-R", user + ":" + ID, tree.toString()));
  }

  /** Each file below a directory, with its owner, group and mode. */
  static List<String> ownersAndModes(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      return files.sorted().map(file -> file + " " + ownerAndMode(file)).toList();
    }
  }

  static String ownerAndMode(Path file) {
    try {
      var facts = Files.readAttributes(file, "unix:uid,gid,mode");
      return facts.get("uid") + ":" + facts.get("gid") + " " + facts.get("mode");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void copyTree(Path source, Path copy) throws IOException {
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        Path target = copy.resolve(source.relativize(file).toString());
        Files.copy(file, target);
        open(target);
      }
    }
  }

  private static void open(Path path) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static int run(String... words) throws IOException {
    try {
      Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int exitCode = process.waitFor();
      if (exitCode != 0) {
        System.out.println(String.join(" ", words) + ": " + said.strip());
      }
      return exitCode;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (IOException e) {
      // No such command.
      return -1;
    }
  }
}
