package io.warmstart.quarantine;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.Run;
import io.warmstart.io.FileOps;
import io.warmstart.io.Pieces;
import io.warmstart.model.Digest256;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What lies in quarantine, by the runs that it was half of. The halves of one run may have come
 * here one after the other: each was alone when it was judged.
 *
 * @param runs halves by run, the runs in the order in which the first of each came, and so the
 *     halves of a run
 * @param unknown files of which neither their name nor a reason beside them tells whose they are
 */
public record QuarantinedRuns(Map<Run, List<Half>> runs, List<QuarantinedFile> unknown) {
  /** {@code <moment>-<sequence>}, and what follows. */
  private static final Pattern NAME = Pattern.compile("([0-9a-f]{16}-[0-9a-f]{6})-(.+)");

  /** {@code <n>-<key>-<original name with tildes for dots>}. */
  private static final Pattern TELLING = Pattern.compile("[0-9]+-([0-9a-f]{64})-(.+)");

  private static final String REASON = "reason";
  private static final String WAS = " was ";
  private static final int MOST_REASON_BYTES = 64 * 1024;

  /**
   * Half of a pair.
   *
   * @param path where it lies
   * @param manifest whether it is the manifest, and not the payload
   * @param reason why it was moved here; empty if nothing tells
   */
  public record Half(Path path, boolean manifest, String reason) {}

  /** What the text file beside quarantined files tells. */
  private record Reason(String key, String reason, Map<String, String> originals) {
    static final Reason NONE = new Reason("", "", Map.of());
  }

  /** Looks at all that lies in quarantine. */
  static QuarantinedRuns read(FileOps ops, List<QuarantinedFile> held) throws IOException {
    Map<String, Reason> reasons = new HashMap<>();
    for (QuarantinedFile each : held) {
      Matcher name = NAME.matcher(each.path().getFileName().toString());
      if (name.matches() && name.group(2).equals(REASON)) {
        reasons.put(name.group(1), readReason(ops, each.path()));
      }
    }
    QuarantinedRuns found = new QuarantinedRuns(new LinkedHashMap<>(), new ArrayList<>());
    for (QuarantinedFile each : held) {
      Matcher name = NAME.matcher(each.path().getFileName().toString());
      if (!name.matches()) {
        found.unknown.add(each);
      } else if (!name.group(2).equals(REASON)) {
        found.add(each, name.group(2), reasons.getOrDefault(name.group(1), Reason.NONE));
      }
    }
    return found;
  }

  /** The prefix that a file shares with the reason beside it; null if it has none. */
  static @Nullable String prefixOf(Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    return name.matches() ? name.group(1) : null;
  }

  private void add(QuarantinedFile held, String rest, Reason reason) {
    Matcher telling = TELLING.matcher(rest);
    String key;
    String original;
    if (telling.matches()) {
      key = telling.group(1);
      original = telling.group(2).replace('~', '.');
    } else {
      key = reason.key();
      original = reason.originals().getOrDefault(held.path().getFileName().toString(), "");
    }
    DirectoryNames.Classified classified = DirectoryNames.classify(original);
    String runId = classified.runId();
    boolean manifest = classified.kind() == DirectoryNames.Kind.MANIFEST;
    boolean payload = classified.kind() == DirectoryNames.Kind.PAYLOAD;
    if (runId == null || !Digest256.isHex(key) || !(manifest || payload)) {
      unknown.add(held);
      return;
    }
    runs.computeIfAbsent(new Run(Digest256.fromHex(key), runId), run -> new ArrayList<>())
        .add(new Half(held.path(), manifest, reason.reason()));
  }

  private static Reason readReason(FileOps ops, Path path) throws IOException {
    String key = "";
    String reason = "";
    Map<String, String> originals = new HashMap<>();
    for (String line : readText(ops, path).split("\n", -1)) {
      int was = line.indexOf(WAS);
      if (line.startsWith("key: ")) {
        key = line.substring("key: ".length());
      } else if (line.startsWith("reason: ")) {
        reason = line.substring("reason: ".length());
      } else if (was > 0) {
        originals.put(line.substring(0, was), line.substring(was + WAS.length()));
      }
    }
    return new Reason(key, reason, originals);
  }

  private static String readText(FileOps ops, Path path) throws IOException {
    try {
      if (!ops.stat(path).regular()) {
        return "";
      }
      byte[] text = Uninterrupted.call(() -> Pieces.first(ops, path, MOST_REASON_BYTES));
      return new String(text, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      // A sibling's sweep was faster.
      return "";
    }
  }
}
