package io.warmstart.quarantine;

import io.warmstart.io.Directories;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.model.Digest256;
import io.warmstart.model.Fingerprint;
import io.warmstart.notice.Notices;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.EpochNanoClock;

/**
 * Where files go that are proven bad: {@code .warmstart/quarantine}. They are moved, not copied and
 * not deleted, with a text file beside them that says why; sweeps delete the oldest when the root
 * needs the room.
 *
 * <p>Names start with the moment in hex digits, so that they sort by age, and contain no dot: the
 * original store deletes some names with dots. They tell key, run id and half, for {@link
 * QuarantinedRuns} to bring back; where such a name is too long, the text file alone does. Safe for
 * all threads.
 */
public final class Quarantine {
  static final String DIRECTORY_NAME = "quarantine";
  private static final String REASON_SUFFIX = "-reason";
  private static final int MOST_NAME_CHARACTERS = 100;

  /** The least that a file system in use allows: eCryptfs. */
  private static final int MOST_FILE_NAME_CHARACTERS = 143;

  private final FileOps ops;
  private final Path engineDirectory;
  private final Path directory;
  private final EpochNanoClock clock;
  private final Notices notices;
  private final AtomicLong sequence = new AtomicLong();

  /**
   * Makes the quarantine of one root.
   *
   * @param engineDirectory the root's {@code .warmstart}
   */
  public Quarantine(FileOps ops, Path engineDirectory, Notices notices, EpochNanoClock clock) {
    this.ops = ops;
    this.engineDirectory = engineDirectory;
    this.directory = engineDirectory.resolve(DIRECTORY_NAME);
    this.clock = clock;
    this.notices = notices;
  }

  /** Moves files here. One that is gone already is passed over. */
  public void take(Digest256 key, String reason, List<Path> files) throws IOException {
    createDirectories();
    String prefix =
        String.format("%016x-%06x", clock.nanoTime(), sequence.incrementAndGet() & 0xff_ffff);
    List<String> moved = new ArrayList<>();
    for (Path file : files) {
      try {
        String name = nameFor(prefix + '-' + moved.size(), key, file.getFileName().toString());
        ops.rename(file, directory.resolve(name));
        moved.add(name + " was " + escape(file.getFileName().toString()));
      } catch (NoSuchFileException e) {
        // A sibling was faster.
      }
    }
    if (!moved.isEmpty()) {
      notices.quarantined(Fingerprint.ofDigest(key), files, reason);
      write(
          directory.resolve(prefix + REASON_SUFFIX),
          "key: " + key.toHex() + "\nreason: " + reason + "\n" + String.join("\n", moved) + "\n");
    }
  }

  /** Where the files lie; made with the first. */
  public Path directory() {
    return directory;
  }

  /** What lies here, oldest first. */
  public List<QuarantinedFile> list() throws IOException {
    List<String> names;
    try {
      names = ops.list(directory);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
    names.sort(null);
    List<QuarantinedFile> held = new ArrayList<>(names.size());
    for (String name : names) {
      Path path = directory.resolve(name);
      try {
        FileFacts facts = ops.stat(path);
        if (!facts.directory()) {
          held.add(new QuarantinedFile(path, facts.size()));
        }
      } catch (NoSuchFileException e) {
        // A sibling's sweep was faster.
      }
    }
    return held;
  }

  /** The bytes of all that lies here. */
  public long heldBytes() throws IOException {
    return list().stream().mapToLong(QuarantinedFile::bytes).sum();
  }

  /** What lies here, by the runs that it was half of. */
  public QuarantinedRuns runs() throws IOException {
    return QuarantinedRuns.read(ops, list());
  }

  /**
   * Removes files that were brought back from here, and the reason beside them once nothing else
   * lies beside it.
   */
  public void remove(List<Path> files) throws IOException {
    for (Path file : files) {
      ops.unlinkIfThere(file);
    }
    Set<String> left = new HashSet<>();
    for (QuarantinedFile held : list()) {
      if (!held.path().getFileName().toString().endsWith(REASON_SUFFIX)) {
        left.add(String.valueOf(QuarantinedRuns.prefixOf(held.path())));
      }
    }
    for (Path file : files) {
      String prefix = QuarantinedRuns.prefixOf(file);
      if (prefix != null && !left.contains(prefix)) {
        ops.unlinkIfThere(directory.resolve(prefix + REASON_SUFFIX));
      }
    }
  }

  /** Both levels: somebody may have cleaned the engine's directory away. */
  private void createDirectories() throws IOException {
    for (Path each : List.of(engineDirectory, directory)) {
      Directories.make(ops, each);
    }
  }

  private void write(Path path, String text) throws IOException {
    Uninterrupted.call(
        () -> {
          try (FileOps.FileHandle file = ops.createExclusive(path)) {
            file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
          } catch (FileAlreadyExistsException e) {
            // A run of this step that an interrupt has cut short.
          }
          return 0;
        });
  }

  /** No run id contains a tilde, so the original name comes back by putting dots for them. */
  private static String nameFor(String prefix, Digest256 key, String original) {
    String telling = prefix + '-' + key.toHex() + '-' + original.replace('.', '~');
    return telling.length() <= MOST_FILE_NAME_CHARACTERS ? telling : prefix + '-' + plain(original);
  }

  private static String plain(String name) {
    String shortened =
        name.length() > MOST_NAME_CHARACTERS ? name.substring(0, MOST_NAME_CHARACTERS) : name;
    return shortened.replaceAll("[^A-Za-z0-9_-]", "_");
  }

  private static String escape(String name) {
    StringBuilder escaped = new StringBuilder();
    name.chars()
        .forEach(
            c -> {
              if (c >= ' ' && c < 127 && c != '\\') {
                escaped.append((char) c);
              } else {
                escaped.append(String.format("\\u%04x", c));
              }
            });
    return escaped.toString();
  }
}
