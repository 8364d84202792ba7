package io.warmstart.policy;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.LabelsCodec;
import io.warmstart.io.FileOps;
import io.warmstart.model.Digest256;
import io.warmstart.model.StoreException;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.RenamedFile;
import io.warmstart.runtime.EngineLog;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What people call keys: {@code .warmstart/labels}, in which each key that has labels has a file of
 * its name. They say nothing to the engine. Safe for all threads; who changes those of a key holds
 * its lock.
 */
public final class Labels {
  private static final String NAME = "labels";

  private final FileOps ops;
  private final ChangeAges ages;
  private final List<Path> directories;

  public Labels(FileOps ops, Path root, ChangeAges ages) {
    this.ops = ops;
    this.ages = ages;
    Path engine = root.resolve(DirectoryNames.ENGINE_DIRECTORY);
    this.directories = List.of(root, engine, engine.resolve(NAME));
  }

  private RenamedFile file(Digest256 key) {
    return new RenamedFile(ops, ages, directories, key.toHex(), NAME);
  }

  /** Those of a key; none where the file is not what it should be, which is told. */
  public SortedMap<String, String> of(Digest256 key) throws IOException {
    RenamedFile file = file(key);
    try {
      SortedMap<String, String> labels = decoded(file);
      if (labels != null) {
        return labels;
      }
      EngineLog.warning("labels cannot be read, and count as none: file=" + file.path());
    } catch (NoSuchFileException e) {
      // The usual case.
    }
    return new TreeMap<>();
  }

  /**
   * Those of a key, to be changed and put in their place.
   *
   * @throws StoreException if the file is not what it should be: it may be a later version's
   */
  public SortedMap<String, String> toChange(Digest256 key) throws IOException {
    RenamedFile file = file(key);
    try {
      SortedMap<String, String> labels = decoded(file);
      if (labels == null) {
        throw new StoreException(
            "labels not changed, they cannot be read; without the file the key has none: file="
                + file.path());
      }
      return labels;
    } catch (NoSuchFileException e) {
      return new TreeMap<>();
    }
  }

  /** The keys that have labels, in no order. */
  public List<Digest256> keys() throws IOException {
    try {
      return ops.list(directories.get(directories.size() - 1)).stream()
          .filter(DirectoryNames::isKeyDirectory)
          .map(Digest256::fromHex)
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  /** Whether a key's labels have been as they are for so long; false if it has none. */
  public boolean isOlder(Digest256 key, long nanos) throws IOException {
    return ages.isOlder(file(key).path(), nanos);
  }

  /** Null if they are none. */
  private @Nullable SortedMap<String, String> decoded(RenamedFile file) throws IOException {
    // In this order: below what is no directory nothing can be looked at, and a pipe has no end.
    Path directory = directories.get(directories.size() - 1);
    if (!ops.stat(directory).directory() || !ops.stat(file.path()).regular()) {
      return null;
    }
    byte[] bytes = file.read(LabelsCodec.MAX_BYTES);
    return bytes.length > LabelsCodec.MAX_BYTES ? null : LabelsCodec.decode(bytes);
  }

  /**
   * Makes these the labels of a key, durably; none removes the file.
   *
   * @throws StoreException if they are too long together
   */
  public void replace(Digest256 key, SortedMap<String, String> labels) throws IOException {
    if (labels.isEmpty()) {
      file(key).remove();
      return;
    }
    byte[] bytes = LabelsCodec.encode(labels);
    if (bytes.length > LabelsCodec.MAX_BYTES) {
      throw new StoreException(
          "the key's labels are too long: expected<="
              + LabelsCodec.MAX_BYTES
              + " bytes of JSON actual="
              + bytes.length
              + " key="
              + key.toHex());
    }
    file(key).publish(bytes, false);
  }
}
