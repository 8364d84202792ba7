package io.warmstart.engine;

import io.warmstart.format.DirectoryNames;
import io.warmstart.io.FileSystemKind;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreException;
import io.warmstart.pair.StoreFailures;
import io.warmstart.payload.Sha256;
import io.warmstart.process.Placement;
import io.warmstart.process.PrivateDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Finds the place where the processes of this machine share locks and index of a root. */
final class Placements {
  /** Memory first: what lies there need not survive a reboot, and is never synced. */
  private static final List<Path> DEFAULT_PARENTS =
      List.of(Path.of("/dev/shm"), Path.of(System.getProperty("java.io.tmpdir", "/tmp")));

  private Placements() {}

  /**
   * The place for a root: in it, if it lies on a file system of this machine alone and the options
   * name no other.
   *
   * @param root by its real path
   * @throws IOException if there is no descriptor left to find it with
   * @throws StoreException if no directory of this machine will do
   */
  static Placement of(Path root, EngineOptions options, StoreOwner owner) throws IOException {
    return of(root, options, owner, FileSystemKind.of(root), DEFAULT_PARENTS);
  }

  static Placement of(
      Path root,
      EngineOptions options,
      StoreOwner owner,
      FileSystemKind kind,
      List<Path> defaultParents) {
    Path forced = options.localDirectory();
    Path inRoot = root.resolve(DirectoryNames.ENGINE_DIRECTORY);
    if (forced == null && kind == FileSystemKind.LOCAL) {
      return Placement.inRoot(inRoot);
    }
    if (options.readOnly()) {
      return Placement.inSharedRoot(inRoot);
    }
    List<Path> parents = forced == null ? defaultParents : List.of(forced);
    StoreException refused =
        new StoreException(
            "no directory of this machine for locks and index, which the root cannot hold where"
                + " other machines may write to it; StoreOptions.withLocalDirectory names another:"
                + " root="
                + root
                + " file system: expected=LOCAL actual="
                + kind
                + " tried="
                + parents);
    for (Path parent : parents) {
      try {
        return under(parent, root, owner);
      } catch (IOException e) {
        if (forced != null) {
          throw StoreFailures.ofReading("cannot use local directory", parent, e);
        }
        refused.addSuppressed(e);
      }
    }
    throw refused;
  }

  private static Placement under(Path parent, Path root, StoreOwner owner) throws IOException {
    Path real = parent.toRealPath();
    if (FileSystemKind.of(real) == FileSystemKind.NETWORK) {
      throw new IOException("lies on a network file system: directory=" + parent);
    }
    Path directory = real.resolve(name(root, owner.user()));
    try {
      owner.ops().createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      // That of a sibling; or another user's trap.
    }
    PrivateDirectory.require(directory, owner.user());
    if (!Files.isWritable(directory)) {
      throw new IOException("cannot be written to: directory=" + directory);
    }
    return Placement.nodeLocal(directory, owner.user());
  }

  /**
   * One level only: a process that finds it deleted makes it again. It is the store's owner's, as
   * the locks in it are: root beside the owner must come to the same ones.
   */
  static String name(Path root, int user) {
    Sha256 sha256 = new Sha256();
    byte[] path = root.toString().getBytes(StandardCharsets.UTF_8);
    sha256.update(path, path.length);
    Digest256 digest = sha256.finish();
    return "warmstart-" + Integer.toUnsignedString(user) + "-" + digest.toHex().substring(0, 32);
  }
}
