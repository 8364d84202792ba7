package io.warmstart.stress.fuzz;

import static io.warmstart.mapped.JournalLayout.BOOT_OFFSET;
import static io.warmstart.mapped.JournalLayout.CHECK_OFFSET;
import static io.warmstart.mapped.JournalLayout.FLAGS_OFFSET;
import static io.warmstart.mapped.JournalLayout.HEADER_LENGTH;
import static io.warmstart.mapped.JournalLayout.HEAD_CHECK_OFFSET;
import static io.warmstart.mapped.JournalLayout.LENGTH_OFFSET;
import static io.warmstart.mapped.JournalLayout.NUMBER_OFFSET;
import static io.warmstart.mapped.JournalLayout.PLACE_OFFSET;
import static io.warmstart.mapped.JournalLayout.RUN_ID_OFFSET;
import static io.warmstart.mapped.JournalLayout.SALT_OFFSET;
import static io.warmstart.mapped.JournalLayout.VERSION_OFFSET;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.mapped.JournalLayout;
import io.warmstart.model.Durability;
import io.warmstart.model.Ranking;
import io.warmstart.model.StoreException;
import io.warmstart.stress.frame.Trees;
import io.warmstart.stress.history.Version;
import io.warmstart.stress.worker.Names;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * A segment of the journal that a dead process has left, damaged, over pairs of before: a store
 * that is opened for writing makes pairs of what is whole in it, and a read-only one looks it up.
 * Every answer must be a payload that was saved, under its own key; there is always one; nothing
 * may be thrown.
 *
 * <p>In every other input the checks of the header and of the heads are made again after the
 * damage, so that what they guard is reached. What such a record says is then the truth, but for
 * its payload.
 */
final class SegmentTarget implements FuzzTarget {
  private static final int ROUNDS = 3;
  private static final int IN_USE_BYTES = 64 * 1024;

  private final Path directory;
  private final Map<Path, byte[]> pairs = new TreeMap<>();
  private final List<byte[]> payloads = new ArrayList<>();
  private final byte[] segment;
  private final String segmentName;
  private final List<Integer> records = new ArrayList<>();
  private long inputs;

  /** Has a store save into files and then into its journal, and keeps both as they were. */
  SegmentTarget(Path directory) throws IOException {
    this.directory = directory;
    Path made = directory.resolve("made");
    try (FuzzedRoot root = new FuzzedRoot(made, Durability.PROCESS_SAFE)) {
      root.open().flush();
      keepPairs(made);
      for (int round = 0; round < ROUNDS; round++) {
        for (int key = 0; key < FuzzedRoot.KEYS; key++) {
          root.save(key, round % FuzzedRoot.RUNS);
        }
      }
      try (Stream<Path> files = Files.list(root.own("journal"))) {
        Path file =
            files.filter(each -> !each.toString().contains(".new")).findFirst().orElseThrow();
        this.segmentName = file.getFileName().toString();
        this.segment = Files.readAllBytes(file);
      }
      root.open().flush();
      for (int key = 0; key < FuzzedRoot.KEYS; key++) {
        for (int run = 0; run < FuzzedRoot.RUNS; run++) {
          try (Entry entry =
              root.open().lookup(Names.key(key), Names.sharedRun(run)).orElseThrow()) {
            payloads.add(entry.bytes().toByteArray());
          }
        }
      }
    }
    Trees.remove(made);
    ByteBuffer words = words(segment);
    long salt = words.getLong(SALT_OFFSET);
    int at = HEADER_LENGTH;
    while (words.getLong(at + PLACE_OFFSET) == salt + at) {
      records.add(at);
      int runIdLength =
          (int) (words.getLong(at + FLAGS_OFFSET) >>> JournalLayout.RUN_ID_LENGTH_SHIFT);
      int length = (int) words.getLong(at + JournalLayout.PAYLOAD_LENGTH_OFFSET);
      int from = at + JournalLayout.payloadOffset(runIdLength);
      payloads.add(Arrays.copyOfRange(segment, from, from + length));
      at += (int) JournalLayout.recordLength(runIdLength, length);
      // As its owner left it: what has become pairs since is not to show.
      words.putLong(
          records.get(records.size() - 1),
          words.getLong(records.get(records.size() - 1)) & ~JournalLayout.MARKS);
    }
    words.putLong(JournalLayout.DONE_OFFSET, HEADER_LENGTH);
    if (records.size() < FuzzedRoot.KEYS) {
      throw new IOException(
          "records in the journal: expected>=" + FuzzedRoot.KEYS + " actual=" + records.size());
    }
  }

  private void keepPairs(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path name = root.relativize(file);
        if (!name.startsWith(".warmstart")) {
          byte[] bytes = Files.readAllBytes(file);
          pairs.put(name, bytes);
          if (file.toString().endsWith(".bin")) {
            payloads.add(bytes);
          }
        }
      }
    }
  }

  private static ByteBuffer words(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public String name() {
    return "segment";
  }

  @Override
  public List<byte[]> corpus() {
    return Corpus.scripts();
  }

  @Override
  public String judge(byte[] input) throws IOException {
    long number = inputs++;
    Path root = directory.resolve("root-" + number);
    try {
      byte[] damaged = segment.clone();
      // The records, and some of the room behind them.
      new Edits(words(damaged).limit(Math.min(IN_USE_BYTES, damaged.length))).apply(input);
      boolean sealed = number % 2 == 0;
      if (sealed) {
        seal(damaged);
      }
      if (number % 64 == 63) {
        damaged = Arrays.copyOf(damaged, input.length * 997 % (damaged.length + 1));
      }
      lay(root, damaged);
      String complaint = "";
      if (number % 4 < 2) {
        complaint = judge(root, sealed, StoreOptions.defaults().withReadOnly(true));
      }
      if (complaint.isEmpty()) {
        complaint = judge(root, sealed, StoreOptions.defaults());
      }
      return complaint;
    } finally {
      Trees.remove(root);
    }
  }

  private void lay(Path root, byte[] damaged) throws IOException {
    for (Map.Entry<Path, byte[]> pair : pairs.entrySet()) {
      Path file = root.resolve(pair.getKey());
      Files.createDirectories(file.getParent());
      Files.write(file, pair.getValue());
    }
    Path journal = Files.createDirectories(root.resolve(".warmstart").resolve("journal"));
    Files.write(journal.resolve(segmentName), damaged);
  }

  private String judge(Path root, boolean sealed, StoreOptions options) {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      String complaint = judgeLookups(store, sealed, true);
      if (complaint.isEmpty() && !options.readOnly()) {
        // Which has pairs made of all that a dead process has left.
        store.verify();
        complaint = judgeLookups(store, sealed, false);
      }
      return complaint;
    }
  }

  /**
   * Looks all up.
   *
   * @param refusable whether a store may say that what was saved cannot be read: as long as nobody
   *     has made pairs of what is whole
   */
  private String judgeLookups(WarmStartStore store, boolean sealed, boolean refusable) {
    for (int key = 0; key < FuzzedRoot.KEYS; key++) {
      for (Ranking ranking : Ranking.values()) {
        try {
          String complaint = complaint(key, ranking, sealed, store.lookup(Names.key(key), ranking));
          if (!complaint.isEmpty()) {
            return complaint;
          }
        } catch (StoreException e) {
          if (!refusable || !String.valueOf(e.getMessage()).contains("does not fit its check")) {
            throw e;
          }
        }
      }
    }
    return "";
  }

  private String complaint(int key, Ranking ranking, boolean sealed, Optional<Entry> found) {
    if (found.isEmpty()) {
      return "a miss by " + ranking + " for key " + key;
    }
    try (Entry entry = found.get()) {
      byte[] bytes = entry.bytes().toByteArray();
      String where = ", by " + ranking + " under key " + key + " run=" + entry.runId();
      if (payloads.stream().noneMatch(saved -> Arrays.equals(saved, bytes))) {
        return "payload that nobody saved" + where;
      }
      if (sealed) {
        return "";
      }
      String complaint =
          Version.complaint(
              entry.payload(), Names.sharedRun(entry.runId()), key, FuzzedRoot.PAYLOAD_BYTES);
      return complaint.isEmpty() ? "" : complaint + where;
    }
  }

  /** Makes the checks fit what stands there now. */
  private void seal(byte[] bytes) {
    ByteBuffer words = words(bytes);
    words.putLong(
        CHECK_OFFSET,
        JournalLayout.check(
            words.getLong(VERSION_OFFSET),
            words.getLong(BOOT_OFFSET),
            words.getLong(NUMBER_OFFSET),
            words.getLong(LENGTH_OFFSET),
            words.getLong(SALT_OFFSET)));
    CRC32C crc = new CRC32C();
    for (int at : records) {
      words.putLong(at + HEAD_CHECK_OFFSET, 0);
      long length = words.getLong(at + FLAGS_OFFSET) >>> JournalLayout.RUN_ID_LENGTH_SHIFT;
      crc.reset();
      crc.update(
          bytes,
          at + PLACE_OFFSET,
          RUN_ID_OFFSET - PLACE_OFFSET + (int) Math.min(length, JournalLayout.RUN_ID_CAPACITY));
      words.putLong(at + HEAD_CHECK_OFFSET, crc.getValue());
    }
  }

  @Override
  public void close() throws IOException {
    Trees.remove(directory);
  }
}
