package io.warmstart.remote.store;

import io.warmstart.format.DirectoryNames;
import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.Pieces;
import io.warmstart.io.SharedSyncs;
import io.warmstart.model.Payload;
import io.warmstart.runtime.EngineLog;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Objects in a directory that other machines mount too. An object is written and synced under a
 * name of its own, and then linked to its name: a link is made once or not at all, on NFS as well,
 * and nobody sees half of an object. Files and directories have the modes of the process's umask:
 * others are to read them.
 */
public final class FileObjectStore implements ObjectStore {
  /** What an object has before it has its name. No listing tells of it. */
  static final String STAGED_PREFIX = ".put~";

  private static final Duration LEFT_AFTER = Duration.ofDays(1);

  private static final int MOST_KNOWN = 1 << 14;

  private final Path directory;
  private final FileOps ops;

  /** Directories of keys whose names are known to survive a power cut, and objects. */
  private final Set<Path> durable = ConcurrentHashMap.newKeySet();

  /** Of all directories: which one has failed the kernel tells only one of those who ask. */
  private final SharedSyncs syncs = new SharedSyncs();

  /** Directories of keys that this user may not read, as far as that was told. */
  private final Set<String> denied = ConcurrentHashMap.newKeySet();

  /**
   * Takes a directory.
   *
   * @param directory exists when it is used: one that is missing is a mount that is missing, and is
   *     not made in its place
   */
  public FileObjectStore(Path directory) {
    this(directory, new NioFileOps());
  }

  /** For tests. */
  FileObjectStore(Path directory, FileOps ops) {
    this.directory = directory.toAbsolutePath();
    this.ops = ops;
  }

  /** Where it leads, as far as that is there. */
  Path realPath() {
    try {
      return directory.toRealPath();
    } catch (IOException e) {
      // It is not there now, and is asked for when it is needed.
      return directory.normalize();
    }
  }

  @Override
  public String name() {
    return directory.toUri().toString();
  }

  @Override
  public String identity() throws IOException {
    requireDirectory();
    return String.valueOf(Files.readAttributes(directory, BasicFileAttributes.class).fileKey());
  }

  @Override
  public List<String> list(String prefix) throws IOException {
    requireDirectory();
    List<String> names = new ArrayList<>();
    if (!prefix.isEmpty()) {
      return onKey(() -> addObjects(prefix.substring(0, prefix.length() - 1), names));
    }
    for (String key : namesIn(directory)) {
      if (DirectoryNames.isKeyDirectory(key)) {
        try {
          addObjects(key, names);
        } catch (AccessDeniedException e) {
          passedOver(e);
        }
      }
    }
    return names;
  }

  /**
   * A user with a strict umask has made a key: that keeps no other key from going there or coming
   * from there.
   */
  private void passedOver(AccessDeniedException key) {
    if (denied.add(String.valueOf(key.getFile()))) {
      EngineLog.warning(
          "a key in the remote is another user's, and passed over: permission denied directory="
              + key.getFile());
    }
  }

  /** Something that is done to one key alone. */
  private interface Step<T> {
    T run() throws IOException;
  }

  /** What this user may not do to one key says nothing of the others, unless he may do nothing. */
  private <T> T onKey(Step<T> step) throws IOException {
    try {
      return step.run();
    } catch (AccessDeniedException e) {
      if (!Files.isExecutable(directory)) {
        throw new RefusedException("permission denied directory=" + directory, e);
      }
      throw new DeniedKeyException(e);
    }
  }

  private List<String> addObjects(String key, List<String> names) throws IOException {
    try {
      for (String name : namesIn(directory.resolve(key))) {
        if (!name.startsWith(".")) {
          names.add(key + "/" + name);
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      // No object has such a key.
    }
    return names;
  }

  private static List<String> namesIn(Path directory) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      for (Path each : stream) {
        names.add(each.getFileName().toString());
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  private void requireDirectory() throws IOException {
    boolean there;
    try {
      there = Files.readAttributes(directory, BasicFileAttributes.class).isDirectory();
    } catch (NoSuchFileException e) {
      there = false;
    }
    if (!there) {
      throw new FileSystemException(
          directory.toString(),
          null,
          "the remote is not there; it is not made, for it may be a missing mount");
    }
  }

  @Override
  public void get(String name, Payload.Sink sink) throws IOException {
    onKey(
        () -> {
          read(directory.resolve(name), sink);
          return name;
        });
  }

  private static void read(Path path, Payload.Sink sink) throws IOException {
    // Throws what is wrong: that an object is not there is one thing, that it cannot be seen
    // another.
    BasicFileAttributes facts =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!facts.isRegularFile()) {
      throw new NoSuchFileException(path.toString());
    }
    byte[] piece = Pieces.of(facts.size());
    try (InputStream in = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS)) {
      for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
        sink.accept(piece, count);
      }
    }
  }

  @Override
  public boolean putIfAbsent(String name, Payload bytes) throws IOException {
    requireDirectory();
    Path parent = directory.resolve(name.substring(0, name.indexOf('/')));
    makeDirectory(parent);
    // The directory is there: it was made, or found.
    return onKey(() -> putInto(parent, directory.resolve(name), bytes));
  }

  private boolean putInto(Path parent, Path path, Payload bytes) throws IOException {
    Path staged = parent.resolve(STAGED_PREFIX + UUID.randomUUID());
    long failedBefore = syncs.failures();
    boolean made;
    try {
      write(staged, bytes);
      Files.createLink(path, staged);
      made = true;
    } catch (FileAlreadyExistsException e) {
      made = false;
    } catch (UnsupportedOperationException e) {
      throw new FileSystemException(
          directory.toString(), null, "a remote needs a file system with hard links");
    } finally {
      Files.deleteIfExists(staged);
    }
    // Also a name that was found: who made it may have died before this, or have failed in it.
    if (made || !durable.contains(path)) {
      syncNames(parent, failedBefore);
      know(path);
    }
    return made;
  }

  @Override
  public void makeDurable(String prefix, List<String> names) throws IOException {
    Path parent = directory.resolve(prefix.substring(0, prefix.length() - 1));
    List<Path> doubtful =
        names.stream().map(parent::resolve).filter(path -> !durable.contains(path)).toList();
    if (!doubtful.isEmpty()) {
      try {
        onKey(
            () -> {
              syncNames(parent, syncs.failures());
              return true;
            });
        doubtful.forEach(this::know);
      } catch (NoSuchFileException e) {
        // Removed since the listing.
      }
    }
  }

  /**
   * Has the names in a key's directory survive a power cut, and its own.
   *
   * @param failedBefore how many syncs had failed before the names were made, or found
   */
  private void syncNames(Path parent, long failedBefore) throws IOException {
    sync(parent, failedBefore);
    if (!durable.contains(parent)) {
      sync(directory, failedBefore);
      know(parent);
    }
  }

  private void sync(Path path, long failedBefore) throws IOException {
    Uninterrupted.call(
        () -> {
          try (FileOps.DirectoryHandle handle = ops.openDirectory(path)) {
            syncs.sync(handle, failedBefore);
          }
          return path;
        });
  }

  private void know(Path path) {
    if (durable.size() >= MOST_KNOWN) {
      durable.clear();
    }
    durable.add(path);
  }

  private void makeDirectory(Path path) throws IOException {
    try {
      Files.createDirectory(path);
      // There may have been one of this name.
      durable.remove(path);
    } catch (FileAlreadyExistsException e) {
      // Another version of the key is there.
    }
  }

  private static void write(Path path, Payload bytes) throws IOException {
    try (FileChannel file =
        FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      bytes.pour(
          (piece, length) -> {
            ByteBuffer rest = ByteBuffer.wrap(piece, 0, length);
            while (rest.hasRemaining()) {
              file.write(rest);
            }
          });
      file.force(true);
    }
  }

  @Override
  public boolean delete(String name) throws IOException {
    Path path = directory.resolve(name);
    durable.remove(path);
    return onKey(() -> Files.deleteIfExists(path));
  }

  /** Of its making: a link to it has no time of its own. */
  @Override
  public Optional<Instant> putAt(String name) throws IOException {
    try {
      return onKey(
          () ->
              Optional.of(
                  Files.getLastModifiedTime(directory.resolve(name), LinkOption.NOFOLLOW_LINKS)
                      .toInstant()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public void removeEmpty(String prefix) throws IOException {
    try {
      onKey(() -> Files.deleteIfExists(directory.resolve(prefix)));
    } catch (DirectoryNotEmptyException e) {
      // Somebody has put something.
    }
  }

  @Override
  public void removeLeftovers() throws IOException {
    FileTime before = FileTime.from(Instant.now().minus(LEFT_AFTER));
    requireDirectory();
    for (String key : namesIn(directory)) {
      if (DirectoryNames.isKeyDirectory(key)) {
        try {
          removeLeftovers(directory.resolve(key), before);
        } catch (NoSuchFileException | NotDirectoryException e) {
          // Its last object was removed meanwhile, or it is no key's.
        } catch (AccessDeniedException e) {
          passedOver(e);
        }
      }
    }
  }

  private static void removeLeftovers(Path key, FileTime before) throws IOException {
    for (String name : namesIn(key)) {
      Path path = key.resolve(name);
      try {
        if (name.startsWith(STAGED_PREFIX)
            && Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).compareTo(before) < 0) {
          Files.deleteIfExists(path);
        }
      } catch (NoSuchFileException e) {
        // Its put has ended, or another machine was faster.
      }
    }
  }

  @Override
  public void close() {}
}
