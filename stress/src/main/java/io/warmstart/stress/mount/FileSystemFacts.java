package io.warmstart.stress.mount;

import io.warmstart.stress.fork.Tool;
import io.warmstart.stress.mount.MountTable.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What decides the cost of a sync in a directory: the file system's type, device, mount options,
 * block size and journal, and for a loop device the same of the file behind it.
 *
 * <p>Asked of {@code /proc/self/mountinfo}, {@code /sys/fs/ext4}, {@code dumpe2fs} and {@code
 * xfs_info}. What cannot be found out is called unknown, with the reason.
 */
public final class FileSystemFacts {
  private static final Pattern EXT_FIELD = Pattern.compile("^([A-Z][A-Za-z ]+):\\s+(.*)$");
  private static final List<String> EXT_FIELDS =
      List.of("Filesystem features", "Block size", "Inode size", "Total journal size");
  private static final Pattern XFS_FEATURES = Pattern.compile("\\b(crc|reflink|rmapbt)=(\\d)");
  private static final Pattern XFS_DATA = Pattern.compile("data\\s+=\\s+bsize=(\\d+)");
  private static final Pattern XFS_LOG =
      Pattern.compile("log\\s+=(internal|external)[^=]*bsize=(\\d+)\\s+blocks=(\\d+)");

  /** A file behind a loop device behind a file ... */
  private static final int MOST_LOOPS = 4;

  private FileSystemFacts() {}

  /** In one line, for a report's header. */
  public static String describe(Path directory) throws IOException, InterruptedException {
    return describe(directory, MOST_LOOPS);
  }

  private static String describe(Path directory, int loops)
      throws IOException, InterruptedException {
    Optional<Mount> found = MountTable.ofThisProcess().of(directory.toRealPath());
    if (found.isEmpty()) {
      return "unknown (no mount of /proc/self/mountinfo holds it)";
    }
    Mount mount = found.get();
    Optional<String> block = block(mount);
    return "%s on %s, mounted %s; %s"
        .formatted(
            mount.type(), device(mount, block, loops), mount.options(), features(mount, block));
  }

  private static String device(Mount mount, Optional<String> block, int loops)
      throws IOException, InterruptedException {
    String name = block.map(each -> "/dev/" + each).orElse(mount.source());
    if (block.isEmpty() || loops == 0) {
      return name;
    }
    Path link = Path.of("/sys/block", block.get(), "loop", "backing_file");
    if (!Files.exists(link)) {
      return name;
    }
    Path file = Path.of(Files.readString(link).stripTrailing());
    return Files.exists(file)
        ? "%s, a file on [%s]".formatted(name, describe(file, loops - 1))
        : name + ", a file that has no name any more";
  }

  /** The kernel's name of the device, which the table of mounts may call {@code /dev/root}. */
  private static Optional<String> block(Mount mount) throws IOException {
    Path link = Path.of("/sys/dev/block", mount.device());
    return Files.exists(link)
        ? Optional.of(link.toRealPath().getFileName().toString())
        : Optional.empty();
  }

  private static String features(Mount mount, Optional<String> block)
      throws IOException, InterruptedException {
    if (mount.type().startsWith("ext")) {
      return journal(block) + ", " + askedOf("dumpe2fs", block.map(each -> "/dev/" + each), "-h");
    }
    return mount.type().equals("xfs")
        ? askedOf("xfs_info", Optional.of(mount.point().toString()))
        : "features unknown (no tool is asked for " + mount.type() + ")";
  }

  /** The kernel's own word, which any user may read. */
  private static String journal(Optional<String> block) throws IOException {
    Path task = Path.of("/sys/fs/ext4", block.orElse("none"), "journal_task");
    if (!Files.exists(task)) {
      return "journal unknown (no " + task + ")";
    }
    return Files.readString(task).strip().equals("<none>") ? "NO JOURNAL" : "with a journal";
  }

  private static String askedOf(String tool, Optional<String> subject, String... options)
      throws IOException, InterruptedException {
    if (Tool.find(tool).isEmpty() || subject.isEmpty()) {
      return "features unknown (no " + (subject.isEmpty() ? "device" : tool) + ")";
    }
    List<String> command = new ArrayList<>(List.of(tool));
    command.addAll(List.of(options));
    command.add(subject.get());
    Tool.Outcome outcome = Tool.attempt(command);
    if (outcome.status() == 0) {
      return tool.equals("xfs_info") ? ofXfsInfo(outcome.output()) : ofDumpe2fs(outcome.output());
    }
    String reason =
        outcome
            .output()
            .lines()
            .filter(line -> line.startsWith(tool + ":"))
            .findFirst()
            .orElse(tool + ": status " + outcome.status());
    return "features unknown (" + reason + ")";
  }

  static String ofDumpe2fs(String output) {
    List<String> facts = new ArrayList<>();
    for (String line : output.lines().toList()) {
      Matcher field = EXT_FIELD.matcher(line);
      if (field.matches() && EXT_FIELDS.contains(field.group(1))) {
        facts.add(field.group(1).toLowerCase(Locale.ROOT) + " " + field.group(2));
      }
    }
    return String.join(", ", facts);
  }

  static String ofXfsInfo(String output) {
    List<String> facts = new ArrayList<>();
    Matcher log = XFS_LOG.matcher(output);
    if (log.find()) {
      long bytes = Long.parseLong(log.group(2)) * Long.parseLong(log.group(3));
      facts.add(log.group(1) + " log of " + (bytes >> 20) + "M");
    }
    Matcher data = XFS_DATA.matcher(output);
    if (data.find()) {
      facts.add("block size " + data.group(1));
    }
    facts.add(
        XFS_FEATURES
            .matcher(output)
            .results()
            .map(each -> each.group(1) + "=" + each.group(2))
            .collect(Collectors.joining(" ")));
    return String.join(", ", facts);
  }
}
